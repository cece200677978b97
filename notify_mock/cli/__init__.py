"""The command line, ``notify-mock``."""

from __future__ import annotations

import signal
import sys
import warnings
from types import FrameType
from typing import Any

import click

from notify_mock.cli.ca import ca
from notify_mock.cli.cassette import cassette
from notify_mock.cli.doctor import doctor
from notify_mock.cli.env import env
from notify_mock.cli.exec import exec_
from notify_mock.cli.explain import explain
from notify_mock.cli.mcp import mcp
from notify_mock.cli.options import naming_options
from notify_mock.cli.record import record
from notify_mock.cli.replay import replay
from notify_mock.cli.serve import serve
from notify_mock.cli.state import state
from notify_mock.cli.tail import tail
from notify_mock.support.usage import UsageError
from notify_mock.support.version import __version__

_NO_ARGUMENTS: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())
"""What click raises for a group without a command. Before 8.2, it raises nothing and exits with 0."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="notify-mock")
def commands() -> None:
    """An offline emulator of Twilio's Notify v1 API."""


for _command in (serve, exec_, env, ca, replay, record, cassette, doctor, explain, state, tail, mcp):
    commands.add_command(naming_options(_command))


def main() -> None:
    """Run the command line. A user error is one line on stderr and exit status 2; Ctrl-C and SIGTERM exit with 0."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    warnings.showwarning = _show_warning
    try:
        sys.exit(commands.main(prog_name="notify-mock", standalone_mode=False))
    except _NO_ARGUMENTS as error:
        click.echo(error.format_message())
        sys.exit(2)
    except click.ClickException as error:
        _fail(error.format_message())
    except UsageError as error:
        _fail(str(error))
    except (KeyboardInterrupt, click.Abort):
        sys.exit(0)
    except OSError as error:
        _fail(f"cannot continue: {error.strerror or error}")


def _fail(message: str) -> None:
    click.echo(f"notify-mock: {' '.join(message.split())}", err=True)
    sys.exit(2)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Show a warning without the line of code that raised it, which is not the user's."""
    click.echo(f"notify-mock: {message}", err=True)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
