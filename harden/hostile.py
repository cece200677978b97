"""Hostile requests, each determined by a seed and a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Literal, NamedTuple

from harden.messages import (
    Message,
    bodies,
    chunks,
    half_closed,
    header_lines,
    huge_heads,
    mutated,
    noise,
    request_lines,
)
from harden.protocols import controls, http2, proxying, tls
from harden.smuggling import smuggling

Manner = Literal["closes half", "waits", "leaves"]
"""What a client does after its request: closes its half and reads to the end, waits for a response with its half open,
or closes without reading."""

_MAX_SHOWN = 300

KINDS: Sequence[Callable[[Random], Message]] = (
    *(request_lines, header_lines, huge_heads, bodies, chunks, half_closed, mutated, noise),
    *(http2, tls, proxying, controls, smuggling),
)


class Hostile(NamedTuple):
    """A hostile request, and how it is sent: in ``pieces``, one by one."""

    kind: str
    seed: int
    number: int
    pieces: Sequence[bytes]
    manner: Manner
    may_be_silent: bool = False

    def __str__(self) -> str:
        data = b"".join(self.pieces)
        shown = f"{data[:_MAX_SHOWN]!r}" + (f"... ({len(data)} bytes)" if len(data) > _MAX_SHOWN else "")
        where = f"{self.kind}, seed {self.seed}, number {self.number}"
        return f"{where}, {len(self.pieces)} pieces, {self.manner}: {shown}"


def hostile(seed: int, number: int) -> Hostile:
    """Return the hostile request with this number. Kinds take turns."""
    random = Random(f"{seed}/{number}")
    kind = KINDS[number % len(KINDS)]
    message = kind(random)
    manners: tuple[Manner, ...] = ("waits", "waits", "closes half") if message.is_whole else ("closes half",)
    manner = "leaves" if random.random() < 0.1 else random.choice(manners)
    pieces = _cut(random, message.data) if random.random() < 0.25 else [message.data]
    return Hostile(kind.__name__, seed, number, pieces, manner, message.may_be_silent)


def _cut(random: Random, data: bytes) -> list[bytes]:
    """Return ``data`` in up to 30 pieces, or a short one byte by byte."""
    if len(data) < 400 and random.random() < 0.3:
        return [data[at : at + 1] for at in range(len(data))]
    cuts = sorted(random.randrange(len(data) + 1) for _ in range(random.randint(1, 29)))
    return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
