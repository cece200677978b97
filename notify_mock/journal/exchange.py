"""One request and its answer, as the journal keeps them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from notify_mock.support.renamed import warn_renamed
from notify_mock.twilio_api.masking import show_text
from notify_mock.twilio_api.messages import Call
from notify_mock.twilio_api.products import Endpoint

_MAX_REASON_LENGTH = 1000


class Exchange:
    """One request and its answer.

    ``name`` is the call's (``credential.create``) or None when it is no call of the API; ``account_sid`` is "" when the
    caller wasn't let in; ``sid`` is the record's; ``path`` is what stands behind the version, as a 404 names it,
    and ``base`` what stands before.
    ``status`` and ``code`` are those of the answer; both stay None while there is none, and ``code`` when nothing was
    refused. ``reason`` says more of a refusal than Twilio does. ``faults`` names the fault rules that struck, and
    ``played`` is the status that the call had before one of them took its answer away. ``at`` and ``ended`` are
    seconds since 1970 on the emulator's clock; ``retry_after`` is the answer's header, in seconds.
    """

    __slots__ = (
        "account_sid",
        "api",
        "at",
        "base",
        "call",
        "code",
        "ended",
        "faults",
        "name",
        "number",
        "path",
        "played",
        "reason",
        "region",
        "retry_after",
        "sid",
        "status",
    )

    def __init__(self, number: int, at: float, call: Call, name: str | None, endpoint: Endpoint) -> None:
        self.number, self.at, self.call, self.name = number, at, call, name
        self.api, self.region, self.base, self.path = endpoint
        self.account_sid = ""
        self.sid: str | None = None
        self.status: int | None = None
        self.code: int | None = None
        self.reason = ""
        self.faults: tuple[str, ...] = ()
        self.played: int | None = None
        self.ended: float | None = None
        self.retry_after: float | None = None

    @property
    def time(self) -> datetime:
        """When it arrived, on the emulator's clock, in UTC."""
        return datetime.fromtimestamp(self.at, timezone.utc)

    @property
    def door(self) -> str:
        """The old name of ``api``."""
        warn_renamed("Exchange.door", "Exchange.api")
        return self.api

    def parameter(self, name: str) -> str | None:
        """A form or query parameter as it was sent, secrets included."""
        return self.call.form.get(name, self.call.query.get(name))

    def outcome(self) -> str:
        """``404 20404 (no credential CR1)``, or what a fault made of it: ``no answer [drop-1] after 201``."""
        unanswered = "no answer yet" if self.ended is None else "no answer"
        words = [unanswered if self.status is None else str(self.status)]
        if self.code is not None:
            words.append(str(self.code))
        if self.reason:
            words.append(f"({show_text(self.reason, _MAX_REASON_LENGTH)})")
        if self.faults:
            words.append(f"[{', '.join(self.faults)}]")
        if self.played is not None:
            words.append(f"after {self.played}")
        return " ".join(words)

    def describe(self) -> dict[str, Any]:
        """All but the request itself, as JSON, secrets masked."""
        return {
            "number": self.number,
            "time": self.time.isoformat(),
            "call": self.name,
            "account_sid": self.account_sid or None,
            "api": self.api or None,
            "door": self.api or None,
            "region": self.region,
            "sid": show_text(self.sid) if self.sid else None,
            "status": self.status,
            "code": self.code,
            "reason": show_text(self.reason, _MAX_REASON_LENGTH) if self.reason else None,
            "faults": list(self.faults),
            "played": self.played,
        }

    def __str__(self) -> str:
        name = self.name or "no call"
        return f"#{self.number} {self.time:%H:%M:%S.%f}Z {name}: {self.call} -> {self.outcome()}"

    def __repr__(self) -> str:
        return f"<Exchange {self}>"
