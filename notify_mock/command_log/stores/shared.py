"""A store in Valkey or Redis that several servers share: a stream of entries, and what the servers must agree on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from notify_mock.command_log.entry import LEASE_SECONDS, Command, Entry, Result, StoreError, StoreUnavailable
from notify_mock.command_log.stores import shared_scripts as scripts
from notify_mock.support.masked_url import masked_url
from notify_mock.support.usage import UsageError
from notify_mock.support.version import __version__

SCHEMES = {"redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss", "unix": "unix"}
"""Schemes of URLs, and what the library calls them."""

FORMAT = "1"
_CONNECT_SECONDS, _ANSWER_SECONDS = 1.0, 2.0
_CHUNK = 2000
_LEASE = str(int(LEASE_SECONDS * 1000))
_FIXED = ("decode_responses", "encoding", "encoding_errors", "protocol")
_NAME = re.compile(r"[\w.-]{1,64}", re.ASCII)


def is_url(state: object) -> bool:
    """Whether an option ``state`` is the URL of a shared store, and not a file. Raises ``UsageError`` for other
    URLs."""
    if "://" not in str(state):
        return False
    if str(state).partition("://")[0] not in SCHEMES:
        expected = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise UsageError("state", f"{masked_url(str(state))} is not a URL of Valkey or Redis", f"expected {expected}")
    return True


def show_url(url: str) -> str:
    """Return the server and the name of a state, without secrets. Raises ``UsageError``."""
    return _shown(*_read_url(url))


class ValkeyStore:
    """The log at ``url``, under the name in its query (``?name=team``), which is created if it does not exist.

    Raises ``StoreError`` if the server cannot be reached, and ``UsageError`` for a URL that is not one.
    """

    is_shared = True

    def __init__(self, url: str) -> None:
        bare, name = _read_url(url)
        self.server = ""
        self.where = _shown(bare, name)
        self._client = _connect(bare, self.where)
        self._keys = [f"notify-mock:{{{name}}}:{key}" for key in ("facts", "log", "servers", "leases", "snapshot")]
        self._scripts: dict[str, Callable[..., Any]] = {}
        self._id = ""
        self._number = 0
        self._marks = {0: ""}
        """The marks of the entries that were the last of an answer, by position."""
        self._last = 0
        self._marking = Lock()
        self._problem = ""

    def __repr__(self) -> str:
        return f"<ValkeyStore {self.where}>"

    def __str__(self) -> str:
        return self.where

    def begin(self, options: dict[str, Any]) -> dict[str, Any]:
        with self._errors(StoreError):
            facts = self._run(scripts.BEGIN, json.dumps(options), __version__, FORMAT)
        self._id, stored, found = ("" if one is None else one.decode() for one in facts)
        if found != FORMAT:
            raise StoreError(
                f"{self.where} has format {found}, and notify-mock {__version__} reads format {FORMAT}; "
                "open it with the version that wrote it, and export its state"
            )
        self._join("0")
        begun: dict[str, Any] = json.loads(stored)
        return begun

    def join(self) -> None:
        """See ``SharedStore.join``."""
        self.server, self._number = self._join(_LEASE), 0

    def leave(self, at: float) -> None:
        """See ``SharedStore.leave``."""
        with self._errors(StoreUnavailable):
            self._checked(scripts.LEAVE, self._id, self.server, at)

    def append(self, after: int, at: float, commands: Sequence[Command], results: Sequence[Result]) -> list[Entry]:
        if self._problem:
            raise StoreUnavailable(self._problem)
        self._number += bool(commands)
        rows = [_written(at, command) for command in commands]
        noted = json.dumps(results, separators=(",", ":")) if results and rows else ""
        arguments = self._id, self.server, self._number, after, self._mark_of(after), noted, *rows
        with self._errors(StoreUnavailable):
            others = self._entries(self._append(arguments)[1])
        first = (others[-1].position if others else after) + 1
        own = [Entry(first + index, at, *command, None, None, self.server) for index, command in enumerate(commands)]
        if own:
            self._remember(own[-1].position, f"{self.server}:{self._number}")
        return others + own

    def newer(self, after: int, seconds: float) -> Sequence[Entry]:
        """See ``SharedStore.newer``."""
        with self._reaching():
            found = self._client.xread({self._keys[1]: f"{after}-0"}, count=_CHUNK, block=int(seconds * 1000))
            if not found:
                return []
            before = self._client.xrange(self._keys[1], f"{after}-0", f"{after}-0")
            if before and self._marks.get(after) not in (None, before[0][1][b"b"].decode()):
                raise StoreUnavailable(f"{self.where}: {_PROBLEMS[b'lost']}. {_REMEDY}")
            return self._entries(found[0][1])

    def stay(self, at: float) -> bool:
        """See ``SharedStore.stay``."""
        with self._reaching():
            found = self._checked(scripts.STAY, self._id, self.server, _LEASE, self._last, at)
        self._problem = ""
        return bool(found[0] == b"ok")

    def read(self, after: int) -> list[Entry]:
        with self._errors(StoreError):
            entries = list(self._read(after))
        results = {position: rest for entry, noted in entries for position, *rest in noted}
        return [entry._replace(**_result(results.get(entry.position))) for entry, _ in entries]

    def snapshot(self) -> tuple[int, str] | None:
        with self._errors(StoreError):
            position, text = self._client.hmget(self._keys[4], "position", "text")
        return (int(position), text.decode()) if position is not None else None

    def keep_snapshot(self, position: int, text: str, results: Sequence[Result]) -> None:  # noqa: ARG002 - not needed before a snapshot
        with self._errors(StoreUnavailable):
            self._checked(scripts.KEEP, self._id, position, text, keys=(self._keys[0], self._keys[4]))

    def close(self) -> None:
        self._client.close()
        self._client.connection_pool.disconnect()

    def _join(self, lease: str) -> str:
        with self._errors(StoreUnavailable if self.server else StoreError):
            status, found = self._checked(scripts.JOIN, self._id, __version__, lease)
        if status == b"version":
            raise StoreError(
                f"{self.where} is used by servers of notify-mock {found.decode()}, and this is {__version__}; "
                "stop them first, or use the same version"
            )
        return str(found.decode())

    def _append(self, arguments: tuple[Any, ...]) -> Any:
        """Append a batch. If the connection breaks, ask again: a batch is never appended twice."""
        try:
            return self._appended(arguments)
        except StoreUnavailable as error:
            if _is_late(error) or not _is_lost(error):
                raise
        self._problem = ""
        return self._appended(arguments)

    def _appended(self, arguments: tuple[Any, ...]) -> Any:
        with self._reaching():
            found = self._checked(scripts.APPEND, *arguments)
        if found[0] != b"ok":
            raise StoreUnavailable(
                f"{self.where}: the other servers have ended this one, which was silent; it comes back"
            )
        return found

    def _checked(self, script: str, *arguments: Any, keys: tuple[str, ...] = ()) -> Any:
        """Run a script. Raises ``StoreUnavailable`` if the state is not what this server knows."""
        found = self._run(script, *arguments, keys=keys)
        problem = _PROBLEMS.get(found[0])
        if problem is not None:
            at = f" (at {found[1].decode()})" if len(found) > 1 else ""
            raise StoreUnavailable(f"{self.where}: {problem}{at}. {_REMEDY}")
        return found

    def _run(self, script: str, *arguments: Any, keys: tuple[str, ...] = ()) -> Any:
        if script not in self._scripts:
            self._scripts[script] = self._client.register_script(script)
        return self._scripts[script](keys=keys or self._keys[:4], args=arguments)

    def _read(self, after: int) -> Iterator[tuple[Entry, Any]]:
        while found := self._client.xrange(self._keys[1], f"{after + 1}-0", "+", count=_CHUNK):
            for row in found:
                yield _entry(*row), json.loads(row[1].get(b"r", b"[]"))
            after = _position(found[-1][0])
            self._remember(after, found[-1][1][b"b"].decode())

    def _entries(self, found: Iterable[Any]) -> list[Entry]:
        """Return entries as the server or the library gives them, and remember the mark of the last one."""
        rows = [(key, fields if isinstance(fields, dict) else _pairs(fields)) for key, fields in found]
        if rows:
            self._remember(_position(rows[-1][0]), rows[-1][1][b"b"].decode())
        return [_entry(*row) for row in rows]

    def _remember(self, position: int, mark: str) -> None:
        with self._marking:
            self._marks[position] = mark
            self._last = max(self._last, position)

    def _mark_of(self, position: int) -> str:
        """Return the mark of the last entry that was applied, and forget older ones."""
        with self._marking:
            self._marks = {one: mark for one, mark in self._marks.items() if one >= position}
            return self._marks.get(position, "")

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Note that the server can't be reached: then nobody waits for it until ``stay`` finds it again."""
        try:
            with self._errors(StoreUnavailable):
                yield
        except StoreUnavailable as error:
            if _is_lost(error):
                self._problem = str(error)
            raise

    @contextmanager
    def _errors(self, kind: type[Exception]) -> Iterator[None]:
        """Turn errors of the library, and of what it has read, into ``kind``."""
        from redis.exceptions import RedisError

        try:
            yield
        except (StoreUnavailable, RedisError, OSError) as error:
            text = str(error) if isinstance(error, StoreUnavailable) else f"{self.where}: {error}"
            raise kind(text) from error
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise StoreError(f"{self.where} is damaged ({type(error).__name__}: {error})") from error


