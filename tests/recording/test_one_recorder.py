"""A cassette has one recorder at a time, and nobody's changes are overwritten."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.calls import basic

from notify_mock import Call, Emulator, Recorder, UsageError
from notify_mock.cassettes.files import read_interactions
from notify_mock.recording import convert, recorder
from notify_mock.recording.recorder import Mode
from notify_mock.redaction.keys import KEY_FILE

HOLD = """if True:
    import sys
    from notify_mock import Emulator, Recorder
    emulator = Emulator(record=Recorder(sys.argv[1], mode="all"))
    emulator.client().notify.v1.credentials.list()
    print("recording", flush=True)
    sys.stdin.read()
    emulator.close()
"""
XDIST = """
    from pathlib import Path
    from notify_mock import Recorder, UsageError

    def test_one():
        try:
            recorder = Recorder("shared.yaml")
        except UsageError:
            Path("refused").write_text("x")
            raise
        Path("refused").read_text()
"""
"""A test for two workers: the one that records waits for the other one, at a pipe."""


@pytest.fixture(autouse=True)
def locks(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own, also for child processes."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr("notify_mock.support.locks._folder", lambda: folder)
    return folder


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """Another process that records x.yaml."""
    monkeypatch.undo()  # it uses the user's own cache folder
    command = [sys.executable, "-c", HOLD, str(tmp_path / "x.yaml")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "recording\n"
        yield process
        process.kill()


def listing(path: str = "/v1/Credentials") -> Call:
    return Call("GET", "127.0.0.1:1", path, headers={"authorization": basic("AC" + "6" * 32, "x")})


def test_a_second_process_is_refused_until_the_first_is_killed(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    path = tmp_path / "x.yaml"
    message = rf"x\.yaml: is being recorded by process {other.pid}; this is process {os.getpid()}; use another file"
    for mode in ("all", "rewrite", "new_episodes"):
        with pytest.raises(UsageError, match=message):
            Recorder(path, mode=mode)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=message):
        convert.write_as([], path, "yaml")
    assert len(Recorder(path).cassette()) == 1, "playing needs no lock"
    other.kill()
    other.wait()
    with Emulator(record=Recorder(path, mode="all")) as emulator:
        emulator.handle(listing("/v1/Credentials/x"))
    assert len(read_interactions(path)) == 2
    assert {name.name for name in tmp_path.iterdir()} == {"x.yaml", KEY_FILE}


def test_a_second_process_may_record_after_the_first(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    other.communicate()
    Recorder(tmp_path / "x.yaml", mode="all").close()


def test_a_second_recorder_in_one_process_is_refused_until_the_first_is_closed(tmp_path: Path, locks: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "name.yaml").symlink_to(tmp_path / "real" / "x.yaml")
    first = Recorder(tmp_path / "real" / "x.yaml")
    for same in ("link/x.yaml", "real/../link/x.yaml", "name.yaml"):
        with pytest.raises(UsageError, match=rf"is already being recorded in this process \({os.getpid()}\); close"):
            Recorder(tmp_path / same)
    another = Recorder(tmp_path / "real" / "y.yaml")
    first.close()
    Recorder(tmp_path / "name.yaml").close()
    another.close()
    assert not list(locks.iterdir()), "no lock is left"


def test_the_lock_ends_with_a_recorder_that_is_not_closed(tmp_path: Path) -> None:
    first = Recorder(tmp_path / "x.yaml")
    del first
    Recorder(tmp_path / "x.yaml")


def test_a_recorder_that_cannot_start_holds_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("interactions: [")
    with pytest.raises(UsageError, match="is not valid YAML") as caught:
        Recorder(path, mode="all")
    Recorder(path, mode="rewrite").close()
    assert caught.value.__traceback__, "it refers to the first recorder"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
def test_two_xdist_workers_cannot_record_one_cassette(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(XDIST)
    os.mkfifo(pytester.path / "refused")
    result = pytester.runpytest_subprocess("-n2", "--dist=each", "-p", "no:randomly")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.re_match_lines([r".*shared\.yaml: is being recorded by process \d+; this is process \d+; .*-n 0.*"])


def test_recording_goes_on_without_a_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("notify_mock.support.locks._folder", lambda: tmp_path / "file" / "locks")
    recorders = [Recorder(tmp_path / "x.yaml", mode="all") for _ in range(2)]
    for number, one in enumerate(recorders):
        one.end(one.begin(), listing(f"/v1/Credentials/{number}"), Emulator().handle(listing()))
    recorders[0].close()
    with pytest.raises(UsageError, match=r"x\.yaml: was changed by another program"):
        recorders[1].close()
    assert [one.url[-1] for one in read_interactions(tmp_path / "x.yaml")] == ["0"]
    assert [one.url[-1] for one in read_interactions(tmp_path / "x.recorded-1.yaml")] == ["1"]


@pytest.mark.parametrize("mode", ["all", "new_episodes", "rewrite", "once"])
def test_a_cassette_that_was_changed_is_not_overwritten(
    tmp_path: Path, mode: Mode, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "x.yaml"
    if mode != "once":
        path.write_text("version: 1\ninteractions: []\n")
    (tmp_path / "x.recorded-1.yaml").touch()
    emulator = Emulator(record=Recorder(path, mode=mode))
    changed = "version: 1\ninteractions: [] # changed\n"
    path.write_text(changed)
    for name in "ab":
        emulator.handle(listing(f"/v1/Credentials/{name}"))
    with pytest.raises(UsageError) as caught:
        emulator.close()
    assert str(caught.value) == (
        f"{path}: was changed by another program while it was being recorded, and was not overwritten; "
        f"the recording is in {tmp_path / 'x.recorded-2.yaml'}: choose one, or merge them"
    )
    assert caplog.text.count("was not overwritten") == 1
    assert path.read_text() == changed
    assert [one.url[-1] for one in read_interactions(tmp_path / "x.recorded-2.yaml")] == ["a", "b"]


def test_a_cassette_that_was_deleted_is_written_again(tmp_path: Path) -> None:
    emulator = Emulator(record=tmp_path / "x.yaml")
    emulator.handle(listing("/v1/Credentials/a"))
    (tmp_path / "x.yaml").unlink()
    emulator.handle(listing("/v1/Credentials/b"))
    emulator.close()
    assert len(read_interactions(tmp_path / "x.yaml")) == 2


def test_a_recorder_starts_by_removing_what_a_killed_one_left(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("version: 1\ninteractions: []\n")
    (tmp_path / ".x.yaml.abcd.tmp").touch()
    Recorder(tmp_path / "x.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["x.yaml"]


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_a_cassette_does_not_become_too_large_to_be_read(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_MAX_BYTES", 4000)
    path = tmp_path / f"x.{suffix}"
    emulator = Emulator(record=path)
    for name in "abcd":
        emulator.handle(listing(f"/v1/Credentials/{name}"))
    with pytest.raises(UsageError, match=r"not recorded: GET .*, .*x\.\w+: would be larger than \d+ MiB"):
        emulator.close()
    assert 0 < len(read_interactions(path)) < 4
    assert path.stat().st_size < 4200


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX")
@pytest.mark.parametrize("mode", ["once", "all", "rewrite", "none"])
def test_a_pipe_is_not_a_cassette(tmp_path: Path, mode: Mode) -> None:
    os.mkfifo(tmp_path / "x.yaml")
    with pytest.raises(UsageError, match="is not a cassette file"):
        Recorder(tmp_path / "x.yaml", mode=mode)
