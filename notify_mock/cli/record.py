"""``notify-mock record``: a server that sends every call on to an upstream, and records what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from notify_mock.cli.options import FILE, emulator_options, log_options, make_emulator
from notify_mock.cli.replay import make_upstream
from notify_mock.cli.running import configure_logs, run
from notify_mock.support.usage import UsageError

_EXAMPLE = """\b
Example:
  notify-mock record --upstream https://notify.twilio.com --cassette tests/cassettes/push.yaml
  curl -u ACyours:token http://127.0.0.1:8010/v1/Credentials
"""


@click.command(epilog=_EXAMPLE)
@click.option("--upstream", required=True, metavar="URL", help="Scheme and host of the service to record.")
@click.option("--upstream-ca", metavar="FILE", type=FILE, help="Certificates to trust in place of the system's.")
@click.option("--upstream-timeout", metavar="SECONDS", type=float, default=30.0, show_default=True)
@click.option("--cassette", required=True, metavar="FILE", type=FILE, help="Where to: a .yaml or .json file.")
@click.option(
    "--mode",
    type=click.Choice(["none", "once", "new_episodes", "all", "rewrite"]),
    default="once",
    show_default=True,
    help="vcrpy's: none only plays; once records where there is no file yet, and else only plays; new_episodes plays "
    "what is recorded and records the rest; all records everything anew; rewrite begins an empty cassette.",
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
    log_level: str,
    **options: Any,
) -> None:
    """Send calls on to the upstream and record them, until Ctrl-C.

    Secrets and account SIDs become pseudonyms before anything is written. Clients use this server as their base URL, or
    as their proxy (notify-mock env).
    """
    from notify_mock.recording.recorder import Recorder

    configure_logs(log_format, log_level)
    behind = make_upstream(upstream, upstream_ca, upstream_timeout)
    if behind.url.partition("//")[2] in (f"{host}:{port}", f"localhost:{port}"):
        raise UsageError("--upstream", f"{behind.url} is this server itself", "give the address of the real service")
    recorder = Recorder(cassette, mode=mode)  # type: ignore[arg-type]
    emulator = make_emulator(**options, upstream=behind, record=recorder)
    user = "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN"
    run(emulator, host, port, other_hosts=other_hosts, tls=tls, user=user)
