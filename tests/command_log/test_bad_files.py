"""A file that cannot be used is refused with a message that names it, and nothing in it is overwritten."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from helpers.calls import ask

from notify_mock import Emulator
from notify_mock.command_log.entry import StoreUnavailable
from notify_mock.command_log.history import copy_until, read_entries
from notify_mock.command_log.stores.sqlite import SqliteStore
from notify_mock.support.usage import UsageError

SECRET = "very-secret-key"


@pytest.fixture
def written(file: Path) -> Path:
    """A file with a few commands and a snapshot, and more commands after that."""
    with closing(Emulator(state=file, seed=7, accounts={"AC" + "1" * 32: "the-auth-token"})) as emulator:
        for number in range(4):
            ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret=SECRET, FriendlyName=f"name-{number}")
    with closing(Emulator(state=file)) as emulator:
        emulator._log.snapshot = lambda: None  # type: ignore[union-attr,method-assign]
        for number in range(4, 8):
            ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret=SECRET, FriendlyName=f"name-{number}")
        emulator.clock.advance(5)
    return file


def change(file: Path, *statements: str) -> None:
    db = sqlite3.connect(file, isolation_level=None)
    for statement in statements:
        db.execute(statement)
    db.close()


def refusal(file: Path, **options: Any) -> str:
    """Return the message, which has no secret. Checks that the file stays as it is."""
    before = file.read_bytes() if file.is_file() else b""
    with pytest.raises(UsageError) as refused:
        Emulator(state=file, **options)
    assert (file.read_bytes() if file.is_file() else b"") == before
    text = str(refused.value)
    assert SECRET not in text
    assert "the-auth-token" not in text
    return text


DAMAGE: dict[str, tuple[str, str]] = {
    "an entry": ("UPDATE entries SET data = replace(data, 'name-5', 'name-X')", "entry 6 is not what was written"),
    "a secret in an entry": (f"UPDATE entries SET data = replace(data, '{SECRET}', 'x')", "entry 5 is not what was"),
    "the time of an entry": ("UPDATE entries SET at = at + 1 WHERE position = 7", "entry 7 is not what was written"),
    "the kind of an entry": ("UPDATE entries SET kind = 'nothing' WHERE position = 9", "entry 9 is not what was"),
    "the snapshot": ("UPDATE snapshots SET data = replace(data, 'name-1', 'name-X')", "snapshot at position 4 is not"),
    "the encoding": ("UPDATE entries SET data = CAST(x'ff' || data AS TEXT) WHERE position = 6", "entry 6 is not what"),
    "the type": ("UPDATE snapshots SET data = CAST(data AS BLOB)", "snapshot at position 4 is not"),
    "the options": ("UPDATE options SET data = replace(data, '7', '8')", "the stored options is not what was written"),
    "a digest": ("UPDATE entries SET digest = 'x' WHERE position = 5", "entry 5 (call) had status 201 and digest 'x'"),
    "a status": ("UPDATE entries SET status = 400 WHERE position = 5", "entry 5 (call) had status 400 and digest"),
    "a missing position": ("DELETE FROM entries WHERE position = 6", "entry 6 is missing; the log goes on at 7"),
    "a newer format": ("PRAGMA user_version = 99", "has format 99, and notify-mock"),
    "no tables": ("DROP TABLE entries", "no such table: entries"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_named(name: str, written: Path) -> None:
    statement, message = DAMAGE[name]
    change(written, statement)
    text = refusal(written)
    assert message in text
    assert str(written) in text


def test_a_newer_snapshot_is_refused(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.command_log.snapshot.SCHEMA", 99)
    assert "the snapshot at position 4 has format 1, written by notify-mock" in refusal(written)


def test_a_command_of_a_newer_version_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Emulator(state=file)) as emulator:
        emulator._log.snapshot = lambda: None  # type: ignore[union-attr,method-assign]
        emulator.clock.advance(1)
    monkeypatch.setattr("notify_mock.command_log.machine.CHANGING", {})
    assert "entry 1 (clock.advance) is damaged or of a newer version" in refusal(file)


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_refused(content: bytes, file: Path) -> None:
    file.write_bytes(content)
    assert f"{file} is damaged or not a database" in refusal(file)


def test_a_database_of_another_program_is_refused(file: Path) -> None:
    change(file, "CREATE TABLE entries (x)")
    assert f"{file} is a database of another program; choose another file" in refusal(file)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_truncated_file_is_refused(part: float, written: Path) -> None:
    content = written.read_bytes()
    written.write_bytes(content[: int(len(content) * part)])
    assert str(written) in refusal(written)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert str(tmp_path) in refusal(tmp_path)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert f"{tmp_path / 'no' / 'x.db'}" in refusal(tmp_path / "no" / "x.db")


@pytest.mark.parametrize("options", [{"seed": 8}, {"accounts": {"AC" + "2" * 32: "t"}}, {"data": {"credentials": []}}])
def test_other_options_are_refused(options: dict[str, Any], written: Path) -> None:
    (name,) = options
    text = refusal(written, **options)
    assert text.startswith(f"{name}: the state was begun with")
    if name == "seed":
        assert "7" in text


def test_options_that_are_not_given_are_those_of_the_beginning(file: Path) -> None:
    given: dict[str, Any] = {"seed": 7, "journal_limit": 3, "unused_faults": "ignore", "frozen": "2030-01-01"}
    Emulator(state=file, **given).close()
    with closing(Emulator(state=file)) as emulator:
        assert (emulator.seed, emulator.clock.now().year) == (7, 2030)
        emulator.faults.add("*", "drop")
        assert emulator.faults["drop-1"].unused == "ignore"
    Emulator(state=file, **given).close()


def test_an_earlier_position_of_a_new_file_is_refused(file: Path) -> None:
    assert f"{file} does not exist" in refusal(file, until=0)
    file.touch()
    assert str(file) in refusal(file, until=0)


def test_a_position_that_is_not_there_yet_is_refused(written: Path) -> None:
    assert "there is no position 10: the log ends at 9" in refusal(written, until=10)


def test_a_file_that_another_process_has_open_can_only_be_read(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.command_log.stores.sqlite._WAIT_SECONDS", 0.05)
    code = f"from notify_mock import Emulator; e = Emulator(state={str(written)!r}); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "1\n"
        with pytest.raises(UsageError) as refused:
            Emulator(state=written)
        assert f"state: {written} is in use by process " in str(refused.value)
        Emulator(state=written, until=2).close()
        other.communicate("\n")
    Emulator(state=written).close()


def test_only_the_owner_can_read_the_file(file: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret=SECRET)
        modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
        assert modes == {"state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}


def test_entries_are_flushed_to_the_disk(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with closing(SqliteStore(file)) as store:
        assert store._db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert store._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Callable[..., None]]:
    """Mount a tmpfs, and yield a function that mounts it again with other options."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no tmpfs can be mounted")
    try:
        yield lambda options: subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(file: Path) -> None:
    """Write until there is no room left."""
    with file.open("wb", buffering=0) as ballast, suppress(OSError):
        while True:
            ballast.write(bytes(4096))


