"""``notify-mock state``: moves the state of an emulator, and looks into the log of one that lasts."""

from __future__ import annotations

import click

from notify_mock.cli.state.history import compact, fork, log
from notify_mock.cli.state.moving import export, import_, reset


@click.group()
def state() -> None:
    """Export, import and reset the state of an emulator, and look at its past."""


for _command in (export, import_, reset, log, fork, compact):
    state.add_command(_command)
