"""The time from the start of a server process to its first response."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from urllib.request import ProxyHandler, Request, build_opener

from benchmarks.calls import LIST, SIGNED
from benchmarks.measure import in_turns
from benchmarks.processes import start, stopping
from benchmarks.table import Row, at_most

_ROUNDS = 24
WAIT_SECONDS = 30
_URL = re.compile(r"http://127\.0\.0\.1:\d+")
_FLASK_APP = """\
from flask import Flask

app = Flask(__name__)


@app.get("/v1/Credentials")
def credentials():
    return {"credentials": []}


app.run(port=0, threaded=True)
"""


def startup() -> list[Row]:
    """Compare ``notify-mock serve`` with a bare Flask app."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "bare.py")
        script.write_text(_FLASK_APP)
        ours, theirs = [console_script(), "serve", "--port", "0"], [sys.executable, str(script)]
        first_answer(ours, folder)
        first_answer(theirs, folder)
        pair = in_turns(lambda: first_answer(ours, folder), lambda: first_answer(theirs, folder), _ROUNDS)
    return [at_most("first response of notify-mock serve / of a bare Flask app", pair, 1.0)]


def first_answer(command: Sequence[str], folder: str) -> float:
    """Return the seconds until the response to a list of credentials. Both servers print their URL when they listen."""
    begin = perf_counter()
    with stopping(start(command, folder)) as process:
        _list_credentials(ready_url(process))
        return perf_counter() - begin


def ready_url(process: subprocess.Popen[str]) -> str:
    """Return the first URL that the server prints."""
    lines = []
    for line in process.stdout or ():
        found = _URL.search(line)
        if found:
            return found[0]
        lines.append(line)
    raise RuntimeError(f"the server exited before it was ready:\n{''.join(lines)}")


def _list_credentials(url: str) -> None:
    """Request the list. Raises for any response other than a 200 with the list."""
    request = Request(url + LIST, headers={"Authorization": SIGNED})
    with build_opener(ProxyHandler({})).open(request, timeout=WAIT_SECONDS) as answer:
        if b'"credentials"' not in answer.read():
            raise RuntimeError(f"{url} returned an unexpected response")


def console_script() -> str:
    """Return the path of the ``notify-mock`` command in the environment of this Python."""
    found = shutil.which("notify-mock", path=sysconfig.get_path("scripts"))
    if found is None:
        raise RuntimeError("the notify-mock command is not installed in this environment; run: pip install -e .")
    return found