def test_a_full_disk_is_a_503_until_there_is_room_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with small_disk(tmp_path, 400 * 1024), closing(Emulator(state=tmp_path / "state.db")) as emulator:
        made = []
        ballast = tmp_path / "ballast"
        ballast.write_bytes(b"x" * 180 * 1024)
        for number in range(60):
            name = f"{number}-" + "x" * 250
            answer = ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret=SECRET * 200, FriendlyName=name[:64])
            if answer.status != 201:
                break
            made.append(name[:64])
        assert made
        assert (answer.status, answer.body) == (503, ask_for_503(emulator))
        assert emulator.degraded.startswith(str(tmp_path))
        fill(tmp_path / "more ballast")
        with pytest.raises(UsageError, match=r"state: cannot be changed: .*full"):
            emulator.credentials.add(type="fcm", secret=SECRET * 5000)
        assert ask(emulator, "GET", "/v1/Credentials").status == 200
        ballast.unlink()
        (tmp_path / "more ballast").unlink()
        answer = ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret=SECRET, FriendlyName="after")
        assert (answer.status, emulator.degraded) == (201, "")
        names = [*made, "after"]
        assert [one.friendly_name for one in emulator.credentials.values()] == names
        messages = [record.getMessage() for record in caplog.records]
        assert len(messages) == 2
        assert SECRET not in str(messages)
        emulator.close()
        with closing(Emulator(state=tmp_path / "state.db")) as again:
            assert [one.friendly_name for one in again.credentials.values()] == names


LIMITED = """
import resource, sys
sys.path[:0] = sys.argv[2:]
from helpers.calls import ask
from notify_mock import Emulator

emulator = Emulator(state=sys.argv[1])
kept = len(emulator.credentials)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
statuses = [ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="s" * 9000).status for _ in range(40)]
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
statuses.append(ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="s" * 9000).status)
print(kept, statuses.count(201), statuses.count(503), statuses[-1], len(emulator.credentials))
emulator.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits on files")
def test_a_limit_on_the_size_of_files_is_a_503_until_it_is_raised(file: Path) -> None:
    """What stands for a full disk where none can be mounted."""
    found = []
    for _ in range(2):
        command = [sys.executable, "-c", LIMITED, str(file), *sys.path]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append([int(word) for word in done.stdout.split()])
    kept, created, refused, last, records = found[0]
    assert (kept, last, records) == (0, 201, created)
    assert created
    assert refused
    assert found[1][0] == records


def ask_for_503(emulator: Emulator) -> bytes:
    """Return the body of the 503 of Twilio's edge, as a fault rule sends it."""
    with Emulator() as other:
        other.faults.add("*", "refuse", code=20503)
        return ask(other, "GET", "/v1/Credentials").body


