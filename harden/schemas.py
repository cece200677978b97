"""Requests made from OpenAPI documents by schemathesis: Twilio's own, and that of the control API."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from harden.table import Result
from harden.target import ACCOUNT, ROOT, Target

_TWILIO = ROOT.parent / "shared" / "openapi"
_LAX = "positive_data_acceptance"
"""Not checked: the documents allow requests that are refused, because of rules that a schema cannot express."""

_TWILIOS = f"{_LAX},status_code_conformance,negative_data_rejection"
"""Not checked with Twilio's documents: they list no error responses, and Twilio ignores unknown parameters."""

_ENDLESS = "/_mock/events"
"""Not requested: the response has no end."""

_CASE = re.compile(r"^\d+\. Test Case ID: .*?(?=^\d+\. Test Case ID|^_{5,}|^={5,})", re.MULTILINE | re.DOTALL)
_GRACE_SECONDS = 120


class Tested(NamedTuple):
    """What schemathesis did."""

    requests: int
    failures: list[str]


def twilio(seconds: float, seed: int) -> Result:
    """Test with Twilio's documents, if they are beside the checkout."""
    name = "schemathesis, Twilio's OpenAPI"
    documents = sorted(_TWILIO.glob("twilio_*.json"))
    skipped = _why_not() or ("" if documents else "Twilio's documents are not in ../shared/openapi")
    if skipped:
        return Result(name, 0, "requests", skipped=skipped)
    options = ["--auth", f"{ACCOUNT}:token", "--exclude-checks", _TWILIOS]
    with Target() as target, tempfile.TemporaryDirectory(prefix="notify-mock-") as folder:
        path = Path(folder, "openapi.json")
        path.write_text(json.dumps(joined([json.loads(document.read_text()) for document in documents])))
        return _result(name, target, _test(target, str(path), seconds, seed, options))


def control(seconds: float, seed: int) -> Result:
    """Test the control API with its own document."""
    name = "schemathesis, /_mock/openapi.json"
    if _why_not():
        return Result(name, 0, "requests", skipped=_why_not())
    with Target() as target:
        location = f"http://127.0.0.1:{target.address[1]}/_mock/openapi.json"
        return _result(
            name, target, _test(target, location, seconds, seed, ["--exclude-checks", _LAX, "--exclude-path", _ENDLESS])
        )


def joined(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one document for all: each path begins with the product, which is the first label of its host."""
    paths, schemas = {}, {}
    for document in documents:
        host = urlsplit(document["servers"][0]["url"]).hostname or ""
        for path, item in document["paths"].items():
            paths[f"/{host.partition('.')[0]}{path}"] = {key: item[key] for key in item if key != "servers"}
        schemas.update(document["components"]["schemas"])
    whole = documents[0]
    components = {**whole["components"], "schemas": schemas}
    return {**whole, "servers": [], "paths": paths, "components": components}


def _result(name: str, target: Target, tested: Tested) -> Result:
    failures = [*tested.failures, *(f"traceback: {last}" for last in target.tracebacks())]
    return Result(name, tested.requests, "requests", failures)


def _why_not() -> str:
    return "" if importlib.util.find_spec("schemathesis") else "schemathesis is not installed, use make harden"


def _test(target: Target, location: str, seconds: float, seed: int, options: list[str]) -> Tested:
    """Run schemathesis in a process of its own, in an empty folder, since it keeps files where it runs."""
    host, port = target.address
    common = ["--url", f"http://{host}:{port}", "--seed", str(seed), "--max-time", str(max(1, int(seconds)))]
    quiet = ["--no-color", "--generation-database", "none"]
    command = [sys.executable, "-m", "schemathesis.cli", "run", location, *common, *quiet, *options]
    env = {**os.environ, "NO_PROXY": "*", "COLUMNS": "200"}
    with tempfile.TemporaryDirectory(prefix="notify-mock-") as folder:
        try:
            done = subprocess.run(
                command,
                cwd=Path(folder),
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=seconds + _GRACE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Tested(0, [f"schemathesis did not end within {seconds + _GRACE_SECONDS:.0f} s"])
    return read_report(done.stdout, done.returncode)


def read_report(report: str, status: int) -> Tested:
    """Return how many requests schemathesis made and each failure on a line. Its status is 0 if there are none."""
    made = re.search(r"(\d+) generated", report)
    failures = [" ".join(case.split()) for case in _CASE.findall(report)]
    if status and not failures:
        failures.append(f"schemathesis ended with status {status}: {report[-1000:]}")
    if not made and not failures:
        failures.append(f"schemathesis made no requests: {report[-1000:]}")
    return Tested(int(made[1]) if made else 0, failures)
