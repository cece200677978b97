"""What a snippet is about: an exchange, and what is needed to repeat it elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from notify_mock.deliveries.delivery import Delivery
from notify_mock.engine.replay import MISSED
from notify_mock.engine.stubs import STUB
from notify_mock.journal.exchange import Exchange
from notify_mock.support.masked_url import MASK
from notify_mock.twilio_api.channels import CALLBACK_NAME
from notify_mock.twilio_api.masking import show_text


def is_secret_like(path: str) -> bool:
    """Whether there is a key in a path or a segment of one."""
    return MASK in show_text(path, len(path) + 1)


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
        return self.base + self.path_at_twilio

    @property
    def path_at_twilio(self) -> str:
        """The path of the call on its host, without a secret that was sent where a SID belongs."""
        exchange = self.exchange
        path = exchange.call.path if not exchange.api else f"/{exchange.api.partition('/')[2]}{exchange.path}"
        if not is_secret_like(path):
            return path
        segments = path.split("/") if exchange.name else ("", "secret")
        return "/".join("secret" if is_secret_like(one) else one for one in segments)

    @property
    def is_ours(self) -> bool:
        """Whether an emulator answers such a call itself: it is not a callback, stubbed, recorded or forwarded."""
        exchange = self.exchange
        is_recorded = exchange.code == MISSED or exchange.reason.startswith(("recorded: ", "upstream"))
        return exchange.name not in (CALLBACK_NAME, STUB) and not is_recorded
