"""The command-line options that are generated from the table of options, and the emulator created from them."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from notify_mock.accounts.account import with_environment
from notify_mock.options import OPTIONS, Option, variable_of
from notify_mock.support.masked_url import masked_url
from notify_mock.support.usage import UsageError

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator
    from notify_mock.recording.recorder import Recorder

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(path_type=Path)


class _StateFile(click.Path):
    """The file of a state, and not the URL of one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if "://" in str(value):
            remedy = "expected a file; for a shared state, name one of its servers with --url"
            raise UsageError("state", f"{masked_url(str(value))} is a URL", remedy)
        return super().convert(value, param, ctx)


STATE_FILE = _StateFile(path_type=Path)

SERVER_URL = "http://127.0.0.1:8010"
"""Where ``serve`` listens unless it is told otherwise."""


class _Lines(click.types.StringParamType):
    """Texts that may contain spaces: an environment variable has one in each line."""

    envvar_list_splitter = "\n"


_TYPES: dict[str, Any] = {
    "FILE": FILE,
    "PATH": FILE,
    "PORT": click.IntRange(0, 65535),
    "POSITION": click.IntRange(0),
    "HOST[/PATH]=STATUS[:BODY]": _Lines(),
}


def emulator_options(command_name: str, **defaults: Any) -> Callable[[Command], Command]:
    """Return a decorator that adds the table's options for ``command_name``. ``defaults`` override the table's."""

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
        details["type"] = _TYPES.get(option.metavar, str)
    else:
        kind = click.Choice(option.choices) if option.choices else _TYPES.get(option.metavar, str)
        details |= {"type": kind, "metavar": option.metavar or None}
        details |= {"default": default, "show_default": default is not None}
    return click.option(option.flag, option.name, envvar=option.variable, show_envvar=True, **details)


record_mode_option = click.option(
    "--record-mode",
    type=click.Choice(["once", "new_episodes", "all", "rewrite"]),
    default="once",
    show_default=True,
    envvar=variable_of("--record-mode"),
    show_envvar=True,
    help="What to do if the cassette of --record exists. once: exit with an error. new_episodes: add entries. all: add "
    "entries, replace those requested again. rewrite: start with an empty cassette.",
)


def make_recorder(path: Path | None, mode: str, *, check: bool = False) -> Recorder | None:
    """Return the recorder of --record. A check does not create the key of the pseudonyms, so it uses the one that
    there is. Raises ``UsageError``."""
    if path is None:
        return None
    from notify_mock.recording.recorder import Recorder
    from notify_mock.redaction.keys import find_key

    key = find_key(path).hex() if check else None
    return Recorder(path, mode=mode, key=key)  # type: ignore[arg-type]


def log_options(level: str) -> Callable[[Command], Command]:
    """Return a decorator that adds the options of the log. ``--log-level`` defaults to ``level``, or to ``info`` with a
    file."""

    def decorate(command: Command) -> Command:
        form = click.option(
            "--log-format",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="Format of the log.",
            envvar=variable_of("--log-format"),
            show_envvar=True,
        )
        detail = click.option(
            "--log-level",
            type=click.Choice(["debug", "info", "warning", "error"]),
            help=f"Minimum level to log, by default {level}{'' if level == 'info' else ', or info with --log-file'}. "
            "Calls are logged at info, broken connections at debug.",
            envvar=variable_of("--log-level"),
            show_envvar=True,
        )
        file = click.option(
            "--log-file",
            type=FILE,
            metavar="FILE",
            envvar=variable_of("--log-file"),
            show_envvar=True,
            help="Append the log to this file instead of writing it to stderr.",
        )
        calls = click.option(
            "--access-log/--no-access-log",
            default=None,
            envvar=variable_of("--access-log"),
            show_envvar=True,
            help="Log every call. By default, calls are logged if --log-level is info or debug.",
        )
        return form(detail(calls(file(command))))

    return decorate


def make_emulator(*, seed: str, **options: Any) -> Emulator:
    """Create the emulator from the values of ``emulator_options``, with the account of the environment as the default.

    A state that exists or is shared has its account already. Raises ``UsageError``.
    """
    from notify_mock.emulator import Emulator

    state = options.get("state")
    environ = {} if state is not None and ("://" in state or Path(state).exists()) else os.environ
    number = int(seed) if seed.isascii() and seed.removeprefix("-").isdigit() else seed
    repeated = {name: options.get(name) or None for name in ("accounts", "scenario")}
    return Emulator(seed=number, **with_environment({**options, **repeated}, environ))


def naming_options(command: click.Command) -> click.Command:
    """Return ``command``, changed so that its errors name options as the user gave them, by flag or variable."""
    if isinstance(command, click.Group):
        command.commands = {name: naming_options(one) for name, one in command.commands.items()}
        return command
    call = command.callback
    if call is None:
        return command
    parameters = {str(parameter.name): parameter for parameter in command.params}

    @wraps(call)
    def callback(*args: Any, **options: Any) -> Any:
        try:
            return call(*args, **options)
        except UsageError as error:
            is_file = error.where in map(str, options.values())
            parameter = None if is_file else parameters.get(error.option)
            if not isinstance(parameter, click.Option):
                raise
            source = click.get_current_context().get_parameter_source(error.option)
            flag = parameter.envvar if source is ParameterSource.ENVIRONMENT else parameter.opts[0]
            where = error.where.replace(error.option, str(flag), 1)
            raise UsageError(where, error.wrong, error.remedy) from error

    command.callback = callback
    return command
