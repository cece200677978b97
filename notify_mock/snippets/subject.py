"""What a snippet is about: an exchange, and what is needed to repeat it elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from notify_mock.deliveries.delivery import Delivery
from notify_mock.engine.replay import MISSED
from notify_mock.engine.stubs import STUB
from notify_mock.journal.exchange import Exchange
from notify_mock.twilio_api.channels import CALLBACK_NAME


class Subject(NamedTuple):
    """One exchange.

    ``url`` is the base URL of the emulator, ``strict`` whether it only accepts given accounts. ``records`` are those
    that the call depends on, parents first. ``rules`` are the fault rules that were applied, and ``failures`` the
    simulated failures of providers, both as plain data. ``deliveries`` are those that the call made and the test
    asserts on. ``frozen``: the emulator's time is not the real one, and the test needs it.
    """

    exchange: Exchange
    url: str
    strict: bool = False
    records: Sequence[Any] = ()
    rules: Sequence[Mapping[str, Any]] = ()
    failures: Mapping[str, Mapping[str, Any]] = {}
    deliveries: Sequence[Delivery] = ()
    frozen: bool = False

    @property
    def account_sid(self) -> str:
        """The account that made the call; made up if it was not authenticated."""
        return self.exchange.account_sid or "AC" + "0" * 32

    @property
    def base(self) -> str:
        """The path of the API at the emulator: "" for Notify, ``/chat`` for chat."""
        product = self.exchange.api.partition("/")[0]
        return "" if product in ("", "notify") else f"/{product}"

    @property
    def path(self) -> str:
        """The path of the call at the emulator, whatever host it was sent to."""
        exchange = self.exchange
        if not exchange.api:
            return exchange.call.path
        return f"{self.base}/{exchange.api.partition('/')[2]}{exchange.path}"

    @property
    def is_ours(self) -> bool:
        """Whether an emulator answers such a call itself: it is not a callback, stubbed, recorded or forwarded."""
        exchange = self.exchange
        is_recorded = exchange.code == MISSED or exchange.reason.startswith(("recorded: ", "upstream"))
        return exchange.name not in (CALLBACK_NAME, STUB) and not is_recorded
