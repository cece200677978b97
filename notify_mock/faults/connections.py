"""Effects on the connection and the bytes sent: drop, reset, truncate, garble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from notify_mock.faults.decision import Decision, Effect
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.messages import Answer, Wire


@dataclass(frozen=True)
class Drop(Effect):
    """Close the connection without a response."""

    kind = "drop"

    def apply(self, decision: Decision) -> bool:
        decision.wire = Wire("drop")
        return True


@dataclass(frozen=True)
class Reset(Effect):
    """Reset the connection (TCP RST)."""

    kind = "reset"

    def apply(self, decision: Decision) -> bool:
        decision.wire = Wire("reset")
        return True


@dataclass(frozen=True)
class Truncate(Effect):
    """Close the connection before the whole body is sent: after ``bytes`` bytes, by default half of it."""

    kind = "truncate"
    phases = ("after",)
    bytes: int | None = None

    def __post_init__(self) -> None:
        if self.bytes is not None and (
            isinstance(self.bytes, bool) or not isinstance(self.bytes, int) or self.bytes < 0
        ):
            raise UsageError("bytes", f"expected a whole number (0 or more), got {shown(self.bytes)}")

    def apply(self, decision: Decision) -> bool:
        decision.changes.append(self._change)
        return True

    def _change(self, answer: Answer) -> Answer:
        if not answer.body:
            return answer._replace(wire=Wire("drop"))
        half = len(answer.body) // 2
        return answer._replace(wire=Wire(sent=half if self.bytes is None else min(self.bytes, len(answer.body) - 1)))


What = Literal["json", "utf-8", "content-type", "content-length"]


@dataclass(frozen=True)
class Garble(Effect):
    """Corrupt part of the response: ``json`` that ends too early, bytes that are not ``utf-8``, a ``content-type`` of
    HTML, or a ``content-length`` that is too small."""

    kind = "garble"
    phases = ("after",)
    what: What = "json"

    def __post_init__(self) -> None:
        if self.what not in get_args(What):
            raise UsageError(
                "what", f"cannot garble {shown(self.what)}", f"expected one of: {', '.join(get_args(What))}"
            )

    def apply(self, decision: Decision) -> bool:
        decision.changes.append(self._change)
        return True

    def _change(self, answer: Answer) -> Answer:
        status, headers, body, wire = answer
        short = body[: len(body) * 2 // 3]
        if self.what == "json":
            return Answer(status, _with(headers, "Content-Length", str(len(short))), short, wire)
        if self.what == "utf-8":
            broken = body.replace(b'": "', b'": "\xff\xfe', 1)
            return Answer(status, _with(headers, "Content-Length", str(len(broken))), broken, wire)
        if self.what == "content-type":
            return Answer(status, _with(headers, "Content-Type", "text/html"), body, wire)
        return Answer(status, _with(headers, "Content-Length", str(len(short))), body, wire or Wire())


def _with(headers: list[tuple[str, str]], name: str, value: str) -> list[tuple[str, str]]:
    return [(key, value if key == name else old) for key, old in headers]
