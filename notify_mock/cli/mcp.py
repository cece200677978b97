"""``notify-mock mcp``: offers a running emulator, or its own, to an assistant (Model Context Protocol)."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import click

from notify_mock.cli.options import emulator_options, make_emulator
from notify_mock.cli.running import mount, open_log
from notify_mock.support.usage import UsageError

_EXAMPLE = """\b
Examples, as the command in the configuration of an assistant:
  notify-mock mcp
  notify-mock mcp --url http://127.0.0.1:8010
"""
_CONNECTION = """\
The emulator is at {url}{whose}. To run a program with it, set the environment variables that this command prints: \
notify-mock env --url {url} (in a shell: eval "$(notify-mock env --url {url})"; npm test). They include HTTPS_PROXY, \
SSL_CERT_FILE, TWILIO_ACCOUNT_SID and NOTIFY_EMULATOR_URL. A program whose base URL can be set needs only that URL, \
in place of https://notify.twilio.com."""


@click.command(epilog=_EXAMPLE)
@click.option(
    "--url",
    envvar="NOTIFY_EMULATOR_URL",
    show_envvar=True,
    help="URL of a running server. By default, the command starts an emulator of its own on a free port.",
)
@emulator_options("mcp")
def mcp(url: str | None, control_token: str | None) -> None:
    """Serve tools for an assistant on standard input and output (MCP).

    An assistant sees the calls and deliveries of an emulator, arranges faults, moves the clock, and writes tests. It
    starts this command itself. Needs the extra: pip install "notify-mock[mcp]".
    """
    from notify_mock.support.address import read_url

    target = None if url is None else read_url(url)
    stops: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        # An exception would be lost in some imports, which ignore it.
        signal.signal(number, lambda received, _frame: stops.append(received))
    try:
        from notify_mock.mcp_server.server import make_server, serve
    except ImportError as error:
        raise UsageError("notify-mock mcp", "needs the package mcp", 'run pip install "notify-mock[mcp]"') from error
    from notify_mock.control_api.client import ControlClient

    with nullcontext(target) if target else _own_emulator(control_token) as address:
        whose = "" if target else ", and ends with this MCP server"
        server = make_server(ControlClient(address, control_token), _CONNECTION.format(url=address, whose=whose))
        serve(server, lambda: bool(stops))


@contextmanager
def _own_emulator(control_token: str | None) -> Iterator[str]:
    """Yield the URL of an emulator that runs until then."""
    emulator = make_emulator(seed="0", keep_bodies=True, control_token=control_token)
    server = mount(emulator, "127.0.0.1", 0, open_log("text", "error", None, None), other_hosts="refuse", tls=False)
    server.start()
    try:
        yield server.url
    finally:
        emulator.close()
        server.stop()
