"""A store in one SQLite file: durable when ``append`` returns, whatever happens to the process."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from notify_mock.command_log.entry import Command, Entry, Result, StoreError, StoreUnavailable
from notify_mock.support.locks import Claim
from notify_mock.support.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = 1
_APPLICATION = 0x6E6D636B  # "nmck", so that a file of another program is not taken for a log
_WAIT_SECONDS = 2.0
_TABLES = """
CREATE TABLE options (version TEXT NOT NULL, data TEXT NOT NULL, checksum INTEGER NOT NULL);
CREATE TABLE entries (
    position INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL, checksum INTEGER NOT NULL,
    status INTEGER, digest TEXT
);
CREATE TABLE snapshots (position INTEGER PRIMARY KEY, data TEXT NOT NULL, checksum INTEGER NOT NULL);
"""
_READ = "SELECT position, at, kind, data, checksum, status, digest FROM entries WHERE position > ? ORDER BY position"


class SqliteStore:
    """The log in the file ``path``, which is created if it does not exist, readable for its owner only.

    One emulator at a time can have it open. With ``read_only``, it can be read while another one writes. Raises
    ``StoreError`` if it can't be used.
    """

    is_shared = False
    server = ""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._claim = Claim(path)
        if not read_only and not self._claim.take():
            holder = self._claim.holder
            who = f"process {holder}" if holder not in (None, os.getpid()) else "another emulator"
            raise StoreError(f"{path} is in use by {who}; stop it first, or open a copy at a position with until")
        try:
            self._db = _open(path, read_only)
            self._opened = path.stat()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
        try:
            with _errors(path):
                self._prepare(read_only)
        except StoreUnavailable as error:
            self.close()
            raise StoreError(str(error)) from error
        except BaseException:
            self.close()
            raise

    def __repr__(self) -> str:
        return f"<SqliteStore {self.path}>"

    def __str__(self) -> str:
        return str(self.path)

    def begin(self, options: dict[str, Any]) -> dict[str, Any]:
        found = self.options()
        if found:
            return found
        with self._writing():
            self._write_options(options)
        return options

    def append(self, after: int, at: float, commands: Sequence[Command], results: Sequence[Result]) -> list[Entry]:
        entries = [Entry(after + number, at, *command) for number, command in enumerate(commands, 1)]
        rows = [_row(one) for one in entries]
        with self._writing():
            self._note(results)
            self._db.executemany(
                "INSERT INTO entries (position, at, kind, data, checksum) VALUES (?, ?, ?, ?, ?)", rows
            )
        return entries

    def read(self, after: int) -> list[Entry]:
        with _errors(self.path):
            return list(map(self._read, self._db.execute(_READ, (after,))))

    def snapshot(self) -> tuple[int, str] | None:
        with _errors(self.path):
            row = self._db.execute(
                "SELECT position, data, checksum FROM snapshots ORDER BY position DESC LIMIT 1"
            ).fetchone()
        if row is None:
            return None
        return row[0], self._checked(f"the snapshot at position {row[0]}", *row[1:])

    def keep_snapshot(self, position: int, text: str, results: Sequence[Result]) -> None:
        with self._writing():
            self._note(results)
            self._db.execute("DELETE FROM snapshots")
            self._db.execute("INSERT INTO snapshots VALUES (?, ?, ?)", (position, text, _checksum(text)))

    def options(self) -> dict[str, Any]:
        """Return the options that the state was begun with; empty if it was not begun."""
        with _errors(self.path):
            row = self._db.execute("SELECT data, checksum FROM options").fetchone()
        if row is None:
            return {}
        found: dict[str, Any] = json.loads(self._checked("the stored options", *row))
        return found

    def last(self) -> int:
        """Return the newest position, or 0."""
        both = "SELECT position FROM entries UNION SELECT position FROM snapshots"
        with _errors(self.path):
            return int(self._db.execute(f"SELECT max(position) FROM ({both})").fetchone()[0] or 0)  # noqa: S608 - constant

    def compact(self) -> int:
        """Remove the entries that the newest snapshot contains, and return its position, 0 if there is none."""
        kept = self.snapshot()
        if kept is None:
            return 0
        with self._writing():
            self._db.execute("DELETE FROM entries WHERE position <= ?", kept[:1])
        with _errors(self.path):
            self._db.execute("VACUUM")
        return kept[0]

    def fill(self, options: dict[str, Any], entries: Sequence[Entry], snapshot: tuple[int, str] | None) -> None:
        """Put what another store has into this new one, all or nothing. Raises ``StoreUnavailable``."""
        rows = [(*_row(one), one.status, one.digest) for one in entries]
        with self._writing():
            self._write_options(options)
            self._db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            if snapshot is not None:
                self._db.execute("INSERT INTO snapshots VALUES (?, ?, ?)", (*snapshot, _checksum(snapshot[1])))

    def close(self) -> None:
        self._db.close()
        self._claim.release()

    def _write_options(self, options: dict[str, Any]) -> None:
        text = json.dumps(options)
        self._db.execute("INSERT INTO options VALUES (?, ?, ?)", (__version__, text, _checksum(text)))

    def _read(self, row: tuple[Any, ...]) -> Entry:
        position, at, kind, data, checksum, status, digest = row
        self._checked(f"entry {position}", f"{at!r} {kind} {data}", checksum)
        return Entry(position, at, kind, json.loads(data), status, digest)

    def _checked(self, what: str, text: object, checksum: object) -> str:
        """Raises ``StoreError`` if this is not the text that was written."""
        if not isinstance(text, str) or _checksum(text) != checksum:
            raise StoreError(f"{self.path} is damaged: {what} is not what was written; use a copy of the file")
        return text

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Make what happens inside durable together, or not at all."""
        self._check_place()
        with _errors(self.path):
            try:
                with self._db:
                    yield
            except sqlite3.Error:
                self._db.rollback()  # where making it durable has failed
                raise

    def _check_place(self) -> None:
        """Raises ``StoreUnavailable`` if the path no longer leads to this file: nobody would find what is written."""
        try:
            is_there = os.path.samestat(self.path.stat(), self._opened)
        except OSError:
            is_there = False
        if not is_there:
            remedy = "put it back, or export the state and start again"
            raise StoreUnavailable(f"{self.path} was moved, deleted or replaced; {remedy}")

    def _note(self, results: Sequence[Result]) -> None:
        rows = [(one.status, one.digest, one.position) for one in results]
        self._db.executemany("UPDATE entries SET status = ?, digest = ? WHERE position = ?", rows)

    def _prepare(self, read_only: bool) -> None:
        """Check that the file is a log of this format, or make it one if it is new. Raises ``StoreError``."""
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        is_new = not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if not is_new and application != _APPLICATION:
            raise StoreError(f"{self.path} is a database of another program; choose another file")
        if not is_new and version != FORMAT:
            raise StoreError(
                f"{self.path} has format {version}, and notify-mock {__version__} reads format {FORMAT}; "
                "open it with the version that wrote it, and export its state"
            )
        if read_only and is_new:
            raise StoreError(f"{self.path} has no state yet")
        if read_only:
            return
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if is_new:
            self._db.executescript(
                f"BEGIN; {_TABLES} PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {FORMAT}; COMMIT;"
            )


