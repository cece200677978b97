"""``notify-mock serve``: runs the emulator as a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from notify_mock.cli.options import emulator_options, log_options, make_emulator
from notify_mock.cli.running import configure_logs, count, run
from notify_mock.options import variable_of

if TYPE_CHECKING:
    from notify_mock.recording.recorder import Recorder

_EXAMPLE = """\b
Example:
  notify-mock serve --port 8010 --data seed.yaml
  curl -u ACanything:any http://127.0.0.1:8010/v1/Credentials
"""


@click.command(epilog=_EXAMPLE)
@emulator_options("serve", port=8010)
@click.option(
    "--record-mode",
    type=click.Choice(["once", "new_episodes", "all", "rewrite"]),
    default="once",
    show_default=True,
    envvar=variable_of("--record-mode"),
    show_envvar=True,
    help="What to do if the cassette of --record exists. once: exit with an error. new_episodes: add entries. all: add "
    "entries, replace those requested again. rewrite: start with an empty cassette.",
)
@click.option("--check", is_flag=True, help="Check the options and files, then exit.")
@log_options(level="info")
def serve(
    host: str,
    port: int,
    other_hosts: Any,
    tls: bool,
    record: Path | None,
    record_mode: str,
    check: bool,
    log_format: str,
    log_level: str,
    **options: Any,
) -> None:
    """Run the emulator as a server, until Ctrl-C.

    When the server is ready, it prints its URL and a curl command to try on stdout. The log goes to stderr.
    """
    configure_logs(log_format, log_level)
    emulator = make_emulator(**options, record=_recorder(record, record_mode, check=check))
    if check:
        click.echo(f"notify-mock: the options are valid: {count(emulator)} records, {len(emulator.faults)} fault rules")
        return
    run(emulator, host, port, other_hosts=other_hosts, tls=tls)


def _recorder(path: Path | None, mode: str, *, check: bool) -> Recorder | None:
    """Return the recorder. A check does not create the key of the pseudonyms, so it uses the one that there is."""
    if path is None:
        return None
    from notify_mock.recording.recorder import Recorder
    from notify_mock.redaction.keys import find_key

    key = find_key(path).hex() if check else None
    return Recorder(path, mode=mode, key=key)  # type: ignore[arg-type]
