"""``notify-mock serve``: runs the emulator as a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from notify_mock.cli.options import emulator_options, log_options, make_emulator, make_recorder, record_mode_option
from notify_mock.cli.running import count, open_log, run
from notify_mock.cli.workers.option import read_workers
from notify_mock.cli.workers.processes import run_workers
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

    When the server is ready, it prints its URL, a curl command to try and the URL of the inspector on
    stdout. The log goes to stderr.
    """
    count_of_workers = 0 if worker else read_workers(workers, options["state"])
    log = open_log(log_format, log_level or "info", access_log, log_file)
    if count_of_workers and not check:
        run_workers(count_of_workers, host, port)
        return
    emulator = make_emulator(**options, record=make_recorder(record, record_mode, check=check))
    if check:
        contents = f"{counted(count(emulator), 'record')}, {counted(len(emulator.faults), 'fault rule')}"
        click.echo(f"notify-mock: the options are valid: {contents}")
        return
    run(
        emulator,
        host,
        port,
        log,
        other_hosts=other_hosts,
        tls=tls,
        shares_port=worker,
        open_page=open_page and not worker,
    )
