"""Whole files: limits, special files, atomic writes, and what killed writers leave."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from notify_mock import UsageError
from notify_mock.support import files
from notify_mock.support.files import create_bytes, read_bytes, remove_leftovers, write_bytes

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX")


def run(program: str, *args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", program, *map(str, args)], capture_output=True, text=True, timeout=50)


def test_a_file_at_the_limit_is_read_and_a_larger_one_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_bytes(path, 5) == b"12345"
    with pytest.raises(UsageError, match=r"x: is larger than the limit of 4 bytes$"):
        read_bytes(path, 4)
    os.truncate(path, 3 * files.MIB)
    with pytest.raises(UsageError, match=r"x: is larger than the limit of 2 MiB$"):
        read_bytes(path, 2 * files.MIB)


@posix
def test_special_files_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, kind in ((tmp_path / "pipe", "pipe"), (tmp_path, "folder"), (Path("/dev/zero"), "device")):
        with pytest.raises(UsageError, match=rf"is a {kind}; expected a regular file$"):
            read_bytes(path, 10)
        if kind != "folder":
            with pytest.raises(UsageError, match=rf"is a {kind}; expected a regular file$"):
                write_bytes(path, b"x")


@posix
def test_a_file_that_becomes_a_pipe_before_it_is_opened_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe, file = tmp_path / "pipe", tmp_path / "file"
    os.mkfifo(pipe)
    file.touch()
    regular = file.stat()
    monkeypatch.setattr(Path, "stat", lambda _: regular)
    with pytest.raises(UsageError, match="is a pipe"):
        read_bytes(pipe, 10)


def test_paths_that_are_not_paths_are_errors(tmp_path: Path) -> None:
    for act in (lambda path: read_bytes(path, 1), lambda path: write_bytes(path, b"")):
        with pytest.raises(UsageError, match="is not a path"):
            act(tmp_path / "a\0b")
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_bytes(tmp_path / "missing", 1)


@posix
@pytest.mark.parametrize("call", ["write", "fsync", "fchmod"])
def test_a_full_disk_keeps_the_old_file_and_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = tmp_path / "x"
    write_bytes(path, b"old")
    program = """if True:
        import resource, signal, sys
        from pathlib import Path
        from notify_mock.support.files import write_bytes
        from notify_mock.support.usage import UsageError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write_bytes(Path(sys.argv[1]), bytes(100_000))
        except UsageError as error:
            print(error)
    """
    if call == "write":
        assert run(program, path).stdout == f"{path}: cannot be written: File too large\n"
    else:

        def fail(*_: object, **__: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "chmod")), fail)
        with pytest.raises(UsageError, match=r"x: cannot be written: No space left on device$"):
            write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


KILLED = """if True:
    import os, signal, sys
    from pathlib import Path
    from notify_mock.support.files import write_bytes
    os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
    write_bytes(Path(sys.argv[1]), b"new")
"""


@posix
def test_what_a_killed_writer_leaves_is_removed_by_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "x[1].yaml"
    write_bytes(path, b"old")
    for clean in (remove_leftovers, lambda path: write_bytes(path, b"newer")):
        assert run(KILLED, path).returncode == -signal.SIGKILL
        assert len(list(tmp_path.iterdir())) == 2
        clean(path)
        assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"newer"


@posix
def test_the_temporary_file_of_a_writer_that_lives_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, sync = tmp_path / "x", os.fsync

    def another(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", sync)
        write_bytes(path, b"first")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", another)
    write_bytes(path, b"second")
    assert path.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [path]


def test_a_long_name_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / f"{'x' * 250}.yml"
    write_bytes(path, b"1")
    assert path.read_bytes() == b"1"


def test_a_created_file_does_not_replace_one_that_exists(tmp_path: Path) -> None:
    for content in (b"first", b"second"):
        create_bytes(tmp_path / "x", content, mode=0o600)
    assert (tmp_path / "x").read_bytes() == b"first"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
