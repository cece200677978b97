"""``notify-mock exec``: runs a command with its Twilio clients redirected to an emulator."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from notify_mock.cli.options import emulator_options, log_options, make_emulator, make_recorder, record_mode_option
from notify_mock.cli.running import mount, open_log
from notify_mock.options import variable_of

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator
    from notify_mock.faults.rule import Rule
    from notify_mock.journal.exchange import Exchange
    from notify_mock.server.server import Server

_FAILED = 1
_NO_CALLS = """
notify-mock: WARNING: THE COMMAND MADE NO CALL TO THE EMULATOR.
notify-mock: Either it does not use Twilio, or its client bypassed the emulator and may have reached the real Twilio.
notify-mock: See "Clients that bypass the proxy" in docs/wrap-a-command.md."""
_NOT_EXECUTABLE, _NOT_FOUND, _BY_SIGNAL = 126, 127, 128
_EXAMPLE = """\b
Examples:
  notify-mock exec -- npm test
  notify-mock exec --scenario outage -- twilio api:notify:v1:credentials:list
"""


@click.command("exec", epilog=_EXAMPLE, context_settings={"allow_interspersed_args": False})
@emulator_options("exec", unused_faults="warn")
@record_mode_option
@click.option(
    "--require-calls/--no-require-calls",
    default=None,
    envvar=variable_of("--require-calls"),
    show_envvar=True,
    help="Exit with status 1 if COMMAND succeeds without a call to the emulator. By default only if the variable CI is "
    "set, as CI services do; otherwise a warning is written, unless --no-require-calls is given.",
)
@log_options(level="error")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec_(
    host: str,
    port: int,
    other_hosts: Any,
    tls: bool,
    record: Path | None,
    record_mode: str,
    require_calls: bool | None,
    unused_faults: str,
    log_format: str,
    log_level: str | None,
    log_file: Path | None,
    access_log: bool | None,
    command: tuple[str, ...],
    **options: Any,
) -> None:
    """Run COMMAND with its Twilio clients redirected to an emulator.

    Works in any language: the proxy, trust and account variables of all SDKs are set for COMMAND. When it ends, a
    summary is written to stderr. The exit status is that of COMMAND, except with --require-calls and
    --unused-faults error.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit_by_signal)
    from notify_mock.certificate_authority.bundles import make_bundles
    from notify_mock.interception import environment

    log = open_log(log_format, log_level or ("info" if log_file else "error"), access_log, log_file)
    emulator = make_emulator(**options, unused_faults=unused_faults, record=make_recorder(record, record_mode))
    tally = _Tally()
    emulator.journal.subscribe(tally.add)
    server = mount(emulator, host, port, log, other_hosts=other_hosts, tls=tls)
    server.start()
    bundles = make_bundles(server.tls.authority)
    changes = environment.changes(server.url, emulator.auth, bundles, key=emulator.api_key)
    status = _run(command, environment.apply(changes))
    try:
        emulator.close()
    finally:
        server.stop()
        log.flush()
    unused = [] if unused_faults == "ignore" else emulator.faults.unused
    with suppress(OSError):
        click.echo(f"notify-mock: {tally.summary(emulator, server, unused)}", err=True)
        if not tally.calls and require_calls is not False and status not in (_NOT_EXECUTABLE, _NOT_FOUND):
            click.secho(_NO_CALLS, err=True, bold=True)
    failure = "" if status else _failure(tally, unused, unused_faults, require_calls)
    if failure:
        status = _FAILED
        with suppress(OSError):
            click.echo(f"notify-mock: failed, because {failure}", err=True)
    sys.exit(status)


def _failure(tally: _Tally, unused: list[Rule], unused_faults: str, require_calls: bool | None) -> str:
    """Return why a command that succeeded is reported as failed, or "". Of a scenario, one applied rule is enough."""
    if not tally.calls and (_is_in_ci() if require_calls is None else require_calls):
        return "calls are required; --no-require-calls allows this"
    is_unmet = bool(unused) and unused_faults == "error" and not tally.faults
    if is_unmet or any(rule.unused == "error" for rule in unused):
        return "a fault rule was never applied; see --unused-faults"
    return ""


def _is_in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _exit_by_signal(number: int, _frame: FrameType | None) -> None:
    """Until the command runs, exit at a signal with the status that a shell would report."""
    sys.exit(_BY_SIGNAL + number)


class _Tally:
    """Counts the requests."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    @property
    def calls(self) -> int:
        return self._counts["calls"]

    @property
    def faults(self) -> int:
        return self._counts["faults"]

    def add(self, exchange: Exchange) -> None:
        self._counts["calls"] += 1
        self._counts["errors"] += (exchange.status or 500) >= 400
        self._counts["faults"] += bool(exchange.faults)
        self._counts["unmatched"] += exchange.name is None

    def summary(self, emulator: Emulator, server: Server, unused: list[Rule]) -> str:
        """Return the summary as one line."""
        summary = [", ".join(f"{self._counts[name]} {name}" for name in ("calls", "errors", "faults", "unmatched"))]
        if server.policy.refused:
            hosts = (f"{host} ({count})" for host, count in sorted(server.policy.refused.items()))
            summary.append(f"refused hosts: {', '.join(hosts)}")
        if emulator.cassette is not None:
            summary.append(str(emulator.cassette))
        if unused:
            summary.append(f"fault rules that were never applied: {', '.join(map(str, unused))}")
        return "; ".join(summary)


def _found(command: tuple[str, ...], env: dict[str, str]) -> tuple[str, ...]:
    """Return the command with its full path on Windows, which finds only ``.exe`` files by itself, not ``npm.cmd``."""
    if sys.platform != "win32":
        return command
    return (shutil.which(command[0], path=env.get("PATH")) or command[0], *command[1:])


def _run(command: tuple[str, ...], env: dict[str, str]) -> int:
    """Run the command and return its exit status, as a shell would report it."""
    import subprocess

    try:
        process = subprocess.Popen(_found(command, env), env=env, close_fds=False)  # noqa: S603 - the user's own command
    except FileNotFoundError:
        click.echo(f"notify-mock: {command[0]}: command not found", err=True)
        return _NOT_FOUND
    except OSError as error:
        click.echo(f"notify-mock: {command[0]}: {error.strerror or error}", err=True)
        return _NOT_EXECUTABLE

    def pass_on(number: int, _frame: FrameType | None) -> None:
        """Forward the signal. On a terminal and on Windows, the command receives Ctrl-C itself."""
        if number != signal.SIGINT or not (sys.platform == "win32" or sys.stdin.isatty()):
            process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    status = process.wait()
    return _BY_SIGNAL - status if status < 0 else status
