"""An emulator on a port until it is stopped: what the commands that serve have in common."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator
    from notify_mock.journal.exchange import Exchange
    from notify_mock.server.proxy import OtherHosts
    from notify_mock.server.server import Server


def configure_logs(log_format: str, log_level: str) -> None:
    """What ``log_options`` give."""
    from notify_mock.cli import logs

    logs.configure("json" if log_format == "json" else "text", log_level)


def run(
    emulator: Emulator,
    host: str,
    port: int,
    *,
    other_hosts: OtherHosts = "refuse",
    tls: bool = False,
    user: str = "",
) -> None:
    """Say so on stdout when it accepts connections, with a curl command to try, and serve until Ctrl-C or SIGTERM.

    ``user`` is whom that command signs in, if not the emulator's own account. Raises ``UsageError`` for a bad address,
    and for what couldn't be written of a recording.
    """
    from notify_mock.cli import logs

    server = mount(emulator, host, port, other_hosts=other_hosts, tls=tls)
    click.echo(f"notify-mock ready on {server.url}")
    click.echo(f"curl -u {user or _user(emulator)} {server.url}/v1/Credentials")
    sys.stdout.flush()
    logs.log_start(server.url, count(emulator))
    try:
        server.serve_here()
    finally:
        emulator.close()
    if emulator.cassette:
        logs.log_cassette(str(emulator.cassette))
    logs.log_stop()


def mount(emulator: Emulator, host: str, port: int, *, other_hosts: OtherHosts, tls: bool) -> Server:
    """A server for the emulator, which logs its calls and makes its callbacks. Raises ``UsageError``."""
    from notify_mock.cli import logs
    from notify_mock.server.server import Server

    emulator.journal.subscribe(logs.log_exchange)
    _start_callbacks(emulator)
    emulator.app  # noqa: B018 - built before the port is announced
    return Server(host, port, mounted=emulator, other_hosts=other_hosts, speaks_tls=tls)


def count(emulator: Emulator) -> int:
    """Of its records, of all kinds."""
    return sum(map(len, emulator.records))


def _start_callbacks(emulator: Emulator) -> None:
    """With the first notification: what makes callbacks would only slow the start down."""

    def start(exchange: Exchange) -> None:
        if exchange.name == "notification.create":
            emulator.callbacks.start()

    emulator.journal.subscribe(start)


def _user(emulator: Emulator) -> str:
    """The account that the data is of. A token that the user gave isn't repeated: curl will ask for it."""
    account_sid, auth_token = emulator.auth
    first = next((record for records in emulator.records for record in records.values()), None)
    if first is not None:
        account_sid = first.account_sid
    return account_sid if emulator.accounts.strict else f"{account_sid}:{auth_token}"
