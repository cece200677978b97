"""The options that every command with an emulator has, and the emulator that they make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from notify_mock.support.usage import UsageError

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator
    from notify_mock.store.accounts import Account

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(path_type=Path)


def account_options(command: Command) -> Command:
    """What says who the accounts are; ``read_account`` takes what they give."""
    return _with(
        command,
        click.option("--seed", default="0", show_default=True, help="Number or text that all sids are made from."),
        click.option(
            "--account",
            "accounts",
            multiple=True,
            metavar="SID:TOKEN",
            help="Let in only this account (repeatable). Without it, any AC... or SK... user name is let in.",
        ),
    )


def emulator_options(command: Command) -> Command:
    """The options of an emulator; ``make_emulator`` takes what they give."""
    return _with(
        command,
        account_options,
        click.option("--data", metavar="FILE", type=FILE, help="YAML or JSON with records to start from."),
        click.option("--frozen", metavar="TIME", help='Stop the clock at this moment, such as "2030-01-01T12:00:00Z".'),
        click.option("--faults", metavar="FILE", type=FILE, help="YAML or JSON with fault rules."),
        click.option(
            "--scenario",
            "scenarios",
            multiple=True,
            metavar="NAME",
            help="Fault rules that ship with it (repeatable): rate-limited, flaky-network, slow, outage, "
            "token-rotated, account-suspended, legacy-fcm-off, notify-eol.",
        ),
        click.option(
            "--fault-header", is_flag=True, help="Let a request carry a rule, in the header X-Notify-Mock-Fault."
        ),
        click.option(
            "--control-token",
            envvar="NOTIFY_MOCK_CONTROL_TOKEN",
            metavar="TOKEN",
            help="Token for the control API under /_mock, which needs one beyond loopback.",
        ),
        click.option(
            "--callback-host",
            "callback_hosts",
            multiple=True,
            metavar="NAME",
            help="Host that delivery callbacks may go to besides this machine (repeatable).",
        ),
    )


def address_options(default_port: int) -> Callable[[Command], Command]:
    """``--host`` and ``--port``."""

    def decorate(command: Command) -> Command:
        return _with(
            command,
            click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on."),
            click.option(
                "--port",
                default=default_port,
                show_default=True,
                type=click.IntRange(0, 65535),
                help="Port to listen on; 0 picks a free one.",
            ),
        )

    return decorate


def proxy_options(command: Command) -> Command:
    """``--other-hosts`` and ``--tls``."""
    return _with(
        command,
        click.option(
            "--other-hosts",
            type=click.Choice(["refuse", "tunnel"]),
            default="refuse",
            show_default=True,
            help="As a proxy, what to do with hosts that aren't Twilio's.",
        ),
        click.option(
            "--tls", is_flag=True, help="Let TLS begin on the port itself too, for when Twilio's names point here."
        ),
    )


def log_options(level: str) -> Callable[[Command], Command]:
    """``--log-format`` and ``--log-level``, which is ``level`` by default."""

    def decorate(command: Command) -> Command:
        return _with(
            command,
            click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True),
            click.option(
                "--log-level",
                type=click.Choice(["debug", "info", "warning", "error"]),
                default=level,
                show_default=True,
                help="info logs every call, debug broken connections too.",
            ),
        )

    return decorate


def make_emulator(
    *,
    seed: str,
    accounts: tuple[str, ...],
    scenarios: tuple[str, ...],
    **options: Any,
) -> Emulator:
    """The emulator for what ``emulator_options`` give. Raises ``UsageError``."""
    from notify_mock.emulator import Emulator

    return Emulator(seed=_seed(seed), accounts=_accounts(accounts), scenario=scenarios or None, **options)


def read_account(seed: str, accounts: tuple[str, ...]) -> tuple[str, str]:
    """Account sid and auth token of the default account of an emulator made so. Raises ``UsageError``."""
    return make_emulator(seed=seed, accounts=accounts, scenarios=()).auth


def _with(command: Command, *options: Callable[[Command], Command]) -> Command:
    """``command`` with ``options``, shown in this order."""
    for option in reversed(options):
        command = option(command)
    return command


def _seed(text: str) -> int | str:
    return int(text) if text.isascii() and text.removeprefix("-").isdigit() else text


def _accounts(given: tuple[str, ...]) -> tuple[Account, ...] | None:
    """Raises ``UsageError`` that names the option."""
    from notify_mock.store.accounts import read_accounts

    try:
        return read_accounts(given) if given else None
    except UsageError as error:
        raise error.inside("--account") from error
