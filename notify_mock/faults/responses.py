"""Effects that respond in place of the call: an error of Twilio's, any status and body, a rate limit."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from notify_mock.faults.decision import Decision, Effect
from notify_mock.journal.exchange import Exchange
from notify_mock.support.clock import Span, span
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api import headers
from notify_mock.twilio_api.catalog import BY_CODE, TooManyRequests
from notify_mock.twilio_api.errors import EdgeUnavailable, TwilioError
from notify_mock.twilio_api.messages import Answer

_WITHOUT_BODY = (204, 205, 304)
_SWEEP = 1000


@dataclass(frozen=True)
class Refuse(Effect):
    """Return Twilio's error response with this ``code``: its status, text, more_info and headers.

    ``message`` and ``detail`` replace the text. ``retry_after`` adds a Retry-After header, in seconds. 20503 is the 503
    of Twilio's edge: compact, without the gateway's headers and with a fixed body (observed).
    """

    kind = "refuse"
    code: int
    message: str | None = None
    detail: str | None = None
    retry_after: Span | None = None

    def __post_init__(self) -> None:
        if isinstance(self.code, bool) or not isinstance(self.code, int) or self.code not in BY_CODE:
            raise UsageError("code", f"{shown(self.code)} is not a supported error code", _remedy(self.code))
        for name in ("message", "detail"):
            if not isinstance(getattr(self, name), (str, type(None))):
                raise UsageError(name, "is not text", "put it in quotes")
            if getattr(self, name) is not None and BY_CODE[self.code] is EdgeUnavailable:
                raise UsageError(name, "cannot be changed for 20503", "use the effect status to send another body")
        if self.retry_after is not None:
            span(self.retry_after, "retry_after")

    def apply(self, decision: Decision) -> bool:
        retry_after = None if self.retry_after is None else math.ceil(span(self.retry_after))
        decision.refusal = refusal_for(self.code, decision.exchange, retry_after, self.message, self.detail)
        return True


def _remedy(code: object) -> str:
    """Say which codes there are, or which one has the HTTP status that was given: 20503 for 503."""
    meant = 20000 + code if isinstance(code, int) and 400 <= code < 600 else None
    if meant in BY_CODE:
        return f"did you mean {meant}, Twilio's code for HTTP {code}?"
    return f"expected one of: {', '.join(str(one) for one in sorted(BY_CODE))}"


@dataclass(frozen=True)
class Status(Effect):
    """Return any ``status`` with any ``body``: a gateway's HTML 502, an empty 500, a redirect with its ``location``."""

    kind = "status"
    status: int
    body: str = ""
    content_type: str = "text/html"
    location: str | None = None
    retry_after: Span | None = None

    def __post_init__(self) -> None:
        if isinstance(self.status, bool) or not isinstance(self.status, int) or not 200 <= self.status <= 599:
            raise UsageError("status", f"expected a status from 200 to 599, got {shown(self.status)}")
        for name in ("body", "content_type", "location"):
            value = getattr(self, name)
            if not isinstance(value, str) and (name != "location" or value is not None):
                raise UsageError(name, "is not text", "put it in quotes")
            if value is not None and not _can_be_sent(value, in_header=name != "body"):
                raise UsageError(
                    name, "cannot be sent", "use printable Latin-1 in headers, no lone surrogates in the body"
                )
        if self.retry_after is not None:
            span(self.retry_after, "retry_after")

    def apply(self, decision: Decision) -> bool:
        body = b"" if self.status in _WITHOUT_BODY else self.body.encode()
        extra = [] if self.location is None else [("Location", self.location)]
        if self.retry_after is not None:
            extra.append(("Retry-After", str(math.ceil(span(self.retry_after)))))
        lines = headers.edge(at=decision.now, content_type=self.content_type, length=len(body), extra=tuple(extra))
        decision.answer = Answer(self.status, lines, body)
        return True


@dataclass(frozen=True)
class RateLimit(Effect):
    """Return 429/20429 for more than ``limit`` calls of an account in ``window``, on the emulator's clock, or for more
    than ``concurrent`` calls at once. ``retry_after`` adds a Retry-After header; Twilio was not observed to send one.
    A delivery beyond the limit is throttled by its provider."""

    kind = "rate_limit"
    phases = ("before",)
    only = ("*", "delivery.*")
    limit: int | None = None
    window: Span = 1.0
    concurrent: int | None = None
    retry_after: bool = False

    def __post_init__(self) -> None:
        for name in ("limit", "concurrent"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
                raise UsageError(name, f"expected a whole number (0 or more), got {shown(value)}")
        if not isinstance(self.retry_after, bool):
            raise UsageError("retry_after", f"expected true or false, got {shown(self.retry_after)}")
        if self.limit is None and self.concurrent is None:
            raise UsageError("limit", "is missing", "give limit, concurrent or both")
        if span(self.window, "window") == 0:
            raise UsageError("window", "must be more than 0", 'give seconds or text such as "1m"')

    def apply(self, decision: Decision) -> bool:
        window = span(self.window)
        times: deque[float] | None = decision.memory.get(decision.exchange.account_sid)
        if times is None:
            if len(decision.memory) % _SWEEP == _SWEEP - 1:
                _sweep(decision.memory, decision.now - window)
            times = decision.memory[decision.exchange.account_sid] = deque()
        while times and not decision.now - window < times[0] <= decision.now:
            times.popleft()
        crowded = self.concurrent is not None and decision.in_flight > self.concurrent
        if not crowded and (self.limit is None or len(times) < self.limit):
            if self.limit is not None:
                times.append(decision.now)
            return False
        wait = times[0] + window - decision.now if times else window
        retry_after = max(1, math.ceil(wait)) if self.retry_after else None
        decision.refusal = refusal_for(TooManyRequests.code, decision.exchange, retry_after)
        return True


def _sweep(memory: dict[str, deque[float]], since: float) -> None:
    """Forget the accounts without a call since then."""
    for account_sid in [sid for sid, times in memory.items() if not times or times[-1] <= since]:
        del memory[account_sid]


def _can_be_sent(text: str, *, in_header: bool) -> bool:
    try:
        text.encode("latin-1" if in_header else "utf-8")
    except UnicodeEncodeError:
        return False
    return not in_header or text.isprintable()


def refusal_for(
    code: int,
    exchange: Exchange,
    retry_after: int | None = None,
    message: str | None = None,
    detail: str | None = None,
) -> TwilioError:
    """Return the error response with ``code``, its text filled in for this call."""
    call = exchange.call
    resource = (exchange.name or "credential").partition(".")[0].capitalize()
    values = {"path": exchange.path, "method": call.method, "verb": "create", "resource": resource}
    values |= {"name": next(iter(call.form), "Type"), "limit": "1000", "things": f"{resource.lower()}s"}
    error = BY_CODE[code]("fault rule", **values, what="refused")
    if message is not None:
        error.text = message
    if detail is not None:
        error.detail = detail
    if retry_after is not None:
        error.headers = (*error.headers, ("Retry-After", str(retry_after)))
    return error
