"""``notify-mock state log | fork | compact``: the commands of a state that lasts, and copies of how it was."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click

from notify_mock.cli.options import FILE, STATE_FILE

if TYPE_CHECKING:
    from notify_mock.command_log.entry import Entry

_EXAMPLE = """\b
Examples:
  notify-mock state log notify.db --from 120
  notify-mock serve --state notify.db --until 119
"""


@click.command("log", epilog=_EXAMPLE)
@click.argument("file", type=STATE_FILE)
@click.option("--from", "first", type=click.IntRange(1), metavar="POSITION", help="First position to print.")
@click.option("--to", "last", type=click.IntRange(1), metavar="POSITION", help="Last position to print.")
@click.option("--json", "as_json", is_flag=True, help="Print every command as a JSON object on one line.")
def log(file: Path, first: int | None, last: int | None, as_json: bool) -> None:
    """Print the commands in FILE, which --state wrote: position, time, status and what was commanded.

    Secrets are masked. A server may have the file open.
    """
    from notify_mock.command_log.history import read_entries

    for entry in read_entries(file, first or 1, last):
        click.echo(_json_line(entry) if as_json else _line(entry))


@click.command()
@click.argument("file", type=STATE_FILE)
@click.option("--at", "position", type=click.IntRange(0), required=True, metavar="POSITION", help="Last command.")
@click.argument("out", type=FILE)
def fork(file: Path, position: int, out: Path) -> None:
    """Copy the state in FILE as it was after the command at a position to the new file OUT.

    The copy goes on from there: notify-mock serve --state OUT. A server may have FILE open.
    """
    from notify_mock.command_log.history import copy_until

    copy_until(file, position, out)
    click.echo(f"the state at position {position} was copied to {out}")


@click.command()
@click.argument("file", type=STATE_FILE)
def compact(file: Path) -> None:
    """Remove the commands in FILE and keep the state, to save space.

    Afterwards, earlier positions cannot be looked at. No server may have FILE open.
    """
    from notify_mock.command_log import history

    position = history.compact(file)
    click.echo(f"{file} was compacted; its oldest position is {position}")


def _line(entry: Entry) -> str:
    from notify_mock.command_log.history import words

    return f"{entry.position:>7}  {_time(entry)}  {entry.status or '-':>3}  {words(entry)}"


def _json_line(entry: Entry) -> str:
    from notify_mock.command_log.history import words

    shown = {"position": entry.position, "time": _time(entry), "status": entry.status or None, "kind": entry.kind}
    return json.dumps({**shown, "command": words(entry)})


def _time(entry: Entry) -> str:
    return datetime.fromtimestamp(entry.at, timezone.utc).isoformat(timespec="milliseconds")
