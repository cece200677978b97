"""``notify-mock env``: the variables that send clients to a server which is running already."""

from __future__ import annotations

from typing import Any

import click

from notify_mock.cli.options import emulator_options, make_emulator

_EXAMPLE = """\b
Examples:
  eval "$(notify-mock env)"; npm test
  notify-mock env --format dotenv --url http://notify-mock:8010 --ca-folder /ca > notify-mock.env
"""


@click.command(epilog=_EXAMPLE)
@click.option("--url", default="http://127.0.0.1:8010", show_default=True, help="Where the server is reached.")
@click.option("--format", "form", type=click.Choice(["shell", "dotenv", "json"]), default="shell", show_default=True)
@click.option(
    "--ca-folder", metavar="FOLDER", help="Where the folder of `notify-mock ca path` is for them, such as a mount."
)
@click.option(
    "--keep-account", is_flag=True, help="Leave the account variables as they are, as for recording the real service."
)
@emulator_options("env")
def env(url: str, form: Any, ca_folder: str | None, keep_account: bool, **account: Any) -> None:
    """Print the proxy, trust and account variables of all SDKs.

    Give --seed and --account as the server has them.
    """
    from notify_mock.certificate_authority.authority import Authority
    from notify_mock.certificate_authority.bundles import make_bundles
    from notify_mock.interception import environment
    from notify_mock.support.address import read_url

    bundles = make_bundles(Authority())
    if ca_folder:
        bundles = bundles.at(ca_folder)
    base: dict[str, str] | None = {} if ca_folder else None
    auth = None if keep_account else make_emulator(**account).auth
    changes = environment.changes(read_url(url), auth, bundles, base)
    click.echo(environment.render(changes, form))