def _row(entry: Entry) -> tuple[Any, ...]:
    position, at, kind, data, *_ = entry
    text = json.dumps(data, separators=(",", ":"))
    return position, at, kind, text, _checksum(f"{at!r} {kind} {text}")


def _checksum(text: str) -> int:
    return crc32(text.encode(errors="surrogatepass"))


def _open(path: Path, read_only: bool) -> sqlite3.Connection:
    if read_only:
        if not path.exists():
            raise StoreError(f"{path} does not exist")
        wal = Path(f"{path}-wal")
        is_fixed = not os.access(path.parent, os.W_OK) and not (wal.exists() and wal.stat().st_size)
        uri, is_uri = f"{path.absolute().as_uri()}?{'immutable=1' if is_fixed else 'mode=ro'}", True
    else:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        if not path.stat().st_size:
            with suppress(PermissionError):  # an empty file of another user
                path.chmod(0o600)
        uri, is_uri = str(path), False
    db = sqlite3.connect(uri, uri=is_uri, timeout=_WAIT_SECONDS, check_same_thread=False)
    db.text_factory = partial(str, encoding="utf-8", errors="replace")  # SQLite's own error would show the text
    return db


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite into ``StoreUnavailable``, or ``StoreError`` for a file that is damaged or no database."""
    try:
        yield
    except sqlite3.OperationalError as error:
        wrong = "another process has it open; stop it, or use another file" if "locked" in str(error) else str(error)
        raise StoreUnavailable(f"{path}: {wrong}") from error
    except sqlite3.IntegrityError as error:
        wrong = "another process has written to it; stop one of them, and start again"
        raise StoreUnavailable(f"{path}: {wrong}") from error
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise StoreError(f"{path} is damaged or not a database: {error}; use a copy of the file") from error
