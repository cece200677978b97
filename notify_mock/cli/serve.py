"""``notify-mock serve``: runs the emulator as a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from notify_mock.cli.options import (
    FILE,
    emulator_options,
    log_options,
    make_emulator,
    make_recorder,
    record_mode_option,
)
from notify_mock.cli.running import count, open_log, run
from notify_mock.cli.state.files import check_export
from notify_mock.cli.workers.option import read_workers
from notify_mock.cli.workers.processes import end_with_parent, run_workers
from notify_mock.options import variable_of
from notify_mock.support.counted import counted

_EXAMPLE = """\b
Example:
  notify-mock serve --port 8010 --data seed.yaml
  curl -u ACanything:any http://127.0.0.1:8010/v1/Credentials
"""


@click.command(epilog=_EXAMPLE)
@emulator_options("serve", port=8010)
@record_mode_option
@click.option(
    "--export-on-exit",
    type=FILE,
    metavar="FILE",
    envvar=variable_of("--export-on-exit"),
    show_envvar=True,
    help="Write the state to this file when the server stops, as data that --data reads.",
)
@click.option(
    "--workers",
    metavar="N|auto",
    envvar=variable_of("--workers"),
    show_envvar=True,
    help="Serve the port with this many processes, which share the --state of a Valkey or Redis server. "
    "auto: one for each processor.",
)
@click.option("--worker", is_flag=True, hidden=True)
@click.option(
    "--open",
    "open_page",
    is_flag=True,
    envvar=variable_of("--open"),
    show_envvar=True,
    help="Open the inspector, the page of the server, in a browser.",
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
    export_on_exit: Path | None,
    workers: str | None,
    worker: bool,
    open_page: bool,
    check: bool,
    log_format: str,
    log_level: str | None,
    log_file: Path | None,
    access_log: bool | None,
    **options: Any,
) -> None:
    """Run the emulator as a server, until Ctrl-C.

    When the server is ready, it prints its URL, a curl command to try, the URL of the inspector, and where the state is
    kept if it is, on stdout. The log goes to stderr.
    """
    count_of_workers = 0 if worker else read_workers(workers, options["state"])
    log = open_log(log_format, log_level or "info", access_log, log_file)
    if count_of_workers and not check:
        run_workers(count_of_workers, host, port, open_page=open_page)
        return
    if worker:
        end_with_parent()
    if export_on_exit is not None:
        check_export(export_on_exit)
    state = options["state"]
    if check and options["until"] is None and state and "://" not in state and not Path(state).exists():
        check_export(Path(state))
        options["state"] = None  # a check begins no state
    emulator = make_emulator(**options, record=make_recorder(record, record_mode, check=check))
    if check:
        contents = f"{counted(count(emulator), 'record')}, {counted(len(emulator.faults), 'fault rule')}"
        click.echo(f"notify-mock: the options are valid: {contents}")
        emulator.close()
        return
    kept = "" if state is None else _where(state, emulator.position, is_past=options["until"] is not None)
    run(
        emulator,
        host,
        port,
        log,
        other_hosts=other_hosts,
        tls=tls,
        state=kept,
        export_to=export_on_exit,
        shares_port=worker,
        open_page=open_page and not worker,
    )


def _where(state: str, position: int, *, is_past: bool) -> str:
    from notify_mock.command_log.stores.shared import is_url, show_url

    shown = show_url(state) if is_url(state) else state
    if is_past:
        return f"state of {shown} at position {position}, to look at"
    return f"state kept in {shown}, at position {position}"
