"""Runs the Containerfiles and compose.yaml without a container runtime, in overlays of this machine's files.

The base image is this machine with this Python at ``/usr/local``: that the steps work on Debian's packages of the real
base image is not shown. Mounts and network are those of a namespace, and end with the process. Needs Linux and root.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from release.building import Broken, run
from release.containerfile import Stage, assignments, read
from release.tree import ROOT

BASE_PATH = "/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin"
CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1
DEVICES = ("/dev/null", "/dev/random", "/dev/urandom", "/proc")
SECONDS = 60


class Image:
    """A file system made by the instructions of one stage, and how to start it."""

    def __init__(self, folder: Path, stage: Stage) -> None:
        self.root, self.stage, self.user, self.cwd = folder / "root", stage, "0:0", "/"
        self.variables: dict[str, str] = {"PATH": BASE_PATH, "HOME": "/"}
        self.volumes: list[str] = []
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
            elif name == "VOLUME":
                self.volumes += json.loads(text)
            elif name not in ("FROM", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"):
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


def check() -> str:
    """Run everything in a namespace of its own. Returns what was shown, or why it was not."""
    if sys.platform != "linux" or os.geteuid() != 0 or not _can_mount():
        return "the images were not tried: that needs Linux, root, and permission to mount"
    with TemporaryDirectory(prefix="notify-mock-image-") as folder:  # deleted where nothing is mounted in it
        return run("unshare", "--mount", sys.executable, "-m", "release.image", folder).strip()


def _can_mount() -> bool:
    command = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(command, capture_output=True, check=False).returncode == 0


def main(folder: Path) -> None:
    """Build the images of compose.yaml, start its services as compose would, and send a push through them."""
    import yaml

    compose = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    emulator = make(folder / "emulator", ROOT / "Containerfile")
    app = make(folder / "app", ROOT / "examples" / "Containerfile")
    _own_network()
    _prepare(emulator, compose["notify"])
    with _started(emulator, compose["notify"]):
        run(*emulator.command(["notify-mock", *compose["ca"]["command"]], {}))
        _check_sealed(emulator)
        _prepare(app, compose["chat"], emulator.path("/ca"))
        with _started(app, compose["chat"]):
            _push()
    print("the steps of the images run, and compose.yaml's services send a push, as user 10001 on read-only files")


def _own_network() -> None:
    """Leave this machine's network, so that the ports of the images are free, and bring up loopback."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise Broken(f"cannot make a network namespace: {os.strerror(ctypes.get_errno())}")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


def _prepare(image: Image, service: Mapping[str, Any], volume: Path | None = None) -> None:
    """Name the services in the image's hosts file, mount its volumes, and make the rest read-only."""
    hosts = image.path("/etc/hosts")
    hosts.unlink(missing_ok=True)
    hosts.write_text("127.0.0.1 localhost notify chat\n")
    for entry in service["volumes"]:
        source, target, *mode = entry.split(":")
        if source.startswith("."):
            image.mount(ROOT / source, target)
        elif volume:
            image.mount(volume, target, read_only=mode == ["ro"])
        else:
            _mount_volume(image.path(target))
    for target in service.get("tmpfs", ()):
        _mount_volume(image.path(target))
    image.seal()


def _mount_volume(place: Path) -> None:
    """Mount a new volume, which takes owner and permissions from the image, as in compose."""
    owner = place.stat()
    run(
        "mount",
        "-t",
        "tmpfs",
        "-o",
        f"uid={owner.st_uid},gid={owner.st_gid},mode={owner.st_mode & 0o7777:o}",
        "tmpfs",
        place,
    )


@contextmanager
def _started(image: Image, service: Mapping[str, Any]) -> Iterator[None]:
    """Start the image's command and wait until its health check passes; it must fail before."""
    words = image.stage.last("ENTRYPOINT").command + list(service.get("command", ()))
    health = image.command(image.stage.health_check, service["environment"])
    if subprocess.run(health, capture_output=True, check=False).returncode == 0:
        raise Broken(f"the health check passes before {words[0]} runs")
    with subprocess.Popen(image.command(words, service["environment"]), stdout=-1, stderr=-2, text=True) as process:
        try:
            end = time.monotonic() + SECONDS
            while subprocess.run(health, capture_output=True, check=False).returncode:
                if process.poll() is not None or time.monotonic() > end:
                    raise Broken(f"{words[0]} is not healthy")
            yield
        except (Broken, OSError) as error:
            process.kill()
            raise Broken(f"{error}; the output of {words[0]}:\n{process.stdout and process.stdout.read()}") from error
        finally:
            process.terminate()


def _check_sealed(image: Image) -> None:
    """Raises ``Broken`` unless the image runs as the user 10001, who can write in the volume only."""
    code = "import os; print(os.getuid(), *(os.access(name, os.W_OK) for name in ('/ca', '/', '/var/tmp', '/opt')))"
    found = run(*image.command(["python", "-c", code], {})).split()
    if found != ["10001", "True", "False", "False", "False"]:
        raise Broken(f"the image can write more or less than its volume: {found}")


def _push() -> None:
    """Register a device and send it a message through the app; the emulator must have delivered it."""
    device = {"user": "bob", "platform": "android", "token": "t", "id": "d"}
    _ask("http://127.0.0.1:8080/devices", device)
    _ask("http://127.0.0.1:8080/messages", {"to": "bob", "from": "alice", "text": "Hello"})
    found = _ask("http://127.0.0.1:8010/_mock/deliveries")["deliveries"]
    if [(one["state"], one["identity"]) for one in found] != [("sent", "bob")]:
        raise Broken(f"expected one delivery to bob, got {found}")


def _ask(url: str, form: Mapping[str, str] | None = None) -> Any:
    headers = {"Content-Type": "application/json", "X-Notify-Mock-Token": "only-for-this-example"}
    request = urllib.request.Request(url, json.dumps(form).encode() if form else None, headers)
    with urllib.request.urlopen(request, timeout=SECONDS) as response:
        return json.load(response)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
