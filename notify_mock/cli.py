"""The command line: ``notify-mock serve``."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from notify_mock import __version__
from notify_mock.usage import UsageError

if TYPE_CHECKING:
    from notify_mock.accounts import Account
    from notify_mock.emulator import Emulator

_EXAMPLE = """\b
Example:
  notify-mock serve --port 8010 --data seed.yaml
  curl -u ACanything:any http://127.0.0.1:8010/v1/Credentials
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="notify-mock")
def commands() -> None:
    """An offline emulator of Twilio's Notify v1 API."""


@commands.command(epilog=_EXAMPLE)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8010,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 picks a free one.",
)
@click.option("--seed", default="0", show_default=True, help="Number or text that all sids are made from.")
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="SID:TOKEN",
    help="Let in only this account (repeatable). Without it, any AC... or SK... user name is let in.",
)
@click.option(
    "--data", metavar="FILE", type=click.Path(path_type=Path), help="YAML or JSON with records to start from."
)
@click.option("--frozen", metavar="TIME", help='Stop the clock at this moment, such as "2030-01-01T12:00:00Z".')
@click.option("--faults", metavar="FILE", type=click.Path(path_type=Path), help="YAML or JSON with fault rules.")
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME",
    help="Fault rules that ship with it (repeatable): rate-limited, flaky-network, slow, outage, token-rotated, "
    "account-suspended, legacy-fcm-off, notify-eol.",
)
@click.option("--fault-header", is_flag=True, help="Let a request carry a rule, in the header X-Notify-Mock-Fault.")
@click.option(
    "--control-token",
    envvar="NOTIFY_MOCK_CONTROL_TOKEN",
    metavar="TOKEN",
    help="Token for the control API under /_mock, which needs one beyond loopback.",
)
@click.option("--check", is_flag=True, help="Only read the options and files, and say whether all is well.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    default="info",
    show_default=True,
    help="info logs every call, debug broken connections too.",
)
def serve(
    host: str,
    port: int,
    seed: str,
    accounts: tuple[str, ...],
    data: Path | None,
    frozen: str | None,
    faults: Path | None,
    scenarios: tuple[str, ...],
    fault_header: bool,
    control_token: str | None,
    check: bool,
    log_format: str,
    log_level: str,
) -> None:
    """Serve the emulator until Ctrl-C.

    When it accepts connections it says so on stdout, with a curl command to try; its log goes to stderr.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    from notify_mock import logs
    from notify_mock.emulator import Emulator
    from notify_mock.server import Server

    logs.configure("json" if log_format == "json" else "text", log_level)
    emulator = Emulator(
        seed=_seed(seed),
        accounts=_accounts(accounts),
        data=data,
        frozen=frozen,
        faults=faults,
        scenario=scenarios or None,
        fault_header=fault_header,
        control_token=control_token,
    )
    if check:
        click.echo(f"notify-mock: all is well: {len(emulator.credentials)} records, {len(emulator.faults)} fault rules")
        return
    emulator.journal.subscribe(logs.log_exchange)
    emulator.app  # noqa: B018 - built before the port is announced
    server = Server(host, port, mounted=emulator)
    click.echo(f"notify-mock ready on {server.url}")
    click.echo(_curl(emulator, server.url))
    sys.stdout.flush()
    logs.log_start(server.url, len(emulator.credentials))
    server.serve_here()
    logs.log_stop()


def main() -> None:
    """Entry point: an error of the user's own is one line on stderr and exit status 2; Ctrl-C and SIGTERM are 0."""
    try:
        sys.exit(commands.main(prog_name="notify-mock", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message())
    except UsageError as error:
        _fail(str(error))
    except (KeyboardInterrupt, click.Abort):
        sys.exit(0)
    except OSError as error:
        _fail(f"can't go on: {error.strerror or error}")


def _fail(message: str) -> None:
    click.echo(f"notify-mock: {' '.join(message.split())}", err=True)
    sys.exit(2)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _seed(text: str) -> int | str:
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() else text


def _accounts(given: tuple[str, ...]) -> tuple[Account, ...] | None:
    """Raises ``UsageError`` that names the option."""
    from notify_mock.accounts import read_accounts

    try:
        return read_accounts(given) if given else None
    except UsageError as error:
        raise error.inside("--account") from error


def _curl(emulator: Emulator, url: str) -> str:
    """A command to paste, as the account that the data is of. A token that the user gave isn't repeated: curl will ask
    for it."""
    account_sid, auth_token = emulator.auth
    for record in emulator.credentials.values():
        account_sid = record.account_sid
        break
    user = account_sid if emulator.accounts.strict else f"{account_sid}:{auth_token}"
    return f"curl -u {user} {url}/v1/Credentials"
