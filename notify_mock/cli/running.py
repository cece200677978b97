"""Runs an emulator on a port until it is stopped, for all commands that serve."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import click

from notify_mock.cli.state.files import write_export
from notify_mock.support.address import Address

if TYPE_CHECKING:
    from notify_mock.cli.logs import Log
    from notify_mock.emulator import Emulator
    from notify_mock.journal.exchange import Exchange
    from notify_mock.server.proxy import OtherHosts
    from notify_mock.server.server import Server


def open_log(log_format: str, log_level: str, access_log: bool | None, log_file: Path | None) -> Log:
    """Return the log that the values of ``log_options`` ask for. It is complete when the command ends.

    Raises ``UsageError`` if the file cannot be written.
    """
    from notify_mock.cli.logs import Log

    log = Log("json" if log_format == "json" else "text", log_level, access_log, log_file)
    click.get_current_context().call_on_close(log.flush)
    return log


def run(
    emulator: Emulator,
    host: str,
    port: int,
    log: Log,
    *,
    other_hosts: OtherHosts = "refuse",
    tls: bool = False,
    user: str = "",
    state: str = "",
    export_to: Path | None = None,
    shares_port: bool = False,
    open_page: bool = False,
) -> None:
    """Print the URL, a curl command and the inspector's URL on stdout when the server is ready, and serve until Ctrl-C
    or SIGTERM.

    ``user`` is the user in that command, by default the emulator's account. ``state`` says where the state is kept, in
    a line of its own. With ``open_page``, open the inspector in a browser. At the end, the state is exported to
    ``export_to``. Raises ``UsageError`` for an invalid address, and for a recording that cannot be written completely.
    """
    from notify_mock.cli import logs

    server = mount(emulator, host, port, log, other_hosts=other_hosts, tls=tls, shares_port=shares_port)
    click.echo(f"notify-mock ready on {server.url}")
    click.echo(f"curl -u {user or _user(emulator)} {server.url}/v1/Credentials")
    page = f"http://{Address(*server.address)}/_mock/"
    click.echo(f"inspector on {page}")
    if state:
        click.echo(state)
    sys.stdout.flush()
    if open_page:
        open_inspector(page)
    logs.log_start(server.url, count(emulator))
    try:
        server.serve_here()
        if export_to is not None:
            write_export(emulator.export(), export_to)
    finally:
        emulator.close()
    if emulator.cassette:
        logs.log_cassette(str(emulator.cassette))
    logs.log_stop()


def mount(
    emulator: Emulator,
    host: str,
    port: int,
    log: Log,
    *,
    other_hosts: OtherHosts,
    tls: bool,
    shares_port: bool = False,
) -> Server:
    """Create a server for the emulator that logs calls and sends callbacks. Raises ``UsageError``."""
    from notify_mock.server.server import Server

    log.follow(emulator.journal, emulator.deliveries)
    _start_callbacks(emulator)
    return Server(host, port, mounted=emulator, other_hosts=other_hosts, speaks_tls=tls, shares_port=shares_port)


def open_inspector(page: str) -> None:
    """Open the page in a thread, since a browser in the terminal would stay in the foreground."""
    Thread(target=_open, args=(page,), name="notify-mock-open", daemon=True).start()


def _open(page: str) -> None:
    import webbrowser

    try:
        is_open = webbrowser.open(page)
    except webbrowser.Error:
        is_open = False
    if not is_open:
        click.echo(f"notify-mock: found no browser; open {page} yourself", err=True)


def count(emulator: Emulator) -> int:
    """Return the number of records of all resources."""
    return sum(map(len, emulator.records))


def _start_callbacks(emulator: Emulator) -> None:
    """Start sending callbacks with the first notification, not earlier, to keep the startup fast, unless the state is
    older than this process."""

    def start(exchange: Exchange) -> None:
        if exchange.name == "notification.create":
            emulator.callbacks.start()

    emulator.journal.subscribe(start)
    if emulator.position:
        emulator.callbacks.start()


def _user(emulator: Emulator) -> str:
    """Return the account of the seed data, or the default one. Tokens are left out: curl asks for those of --account,
    and without --account any will do."""
    account_sid, _ = emulator.auth
    first = next((record for records in emulator.records for record in records.values()), None)
    if first is not None:
        account_sid = first.account_sid
    return account_sid if emulator.accounts.strict else f"{account_sid}:any"
