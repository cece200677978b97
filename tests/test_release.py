"""What ``make dist`` checks with, and its refusals. The whole of it builds and installs, which takes a network."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest
from helpers.paths import ROOT

from release import building, containerfile, tree
from release.building import Broken


def test_a_missing_and_a_superfluous_file_are_named() -> None:
    with pytest.raises(Broken, match=r"x\.whl: b is missing; c should not be there; see there"):
        building.check_names("x.whl", {"a", "c"}, {"a", "b"}, "see there")


def test_a_wheel_without_package_data_is_broken(tmp_path: Path) -> None:
    wheel = tmp_path / "x.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in tree.files():
            if name.startswith("notify_mock/") and not name.endswith(".yaml"):
                archive.writestr(name, "")
    with pytest.raises(Broken, match=r"notify_mock/faults/scenarios/outage\.yaml is missing.*package_data"):
        building.check_wheel(wheel)


def test_an_sdist_without_tests_is_broken(tmp_path: Path) -> None:
    sdist = tmp_path / "x.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        for name in tree.files():
            if not name.startswith("tests/"):
                archive.add(ROOT / name, f"notify_mock-1/{name}")
    with pytest.raises(Broken, match=r"tests/conftest\.py is missing.*MANIFEST\.in"):
        building.check_sdist(sdist)


def test_two_builds_with_one_byte_of_difference_are_broken(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "x.whl" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        path.write_text("same")
    building.check_same(paths[:1], paths[1:])
    paths[1].write_text("some")
    with pytest.raises(Broken, match=r"two builds of x\.whl differ"):
        building.check_same(paths[:1], paths[1:])


def test_a_command_that_fails_is_broken_with_its_output() -> None:
    with pytest.raises(Broken, match="no such thing"):
        building.run("sh", "-c", "echo no such thing; exit 1")


def test_a_copy_has_the_repositorys_files_and_nothing_that_builds_leave(tmp_path: Path) -> None:
    for name in ("setup.cfg", "notify_mock/a.py", "notify_mock/__pycache__/a.pyc", "build/b", ".venv/c", ".ci/run"):
        (tmp_path / "from" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "from" / name).write_text(name)
    copied = tree.copy(tmp_path / "to", tmp_path / "from")
    assert tree.files(copied) == [".ci/run", "notify_mock/a.py", "setup.cfg"]


def test_a_containerfile_is_read_stage_by_stage(tmp_path: Path) -> None:
    path = tmp_path / "Containerfile"
    path.write_text(
        '# x\nFROM a AS build\nRUN one && \\\n    two\n\nFROM b\nUSER 1\nHEALTHCHECK --x=1s CMD ["ok"]\nUSER 2\n'
    )
    build, last = containerfile.read(path)
    assert build.name == "build"
    assert build.last("RUN").command == ["/bin/sh", "-c", "one &&     two"]
    assert (last.last("USER").text, last.health_check) == ("2", ["ok"])


def test_a_variable_of_an_image_may_contain_an_earlier_one() -> None:
    found = containerfile.assignments("PATH=/opt/bin:$PATH A='b c'", {"PATH": "/bin"})
    assert found == {"PATH": "/opt/bin:/bin", "A": "b c"}
