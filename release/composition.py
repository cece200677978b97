"""Runs the services of compose.yaml without a container runtime, in a namespace of their own. Needs Linux and root."""

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
from release.image import Image, make
from release.tree import ROOT

CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1
SECONDS = 60


def check() -> str:
    """Run everything in a namespace of its own. Returns what was shown, or why it was not."""
    if sys.platform != "linux" or os.geteuid() != 0 or not _can_mount():
        return "the images were not tried: that needs Linux, root, and permission to mount"
    with TemporaryDirectory(prefix="notify-mock-image-") as folder:  # deleted where nothing is mounted in it
        return run("unshare", "--mount", sys.executable, "-m", "release.composition", folder).strip()


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
