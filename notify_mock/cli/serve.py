"""``notify-mock serve``: the emulator on a port, until it is stopped."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from notify_mock.cli.options import address_options, emulator_options, log_options, make_emulator

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator
    from notify_mock.exchange import Exchange

_EXAMPLE = """\b
Example:
  notify-mock serve --port 8010 --data seed.yaml
  curl -u ACanything:any http://127.0.0.1:8010/v1/Credentials
"""


@click.command(epilog=_EXAMPLE)
@address_options(default_port=8010)
@emulator_options
@click.option("--check", is_flag=True, help="Only read the options and files, and say whether all is well.")
@log_options(level="info")
def serve(host: str, port: int, check: bool, log_format: str, log_level: str, **options: Any) -> None:
    """Serve the emulator until Ctrl-C.

    When it accepts connections it says so on stdout, with a curl command to try; its log goes to stderr.
    """
    from notify_mock import logs
    from notify_mock.server import Server

    logs.configure("json" if log_format == "json" else "text", log_level)
    emulator = make_emulator(**options)
    if check:
        click.echo(f"notify-mock: all is well: {_count(emulator)} records, {len(emulator.faults)} fault rules")
        return
    emulator.journal.subscribe(logs.log_exchange)
    emulator.journal.subscribe(partial(_start_callbacks, emulator))
    emulator.app  # noqa: B018 - built before the port is announced
    server = Server(host, port, mounted=emulator)
    click.echo(f"notify-mock ready on {server.url}")
    click.echo(_curl(emulator, server.url))
    sys.stdout.flush()
    logs.log_start(server.url, _count(emulator))
    server.serve_here()
    logs.log_stop()


def _start_callbacks(emulator: Emulator, exchange: Exchange) -> None:
    """With the first notification: what makes callbacks would only slow the start down."""
    if exchange.name == "notification.create":
        emulator.callbacks.start()


def _count(emulator: Emulator) -> int:
    return sum(map(len, emulator.records))


def _curl(emulator: Emulator, url: str) -> str:
    """A command to paste, as the account that the data is of. A token that the user gave isn't repeated: curl will ask
    for it."""
    account_sid, auth_token = emulator.auth
    first = next((record for records in emulator.records for record in records.values()), None)
    if first is not None:
        account_sid = first.account_sid
    user = account_sid if emulator.accounts.strict else f"{account_sid}:{auth_token}"
    return f"curl -u {user} {url}/v1/Credentials"
