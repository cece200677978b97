"""``notify-mock env``: prints the environment variables that redirect clients to a running server."""

from __future__ import annotations

from typing import Any

import click

from notify_mock.cli.options import SERVER_URL, emulator_options, make_emulator

_EXAMPLE = """\b
Examples:
  eval "$(notify-mock env)"; npm test
  notify-mock env --format powershell | Out-String | Invoke-Expression; npm test
  notify-mock env --format dotenv --url http://notify-mock:8010 --ca-folder /ca > notify-mock.env
"""


@click.command(epilog=_EXAMPLE)
@click.option("--url", default=SERVER_URL, show_default=True, help="URL of the server, as seen by the clients.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["shell", "powershell", "dotenv", "json"]),
    default="shell",
    show_default=True,
    help="Output format.",
)
@click.option(
    "--ca-folder",
    metavar="FOLDER",
    help="Folder of the CA as seen by the clients, such as a volume in their container.",
)
@click.option(
    "--keep-account", is_flag=True, help="Leave out the account variables, for example to record the real service."
)
@emulator_options("env")
def env(url: str, form: Any, ca_folder: str | None, keep_account: bool, **account: Any) -> None:
    """Print environment variables that redirect clients to a server.

    These are the proxy, trust and account variables of all SDKs. Use the same --seed and --account as for the server.
    """
    from notify_mock.certificate_authority.authority import Authority
    from notify_mock.certificate_authority.bundles import make_bundles
    from notify_mock.interception import environment
    from notify_mock.support.address import read_url

    bundles = make_bundles(Authority())
    if ca_folder:
        bundles = bundles.at(ca_folder)
    base: dict[str, str] | None = {} if ca_folder else None
    emulator = make_emulator(**account)
    auth = None if keep_account else emulator.auth
    changes = environment.changes(read_url(url), auth, bundles, base, emulator.api_key)
    click.echo(environment.render(changes, form))
