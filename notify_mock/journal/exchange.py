"""One request and its response, as the journal keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from notify_mock.support.renamed import warn_renamed
from notify_mock.twilio_api.masking import show_json, show_text
from notify_mock.twilio_api.messages import NONE, Call
from notify_mock.twilio_api.products import Endpoint

if TYPE_CHECKING:
    from notify_mock.twilio_api.errors import TwilioError
    from notify_mock.twilio_api.messages import Answer

_MAX_REASON_LENGTH = 1000
_HEADER_BYTES = 160


class Exchange:
    """One request and its response.

    ``name`` is the call's (``credential.create``), or None if the request matches no call. ``account_sid`` is "" if
    authentication failed. ``sid`` is the record's. ``path`` is the path after the version, as in the text of a 404, and
    ``base`` is the path up to the version.

    ``status`` and ``code`` are the response's. Both are None if there is no response; ``code`` is also None for a
    success. ``reason`` explains an error in more detail than Twilio's text. ``faults`` has the names of the fault rules
    that were applied; ``played`` is the status of the call before one of them discarded its response. ``at`` and
    ``ended`` are seconds since 1970 on the emulator's clock; ``retry_after`` is the response's header, in seconds.
    ``refusal`` is the class of the error response if the emulator refused the call. ``response`` is the response if the
    journal keeps it, else None.
    ``size`` is the memory that request and response take, in bytes; ``has_body`` is False once its body was discarded.
    ``server`` is the server that answered, if several share the state, or "".
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
        "has_body",
        "name",
        "number",
        "path",
        "played",
        "reason",
        "refusal",
        "region",
        "response",
        "retry_after",
        "server",
        "sid",
        "size",
        "status",
    )

    def __init__(
        self, number: int, at: float, call: Call, name: str | None, endpoint: Endpoint, server: str = ""
    ) -> None:
        self.number, self.at, self.call, self.name, self.server = number, at, call, name, server
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
        self.refusal: type[TwilioError] | None = None
        self.response: Answer | None = None
        self.size = 0
        self.has_body = True

    @property
    def time(self) -> datetime:
        """When the request arrived, on the emulator's clock, in UTC."""
        return datetime.fromtimestamp(self.at, timezone.utc)

    @property
    def response_body(self) -> bytes | None:
        """The body of the response; None if it is empty, or the journal does not keep it."""
        return self.response.body or None if self.response is not None else None

    def __getattr__(self, name: str) -> str:
        """``door`` is the old name of ``api``."""
        if name != "door":
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        warn_renamed("Exchange.door", "Exchange.api")
        return self.api

    def parameter(self, name: str) -> str | None:
        """Return a parameter as sent, including secrets: of the body of a POST, or of the query of a GET or DELETE.

        The other part of the request is not read.
        """
        return self.call.parameters.get(name)

    def values(self, name: str) -> list[str]:
        """Return every value of a parameter that may be sent more than once, as ``parameter`` does."""
        return self.call.parameters.all(name)

    def discard_body(self) -> None:
        """Forget the parameters in the request's body, to save memory. The reason says so."""
        before = self.call.size()
        self.call = self.call._replace(form=NONE, body=b"")
        self.size, self.has_body = self.call.size(), False
        note = f"its body of {before - self.size} bytes is not kept"
        self.reason = f"{self.reason}; {note}" if self.reason else note

    def keep_response(self, answer: Answer) -> None:
        """Keep the response."""
        self.response = answer
        self.size += len(answer.body) + _HEADER_BYTES * len(answer.headers)

    def discard_defect(self) -> None:
        """Forget the error of an unreadable request, whose traceback keeps the bytes that were read."""
        if self.call.defect is not None:
            self.call = self.call._replace(defect=None)

    def outcome(self) -> str:
        """Return ``404 20404 (no credential CR1)`` or, with fault rules, ``no response [drop-1] after 201``."""
        reason = show_text(self.reason, _MAX_REASON_LENGTH) if self.reason else ""
        return outcome_of(self.status, self.code, reason, self.faults, self.played, is_ended=self.ended is not None)

    def describe(self) -> dict[str, Any]:
        """Return everything except the request, as JSON data, with secrets masked."""
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
            "response": None if self.response_body is None else show_json(self.response_body),
        }

    def __str__(self) -> str:
        name = self.name or "no call"
        time = self.time.time().isoformat("microseconds")  # several times faster than strftime
        return f"#{self.number} {time}Z {name}: {self.call} -> {self.outcome()}"

    def __repr__(self) -> str:
        return f"<Exchange {self}>"


def outcome_of(
    status: int | None,
    code: int | None,
    reason: str,
    faults: Sequence[str],
    played: int | None,
    *,
    is_ended: bool = True,
) -> str:
    """Return the outcome of an exchange for one line. ``reason`` has no secrets."""
    unanswered = "no response" if is_ended else "no response yet"
    words = [unanswered if status is None else str(status)]
    if code is not None:
        words.append(str(code))
    if reason:
        words.append(f"({reason})")
    if faults:
        words.append(f"[{', '.join(faults)}]")
    if played is not None:
        words.append(f"after {played}")
    return " ".join(words)
