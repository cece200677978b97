"""Entries of the log: commands in the order in which they are applied."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from notify_mock.twilio_api.messages import Call, Params

CALL, GO_ON, END = "call", "go on", "end"
"""The commands of a call: it arrives, its pause is over, it ends without a response. Other commands are named after the
method that they call, such as ``clock.advance``."""


class Command(NamedTuple):
    """What is done to the state, as plain data for JSON."""

    kind: str
    data: Any


class Entry(NamedTuple):
    """A command in the log. ``position`` counts from 1, ``at`` is the real time in seconds since 1970.

    ``status`` and ``digest`` are the result of the command (see ``Outcome``), or None if it was not stored.
    """

    position: int
    at: float
    kind: str
    data: Any
    status: int | None = None
    digest: str | None = None


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

    def begin(self, options: dict[str, Any]) -> dict[str, Any]:
        """Store the options that the state begins with, or return those that are stored already."""

    def append(self, after: int, at: float, commands: Sequence[Command], results: Sequence[Result]) -> list[Entry]:
        """Append commands, and return all entries after position ``after``, of which they are the last.

        They are durable when this returns. ``results`` are those of earlier entries. Raises ``StoreUnavailable``
        without appending anything.
        """

    def read(self, after: int) -> Sequence[Entry]:
        """Return the entries after a position. Raises ``StoreError`` if they are damaged."""

    def snapshot(self) -> tuple[int, str] | None:
        """Return the position and the text of the newest snapshot."""

    def keep_snapshot(self, position: int, text: str, results: Sequence[Result]) -> None:
        """Replace the snapshot. Raises ``StoreUnavailable``."""

    def close(self) -> None: ...


class Log(Protocol):
    """What carries out commands; see ``CommandLog``."""

    @property
    def is_past(self) -> bool: ...
    def do(self, kind: str, *args: Any, **options: Any) -> Any: ...
    def commit(self, commands: Sequence[Command]) -> list[Any]: ...
    def settle(self, command: Command) -> None: ...
    def announce(self) -> None: ...


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
