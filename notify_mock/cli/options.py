"""Options of the command line made from the table of options, and the emulator that they make."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from re import match
from typing import TYPE_CHECKING, Any, TypeVar

import click

from notify_mock.options import OPTIONS, Option
from notify_mock.support.usage import UsageError

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(path_type=Path)

_TYPES: dict[str, Any] = {"FILE": FILE, "PATH": FILE, "PORT": click.IntRange(0, 65535)}


def emulator_options(command_name: str, **defaults: Any) -> Callable[[Command], Command]:
    """The options of the table that ``command_name`` has; ``defaults`` replace those of the table."""

    def decorate(command: Command) -> Command:
        for option in reversed(OPTIONS):
            if option.flag and command_name in option.commands:
                command = _click_option(option, defaults.get(option.name, option.default))(command)
        return command

    return decorate


def _click_option(option: Option, default: Any) -> Callable[[Command], Command]:
    details: dict[str, Any] = {"help": option.help}
    if option.default is False:
        details["is_flag"] = True
    elif option.repeatable:
        details |= {"multiple": True, "metavar": option.metavar, "help": f"{option.help} Repeatable."}
    else:
        kind = click.Choice(option.choices) if option.choices else _TYPES.get(option.metavar, str)
        details |= {"type": kind, "metavar": option.metavar or None}
        details |= {"default": default, "show_default": default is not None}
    if option.variable:
        details["envvar"] = option.variable
    return click.option(option.flag, option.name, **details)


def log_options(level: str) -> Callable[[Command], Command]:
    """``--log-format`` and ``--log-level``, with ``level`` as the default."""

    def decorate(command: Command) -> Command:
        form = click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
        detail = click.option(
            "--log-level",
            type=click.Choice(["debug", "info", "warning", "error"]),
            default=level,
            show_default=True,
            help="info logs every call, debug also broken connections.",
        )
        return form(detail(command))

    return decorate


def make_emulator(*, seed: str, **options: Any) -> Emulator:
    """The emulator for what ``emulator_options`` give. Raises ``UsageError``."""
    from notify_mock.emulator import Emulator

    number = int(seed) if seed.isascii() and seed.removeprefix("-").isdigit() else seed
    repeated = {name: options.get(name) or None for name in ("accounts", "scenario")}
    return Emulator(seed=number, **{**options, **repeated})


def naming_options(command: click.Command) -> click.Command:
    """``command``, with the options in its errors named as they are written on the command line."""
    call = command.callback
    if call is None:
        return command
    flags = {str(parameter.name): parameter.opts[0] for parameter in command.params}

    @wraps(call)
    def callback(*args: Any, **options: Any) -> Any:
        try:
            return call(*args, **options)
        except UsageError as error:
            name = match(r"\w*", error.where)
            flag = flags.get(name[0], "") if name else ""
            raise UsageError(flag, error.wrong, error.remedy) if flag.startswith("--") else error from error

    command.callback = callback
    return command
