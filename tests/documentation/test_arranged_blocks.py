"""Blocks of the documentation that need an arrangement: the pages mark them with the name of this file.

In run-a-server.md and cassettes.md; and what clients.md and faults.md show as data has its effect.
"""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from helpers.pages import blocks

from notify_mock import Emulator

RUN_A_SERVER = "docs/run-a-server.md"


def test_the_ini_example_for_other_products_is_valid(pytester: pytest.Pytester) -> None:
    (example,) = blocks("docs/clients.md", "ini")
    pytester.makeini(example)
    pytester.makepyfile("def test_it(notify_mock): assert notify_mock.stubs.answer_for('video.twilio.com')")
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_fault_file_of_the_page_is_valid(tmp_path: Path) -> None:
    (rules,) = blocks("docs/faults.md", "yaml")
    (tmp_path / "faults.yaml").write_text(rules)
    assert len(Emulator(faults=tmp_path / "faults.yaml").faults) == 2


def test_the_fetch_example_of_the_server_page_works(served: Emulator) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    (example,) = blocks(RUN_A_SERVER, "js")
    example = example.replace("await fetch(", "const answer = await fetch(").replace(
        "http://127.0.0.1:8010", served.url
    )
    script = example + "console.log((await answer.json()).type);"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "fcm\n", done.stderr


def _curl(line: str, emulator: Emulator) -> str:
    words = shlex.split(line.replace("http://127.0.0.1:8010", emulator.url))
    return subprocess.run([*words, "-s"], capture_output=True, text=True, timeout=20, check=True).stdout


def test_the_curl_examples_of_the_server_page_work_beside_its_seed_data(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (data,) = (block for block in blocks(RUN_A_SERVER, "yaml") if block.startswith("credentials:"))
    (tmp_path / "seed.yaml").write_text(data)
    curls = [line for block in blocks(RUN_A_SERVER, "sh") for line in block.splitlines() if line.startswith("curl")]
    assert len(curls) == 3
    with Emulator(data=tmp_path / "seed.yaml") as emulator:
        answers = [_curl(line, emulator) for line in curls]
    assert json.loads(answers[0])["friendly_name"] == "Android"
    assert [item["type"] for item in json.loads(answers[1])["credentials"]] == ["fcm"]
    assert [answers[2] + "\n"] == blocks(RUN_A_SERVER, "json")


def test_the_users_in_the_seed_data_of_the_server_page_get_pushes(tmp_path: Path) -> None:
    (data,) = (block for block in blocks(RUN_A_SERVER, "yaml") if block.startswith("credentials:"))
    (tmp_path / "seed.yaml").write_text(data)
    with Emulator(data=tmp_path / "seed.yaml") as emulator:
        (service,) = emulator.services
        emulator.client().notify.v1.services(service).notifications.create(identity=["alice", "bob"], body="Hello")
        assert {one.identity: one.state for one in emulator.deliveries} == {"alice": "sent", "bob": "sent"}


def test_the_marked_tests_of_the_page_of_cassettes_pass(pytester: pytest.Pytester) -> None:
    (example,) = (block for block in blocks("docs/cassettes.md", "python") if "def test_" in block)
    folder = pytester.path / "cassettes"
    with Emulator() as emulator:
        emulator.credentials.add(type="fcm", friendly_name="Android")
        for path in (folder / "test_example" / "test_credentials_are_listed.yaml", folder / "shared.yaml"):
            recording = Emulator(upstream=emulator.url, record=path)
            recording.client(*emulator.auth).notify.v1.credentials.list()
            recording.close()
    pytester.makepyfile(test_example=example)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)
