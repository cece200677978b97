"""Find each client, or install it into its own folder under ``.clients``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".clients"
PROGRAMS = Path(__file__).with_name("programs")


class NotHere(Exception):
    """Raised for a client that can't be run; the message says why."""


class Installed(NamedTuple):
    """An installed client: the command that runs the program, the client's version, and the language or runtime."""

    command: list[str]
    version: str
    language: str
    variables: Mapping[str, str] = {}


def python(program: str, major: int, *, in_process: bool = False) -> Installed:
    """Install this major version of the Twilio SDK into its own virtual environment."""
    folder = CACHE / f"twilio-python-{major}"
    interpreter = folder / "bin" / "python"
    if not _is_done(folder):
        _run(sys.executable, "-m", "venv", str(folder))
        pip = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run(*pip, f"twilio>={major},<{major + 1}")
        _run(*pip, "--editable", str(ROOT))
        (folder / "done").touch()
    version = _output(str(interpreter), "-c", "import twilio; print(twilio.__version__)")
    helper = [str(Path(__file__).with_name("in_process.py"))] if in_process else []
    command = [str(interpreter), *helper, str(PROGRAMS / program)]
    return Installed(command, f"twilio-python {version}", _output(str(interpreter), "--version"))


def node(program: str, package: str, requirement: str) -> Installed:
    """Install an npm package into its own folder; shell scripts find its commands on PATH."""
    _need("node", "npm")
    folder = CACHE / package
    if not _is_done(folder):
        folder.mkdir(parents=True)
        options = ["--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
        _run("npm", "install", *options, f"{package}@{requirement}")
        (folder / "done").touch()
    modules = folder / "node_modules"
    version = _output("node", "-p", f"require({str(modules / package / 'package.json')!r}).version")
    variables = {"NODE_PATH": str(modules), "PATH": f"{modules / '.bin'}{os.pathsep}{os.environ['PATH']}"}
    home = ["env", f"HOME={folder}"]  # the CLI stores its configuration there
    runner = "sh" if program.endswith(".sh") else "node"
    name = {"twilio": "twilio-node"}.get(package, package)
    command = [*home, runner, str(PROGRAMS / program)]
    return Installed(command, f"{name} {version}", f"Node {_output('node', '-v')}", variables)


def fetch(program: str) -> Installed:
    _need("node")
    version = _output("node", "-p", "process.versions.undici")
    return Installed(["node", str(PROGRAMS / program)], f"undici {version}", f"Node {_output('node', '-v')}")


def curl(program: str) -> Installed:
    _need("curl", "sh")
    version = " ".join(_output("curl", "--version").split()[:2])
    return Installed(["sh", str(PROGRAMS / program)], version, "a shell")


def php(program: str) -> Installed:
    _need("php")
    extensions = _output("php", "-m").split()
    if "curl" not in extensions:
        raise NotHere("PHP has no curl extension")
    version, language = (_output("php", "-r", f"echo {one};") for one in ("curl_version()['version']", "PHP_VERSION"))
    return Installed(["php", str(PROGRAMS / program)], f"ext-curl {version}", f"PHP {language}")


def ruby(program: str) -> Installed:
    _need("ruby")
    version, language = _output("ruby", "-r", "net/http", "-e", "puts Net::HTTP::VERSION, RUBY_VERSION").split()
    return Installed(["ruby", str(PROGRAMS / program)], f"Net::HTTP {version}", f"Ruby {language}")


def java(program: str, at_least: int) -> Installed:
    _need("java")
    version = _output("java", "--version").splitlines()[0]
    number = version.split()[1].partition(".")[0]
    if not number.isdigit() or int(number) < at_least:
        raise NotHere(f"needs Java {at_least} or later, found {version}")
    return Installed(["java", str(PROGRAMS / program)], "java.net.http.HttpClient", version.rpartition(" ")[0])


def _is_done(folder: Path) -> bool:
    """Return whether the installation is newer than ``setup.cfg``. If not, remove the folder."""
    done = folder / "done"
    if done.exists() and done.stat().st_mtime > (ROOT / "setup.cfg").stat().st_mtime:
        return True
    shutil.rmtree(folder, ignore_errors=True)
    return False


def _need(*commands: str) -> None:
    """Raise ``NotHere`` if a command is missing."""
    for command in commands:
        if shutil.which(command) is None:
            raise NotHere(f"{command} is not installed")


def _run(*command: str) -> None:
    """Run a command. Raises ``NotHere`` with the last line of its output if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        last = (done.stdout.strip().splitlines() or ["no output"])[-1]
        raise NotHere(f"{Path(command[0]).name} could not install the client: {last}")


def _output(*command: str) -> str:
    """Return the output of a command. Raises ``NotHere`` if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotHere(f"{Path(command[0]).name} failed: {(done.stderr.strip().splitlines() or ['no output'])[-1]}")
    return done.stdout.strip()
