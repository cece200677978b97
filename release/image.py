"""Carries out a Containerfile without a container runtime, in overlays of this machine's files.

The base image is this machine with this Python at ``/usr/local``: that the steps work on Debian's packages of the real
base image is not shown. Mounts are those of the process's namespace.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from release.building import Broken, run
from release.containerfile import Stage, assignments, read
from release.tree import ROOT

BASE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin"
DEVICES = ("/dev/null", "/dev/random", "/dev/urandom", "/proc")


class Image:
    """A file system made by the instructions of one stage, and how to start it."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        self.root, self.stage, self.user, self.cwd = folder / "root", stage, "0:0", "/"
        self.variables: dict[str, str] = {"PATH": BASE_PATH, "HOME": "/"}
        folder.mkdir(parents=True)
        run("mount", "-t", "tmpfs", "tmpfs", folder)
        for name in ("changes", "work", "root"):
            (folder / name).mkdir()
        layers = f"lowerdir=/,upperdir={folder / 'changes'},workdir={folder / 'work'}"
        run("mount", "-t", "overlay", "overlay", "-o", layers, self.root)
        self.mount(Path(sys.base_prefix), "/usr/local")
        for name in DEVICES:
            self.mount(Path(name), name)
        run("chroot", self.root, "/sbin/ldconfig")  # for a Python whose own path to its library others may not enter

    def mount(self, source: Path, target: str, *, read_only: bool = True) -> None:
        """Show a file or folder of the machine at ``target``."""
        place = self.path(target)
        if source.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(exist_ok=True)
            place.touch()
        run("mount", "--bind", source, place)
        if read_only:
            run("mount", "-o", "remount,bind,ro", place)

    def path(self, name: str) -> Path:
        """Return where a path of the image is on this machine."""
        return self.root / os.path.join(self.cwd, name).lstrip("/")  # noqa: PTH118

    def make(self, context: Path, stages: Mapping[str, Image]) -> None:
        """Carry out the instructions of the stage. Raises ``Broken`` if one fails or is not known here."""
        for name, text, command in ((one.name, one.text, one) for one in self.stage.instructions):
            if name == "COPY":
                self._copy(text, context, stages)
            elif name == "RUN":
                pip = {key: value for key, value in os.environ.items() if key.startswith("PIP_") or "proxy" in key}
                run(*self.command(command.command, pip))
            elif name == "ENV":
                self.variables |= assignments(text, self.variables)
            elif name == "WORKDIR":
                self.path(text).mkdir(parents=True, exist_ok=True)
                self.cwd = text
            elif name == "USER":
                self.user = text
            elif name not in ("FROM", "EXPOSE", "VOLUME", "HEALTHCHECK", "ENTRYPOINT", "CMD"):
                raise Broken(f"Containerfile: the instruction {name} is not known here")

    def _copy(self, text: str, context: Path, stages: Mapping[str, Image]) -> None:
        *sources, target = text.split()
        option = sources.pop(0).removeprefix("--from=") if sources[0].startswith("--from=") else ""
        for source in sources:
            found = stages[option].path(source) if option else context / source
            if found.is_dir():
                shutil.copytree(found, self.path(target), symlinks=True)
            else:
                shutil.copy(found, self.path(target) / found.name)

    def command(self, words: list[str], variables: Mapping[str, str]) -> list[str | Path]:
        """Return the command that runs ``words`` in the image, as its user and with its variables."""
        env = [f"{name}={value}" for name, value in {**self.variables, **variables}.items()]
        enter = ["chroot", f"--userspec={self.user}", str(self.root)]
        return [*enter, "/usr/bin/env", "-i", f"--chdir={self.cwd}", *env, *words]

    def seal(self) -> None:
        """Make all files read-only, except mounted volumes."""
        run("mount", "-o", "remount,ro", self.root)


def make(folder: Path, containerfile: Path) -> Image:
    """Return the image of the last stage."""
    stages: dict[str, Image] = {}
    for number, stage in enumerate(read(containerfile)):
        image = Image(folder / f"stage-{number}", stage)
        image.make(ROOT, stages)
        stages[stage.name] = image
    return image