_PROBLEMS = {
    b"gone": "the state is no longer there: it was deleted, or begun anew",
    b"lost": "entries are missing at the end, or others are there in their place",
    b"trimmed": "entries were deleted that this server has not read",
    b"late": "another process uses the name of this server",
}
_REMEDY = "This server keeps what it knows, for reading: export its state, then restart all servers"


def _is_lost(error: StoreUnavailable) -> bool:
    """Whether an answer was lost, or the server was not reached."""
    from redis.exceptions import ConnectionError as LostConnection
    from redis.exceptions import TimeoutError as LateAnswer

    return isinstance(error.__cause__, (LostConnection, LateAnswer, OSError))


def _is_late(error: StoreUnavailable) -> bool:
    from redis.exceptions import TimeoutError as LateAnswer

    return isinstance(error.__cause__, (LateAnswer, TimeoutError))


def _shown(bare: str, name: str) -> str:
    return f"{masked_url(bare.partition('?')[0])}, name {name}"


def _read_url(url: str) -> tuple[str, str]:
    """Return a URL as the library reads it, and the name of the state. Raises ``UsageError``."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError
        query = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
    except ValueError as error:
        raise UsageError("state", f"{masked_url(url)} is not a URL", "percent-encode the password") from error
    for option, _ in query:
        if option in _FIXED:
            raise UsageError("state", f"{option} cannot be changed", "leave it out of the URL")
    name = dict(query).get("name", "default")
    if not _NAME.fullmatch(name):
        raise UsageError("state", f"{name!r} is not a name", "expected letters, digits, dots and hyphens")
    rest = urlencode([pair for pair in query if pair[0] != "name"])
    return f"{SCHEMES[parts.scheme]}://{parts.netloc}{parts.path}{'?' if rest else ''}{rest}", name


def _connect(url: str, where: str) -> Any:
    """Return a client that does not repeat anything by itself. Raises ``UsageError``."""
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError as error:
        raise UsageError("state", f"{where} needs redis-py", 'run pip install "notify-mock[shared]"') from error
    try:
        client = Redis.from_url(
            url,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
        )
        client.connection_pool.make_connection()
    except (TypeError, ValueError) as error:
        raise UsageError("state", f"{where} has options that redis-py does not know") from error
    return client


def _written(at: float, command: Command) -> str:
    return json.dumps((at, *command), separators=(",", ":"))


def _entry(key: bytes, fields: dict[bytes, bytes]) -> Entry:
    at, kind, data = json.loads(fields[b"e"])
    return Entry(_position(key), at, kind, data, None, None, fields[b"b"].partition(b":")[0].decode())


def _position(key: bytes) -> int:
    return int(key.partition(b"-")[0])


def _pairs(fields: list[bytes]) -> dict[bytes, bytes]:
    return dict(zip(fields[::2], fields[1::2], strict=True))


def _result(found: list[Any] | None) -> dict[str, Any]:
    return {} if found is None else {"status": found[0], "digest": found[1]}
