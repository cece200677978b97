"""``notify-mock record``: runs a server that forwards every call to an upstream and records the response."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from notify_mock.cli.options import FILE, emulator_options, log_options, make_emulator
from notify_mock.cli.replay import make_upstream
from notify_mock.cli.running import open_log, run
from notify_mock.support.usage import UsageError

_EXAMPLE = """\b
Example:
  notify-mock record --upstream https://notify.twilio.com --cassette tests/cassettes/push.yaml
  curl -u ACyours:token http://127.0.0.1:8010/v1/Credentials
"""


@click.command(epilog=_EXAMPLE)
@click.option("--upstream", required=True, metavar="URL", help="Service to record, such as https://notify.twilio.com.")
@click.option("--upstream-ca", metavar="FILE", type=FILE, help="CA certificates to trust, instead of the system's.")
@click.option(
    "--upstream-timeout",
    metavar="SECONDS",
    type=float,
    default=30.0,
    show_default=True,
    help="Timeout for connecting to the upstream and for reading from it.",
)
@click.option("--cassette", required=True, metavar="FILE", type=FILE, help="Cassette to write: a .yaml or .json file.")
@click.option(
    "--mode",
    type=click.Choice(["none", "once", "new_episodes", "all", "rewrite"]),
    default="once",
    show_default=True,
    help="Recording mode, as in vcrpy. none: only replay. once: record if the file does not exist, otherwise only "
    "replay. new_episodes: replay what is recorded, record the rest. all: record every request, keep other entries. "
    "rewrite: record every request into an empty cassette.",
)
@emulator_options("record", port=8010)
@log_options(level="info")
def record(
    upstream: str,
    upstream_ca: Path | None,
    upstream_timeout: float,
    cassette: Path,
    mode: str,
    host: str,
    port: int,
    other_hosts: Any,
    tls: bool,
    log_format: str,
    log_level: str | None,
    log_file: Path | None,
    access_log: bool | None,
    **options: Any,
) -> None:
    """Forward calls to an upstream and record them, until Ctrl-C.

    Use the server as your client's base URL, or as its proxy (see notify-mock env). Secrets and account SIDs are
    replaced with pseudonyms before anything is written.
    """
    from notify_mock.recording.recorder import Recorder

    log = open_log(log_format, log_level or "info", access_log, log_file)
    service = make_upstream(upstream, upstream_ca, upstream_timeout)
    if service.url.partition("//")[2] in (f"{host}:{port}", f"localhost:{port}"):
        raise UsageError("--upstream", f"{service.url} is this server itself", "use the URL of the real service")
    recorder = Recorder(cassette, mode=mode)  # type: ignore[arg-type]
    emulator = make_emulator(**options, upstream=service, record=recorder)
    user = "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN"
    run(emulator, host, port, log, other_hosts=other_hosts, tls=tls, user=user)
