"""``notify-mock state export | import | reset``: for a running server, or for the file of a state that lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from notify_mock.cli.options import FILE, SERVER_URL, STATE_FILE
from notify_mock.cli.state.files import check_export, write_export
from notify_mock.cli.state.remote import Remote
from notify_mock.options import variable_of
from notify_mock.support.counted import counted
from notify_mock.support.usage import UsageError

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator

_EXAMPLE = """\b
Examples:
  notify-mock state export team.yaml
  notify-mock serve --data team.yaml
"""


def _target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which emulator is meant."""
    url = click.option(
        "--url",
        default=SERVER_URL,
        envvar="NOTIFY_EMULATOR_URL",
        show_default=True,
        show_envvar=True,
        help="URL of the running server.",
    )
    token = click.option(
        "--control-token",
        metavar="TOKEN",
        envvar=variable_of("--control-token"),
        show_envvar=True,
        help="Token of the control API of that server.",
    )
    file = click.option(
        "--state",
        "file",
        type=STATE_FILE,
        metavar="FILE",
        help="File of a state, instead of a running server.",
    )
    return url(token(file(command)))


@click.command(epilog=_EXAMPLE)
@click.argument("target", metavar="FILE", type=FILE)
@_target_options
@click.option("--without-secrets", is_flag=True, help="Mask secrets and tokens. Such a file cannot be imported.")
def export(target: Path, url: str, control_token: str | None, file: Path | None, without_secrets: bool) -> None:
    """Write the state to FILE, as data that --data and import read.

    FILE is YAML, or JSON if its name ends in .json. It has accounts, records, fault rules, the clock and failures of
    providers, with secrets. It does not have the journal, deliveries, notifications and waiting callbacks.
    """
    check_export(target)
    with _opened(url, control_token, file) as emulator:
        count = write_export(emulator.export(with_secrets=not without_secrets), target)
    click.echo(f"{counted(count, 'record')} written to {target}")


@click.command("import")
@click.argument("source", metavar="FILE", type=FILE)
@_target_options
def import_(source: Path, url: str, control_token: str | None, file: Path | None) -> None:
    """Replace the state with that of FILE, which export wrote, or with seed data.

    Nothing changes if FILE has an error.
    """
    from notify_mock.emulator import Emulator
    from notify_mock.support.documents import read_file

    checked = Emulator(data=source)  # names the line of an error
    with _opened(url, control_token, file) as emulator:
        emulator.load(read_file(source).value, str(source))
    click.echo(f"{counted(sum(map(len, checked.records)), 'record')} read from {source}")


@click.command()
@_target_options
@click.option("--account", metavar="SID", help="Remove only the records, requests and deliveries of this account.")
def reset(url: str, control_token: str | None, file: Path | None, account: str | None) -> None:
    """Restore the initial state: that of the options with which the server or the file was started."""
    with _opened(url, control_token, file) as emulator:
        emulator.reset(account)
    click.echo("the state was reset")


@contextmanager
def _opened(url: str, token: str | None, file: Path | None) -> Iterator[Emulator | Remote]:
    """Open what the options name. Raises ``UsageError``."""
    from notify_mock.support.address import read_url

    if file is None:
        yield Remote(read_url(url), token)
        return
    if not file.exists():
        raise UsageError(str(file), "does not exist", "expected the file of --state")
    from notify_mock.emulator import Emulator

    with closing(Emulator(state=file)) as emulator:
        yield emulator
