"""Entries of the log: commands in the order in which they are applied."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from notify_mock.twilio_api.messages import Call, Params

CALL, GO_ON, END = "call", "go on", "end"
"""The commands of a call: it arrives, its pause is over, it ends without a response. Other commands are named after the
method that they call, such as ``clock.advance``."""

ENDED = "server.ended"
"""A server is gone, or its last process is: its calls end, and what it was sending is sent again."""

SENDS = "server.sends"
"""A server offers to send callbacks. The first of those that are not gone sends them."""

READS = "reads"
"""Reads that a server has answered, for the journals of the others."""

SYNC = "sync"
"""Not in the log: asks for everything that is, up to this moment."""


class Command(NamedTuple):
    """What is done to the state, as plain data for JSON."""

    kind: str
    data: Any


class Entry(NamedTuple):
    """A command in the log. ``position`` counts from 1, ``at`` is the real time in seconds since 1970.

    ``status`` and ``digest`` are the result of the command (see ``Outcome``), or None if it was not stored. ``server``
    names the server that appended it, "" in a store that is not shared.
    """

    position: int
    at: float
    kind: str
    data: Any
    status: int | None = None
    digest: str | None = None
    server: str = ""


class Result(NamedTuple):
    """The result of the entry at ``position``, to compare when the log is replayed."""

    position: int
    status: int
    digest: str


class StoreError(Exception):
    """The store cannot be used: damaged, of another version, or begun with other options. Says how to go on."""


class StoreUnavailable(Exception):
    """The store cannot take entries at present: the disk is full, the file is locked, the server is unreachable."""


class Store(Protocol):
    """Keeps the entries, and one snapshot of the state after one of them."""

    is_shared: bool
    """Whether it is a ``SharedStore``."""

    server: str
    """The name of this server in a ``SharedStore``, once it has joined, or ""."""

    def begin(self, options: dict[str, Any]) -> dict[str, Any]:
        """Store the options that the state begins with, or return those that are stored already."""

    def append(self, after: int, at: float, commands: Sequence[Command], results: Sequence[Result]) -> list[Entry]:
        """Append commands, and return all entries after position ``after``, of which they are the last.

        They are durable when this returns. ``results`` are those of earlier entries of this server. Raises
        ``StoreUnavailable`` without appending anything; with a ``SharedStore``, the commands may have been appended if
        its answer was lost, and never twice. Without commands, it returns what others have appended.
        """

    def read(self, after: int) -> Sequence[Entry]:
        """Return the entries after a position. Raises ``StoreError`` if they are damaged."""

    def snapshot(self) -> tuple[int, str] | None:
        """Return the position and the text of the newest snapshot."""

    def keep_snapshot(self, position: int, text: str, results: Sequence[Result]) -> None:
        """Replace the snapshot. Raises ``StoreUnavailable``."""

    def close(self) -> None: ...


class SharedStore(Store, Protocol):
    """A store that several servers append to. One that is silent for ``LEASE_SECONDS`` is gone for the others.

    Each server calls ``join`` before it appends, and ``newer`` and ``stay`` all the time in a thread of its own.
    """

    def join(self) -> None:
        """Give this server a new name, which no other had. Raises ``StoreUnavailable`` or ``StoreError``."""

    def leave(self, at: float) -> None:
        """Append ``ENDED`` for this server, which appends nothing more."""

    def newer(self, after: int, seconds: float) -> Sequence[Entry]:
        """Wait up to ``seconds`` for entries after a position, and return them. Raises ``StoreUnavailable``."""

    def stay(self, at: float) -> bool:
        """Renew the lease of this server, and append ``ENDED`` for those whose lease is over.

        Returns whether this server is still one of them: otherwise the others have ended it, and it must ``join``
        again. Raises ``StoreUnavailable``.
        """


LEASE_SECONDS = 7.0
"""How long a server may be silent before the others end it."""


def plain_call(call: Call) -> list[Any]:
    """Return a call as plain data, for ``read_call``."""
    return [
        call.method,
        call.host,
        call.path,
        call.query.pairs,
        call.form.pairs,
        dict(call.headers),
        call.scheme,
        call.unread,
        b64encode(call.body).decode(),
    ]


def read_call(data: list[Any]) -> Call:
    """Return the call that ``plain_call`` wrote."""
    method, host, path, query, form, headers, scheme, unread, body = data
    return Call(method, host, path, _params(query), _params(form), headers, scheme, None, unread, b64decode(body))


def _params(pairs: list[list[str]]) -> Params:
    return Params(tuple((name, value) for name, value in pairs))