def test_a_read_only_disk_is_refused_and_can_be_looked_at(written: Path, tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    with small_disk(folder, 4 * 1024 * 1024) as remount:
        copy = folder / "state.db"
        copy.write_bytes(written.read_bytes())
        remount("ro")
        assert f"{copy}: " in refusal(copy)
        with closing(Emulator(state=copy, until=9)) as emulator:
            assert len(emulator.credentials) == 8


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_file_is_refused(written: Path) -> None:
    written.chmod(0o400)
    assert "Permission denied" in refusal(written)


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be moved there")
@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_moved_away_takes_no_commands_until_it_is_back(replaced: bool, file: Path) -> None:
    elsewhere = file.with_name("elsewhere.db")
    with closing(Emulator(state=file)) as emulator:
        emulator.credentials.add(type="fcm", secret=SECRET)
        file.rename(elsewhere)
        if replaced:
            file.write_bytes(elsewhere.read_bytes())
        assert ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret=SECRET).status == 503
        assert emulator.degraded.startswith(f"{file} was moved, deleted or replaced; put it back")
        assert ask(emulator, "GET", "/v1/Credentials").status == 200
        elsewhere.replace(file)
        assert ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret=SECRET).status == 201
    with closing(Emulator(state=file)) as emulator:
        assert len(emulator.credentials) == 2


def test_of_two_writers_that_do_not_know_of_each_other_one_is_refused(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users of two machines or containers have no common cache folder, where the lock is."""
    with closing(Emulator(state=file)) as one:
        monkeypatch.setattr("notify_mock.support.locks._folder", lambda: tmp_path / "other locks")
        with closing(Emulator(state=file)) as other:
            one.credentials.add(type="fcm", secret=SECRET, friendly_name="one")
            with pytest.raises(UsageError, match="another process has written to it; stop one of them"):
                other.credentials.add(type="fcm", secret=SECRET, friendly_name="other")
        one.credentials.add(type="fcm", secret=SECRET, friendly_name="two")
    with closing(Emulator(state=file)) as emulator:
        assert [each.friendly_name for each in emulator.credentials.values()] == ["one", "two"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes")
def test_an_empty_file_that_all_can_read_becomes_one_of_its_owner(file: Path) -> None:
    file.touch(0o644)
    Emulator(state=file).close()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_read_is_a_mistake_with_a_name(written: Path) -> None:
    change(written, "DROP TABLE entries")
    with pytest.raises(UsageError, match="no such table: entries"):
        read_entries(written)


def test_a_newest_position_that_cannot_be_read_is_unavailable(written: Path) -> None:
    with closing(SqliteStore(written, read_only=True)) as store:
        change(written, "DROP TABLE snapshots")
        with pytest.raises(StoreUnavailable, match="no such table: snapshots"):
            store.last()


def test_what_has_no_state_yet_has_no_log(file: Path) -> None:
    file.touch()
    for look in (lambda: read_entries(file), lambda: copy_until(file, 0, file.with_name("copy.db"))):
        with pytest.raises(UsageError, match="has no state yet"):
            look()
    assert not file.with_name("copy.db").exists()


def test_a_copy_that_fails_leaves_nothing(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    copy = written.with_name("copy.db")
    monkeypatch.setattr(SqliteStore, "fill", fail)
    with pytest.raises(UsageError, match="the disk is full"):
        copy_until(written, 3, copy)
    assert not copy.exists()


def test_a_copy_has_what_a_server_writes_meanwhile(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server stores a command and a snapshot while the file is read."""
    read = SqliteStore.read

    def read_then_write(self: SqliteStore, after: int) -> Any:
        found = read(self, after)
        monkeypatch.setattr(SqliteStore, "read", read)
        with closing(Emulator(state=written)) as emulator:
            emulator.credentials.add(type="fcm", secret=SECRET)
            emulator.credentials.add(type="fcm", secret=SECRET)
        return found

    copy = written.with_name("copy.db")
    monkeypatch.setattr(SqliteStore, "read", read_then_write)
    with pytest.raises(UsageError, match="has no position 10; it ends at 9"):
        copy_until(written, 10, copy)
    copy_until(written, 10, copy)
    assert read_entries(copy)[-1].position == 10
