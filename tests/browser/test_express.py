"""The Express example: its own tests, and the guide of its front end beside the inspector."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from conftest import wait_until_live
from helpers.paths import ROOT
from test_use import AXE

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: use make browser")
from playwright.sync_api import expect

EXAMPLE = ROOT / "examples" / "express"
MODULES = ROOT / ".browser" / "express" / "node_modules"
GUIDE = (
    (ROOT / "docs" / "examples.md").read_text().partition("## Node: an Express backend")[2].partition("## Migration")[0]
)
MOCK = f"{shlex.quote(sys.executable)} -m notify_mock"

Start = Callable[..., str]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example, with its packages."""
    if not shutil.which("npm") or not MODULES.exists() or not AXE.exists():
        pytest.skip("express is not installed: needs npm and make browser")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if [int(part) for part in re.findall(r"\d+", version)[:2]] < [20, 10]:
        pytest.skip(f"the example needs Node 20.10, found {version.strip()}")
    left = shutil.ignore_patterns("node_modules", "package-lock.json")
    folder = shutil.copytree(EXAMPLE, tmp_path / "express", ignore=left)
    (folder / "node_modules").symlink_to(MODULES)
    return folder


def run(command: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(["sh", "-c", command], cwd=folder, env=env, capture_output=True, text=True, check=False)


def command_of(pattern: str) -> str:
    """Return the block of the guide that has this text, with this Python's notify-mock."""
    (block,) = (one for one in re.findall(r"^ *```sh\n(.*?)^ *```$", GUIDE, re.DOTALL | re.MULTILINE) if pattern in one)
    lines = (line.strip() for line in block.splitlines())
    kept = [line for line in lines if line not in ("cd examples/express", "npm install")]
    return "\n".join(kept).replace("notify-mock", MOCK)


def test_the_tests_of_the_example_pass(example: Path) -> None:
    done = run(command_of("npm test"), example)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.findall(r"^\S pass (\d+)$", done.stdout, re.MULTILINE)[0]) > 10
    assert "7 faults, 0 unmatched" in done.stderr


def test_backend_and_emulator_start_with_one_command(start: Start) -> None:
    url = start(command_of("exec --port").replace("8010", "0"), "Order pickup on ", PORT=str(free_port()))
    device = {"customer": "alice", "device": "laptop", "token": "token"}
    assert requests.post(f"{url}/devices", json=device, timeout=30).status_code == 201


def test_without_exec_the_tests_of_the_example_say_how_to_run_them(example: Path) -> None:
    done = run("npm test", example)
    assert done.returncode == 1
    assert "run the tests with: notify-mock exec --data seed.yaml -- npm test" in done.stdout


def test_the_example_does_not_mention_the_emulator_outside_its_tests() -> None:
    sources = [*EXAMPLE.glob("*.js"), *EXAMPLE.glob("public/*")]
    assert len(sources) == 8
    assert [path for path in sources if re.search(r"notify.?mock|emulator", path.read_text(), re.IGNORECASE)] == []


def test_the_code_on_the_page_is_that_of_the_example() -> None:
    code = "".join(path.read_text() for path in EXAMPLE.glob("tests/*.js"))
    blocks = re.findall(r"^```js\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    assert len(blocks) == 3
    assert [block for block in blocks if block not in code] == []


@pytest.fixture
def start(example: Path) -> Iterator[Start]:
    """Return a function that starts a command and returns the URL in its line that begins with a text."""
    started = []

    def start_it(command: str, line: str, **variables: str) -> str:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "BROWSER": "true", **variables}
        process = subprocess.Popen(
            ["sh", "-c", command], cwd=example, env=env, stdout=-1, stderr=-3, text=True, start_new_session=True
        )
        started.append(process)
        assert process.stdout is not None
        found = next((one for one in process.stdout if one.startswith(line)), "")
        assert found, f"{command} ended"
        return found.removeprefix(line).split()[0]

    yield start_it
    for process in reversed(started):
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def emulator_url(start: Start) -> str:
    return start(command_of("serve --open"), "notify-mock ready on ", NOTIFY_MOCK_LISTEN_PORT="0")


@pytest.fixture
def shop_url(start: Start, emulator_url: str) -> str:
    command = command_of("eval").replace(" env", f" env --url {emulator_url}")
    return start(command, "Order pickup on ", PORT=str(free_port()))


@pytest.fixture
def pages(shop_url: str, emulator_url: str, open_page: Any) -> tuple[Any, Any]:
    """The page of the shop, and the inspector. They are closed before the servers are."""
    shop, inspector = open_page(shop_url, checked=False), open_page(f"{emulator_url}/_mock/")
    wait_until_live(inspector)
    return shop, inspector


def serious_barriers(page: Any) -> list[str]:
    """Return what axe-core finds on the page, in light and in dark."""
    page.add_script_tag(path=str(AXE))
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += page.evaluate("() => axe.run().then((one) => one.violations)")
    return [one["id"] for one in found if one["impact"] in ("serious", "critical")]


def test_the_guide_of_the_front_end(pages: tuple[Any, Any], emulator_url: str, example: Path) -> None:
    shop, inspector = pages
    shop.get_by_label("Your name").fill("alice")
    shop.get_by_role("button", name="Notify me in this browser").click()
    expect(shop.get_by_text("This browser receives the notifications of alice.")).to_be_visible()
    expect(inspector.get_by_role("option", name="binding.create")).to_contain_text("201")

    shop.get_by_role("textbox", name="Customer").fill("alice")
    send = shop.get_by_role("button", name="Send")
    send.click()
    expect(shop.get_by_text("Delivered.")).to_be_visible()
    inspector.get_by_role("link", name="Deliveries").click()
    expect(inspector.locator(".phone .android .title")).to_have_text("Order pickup")
    expect(inspector.locator(".phone")).to_contain_text("Your order is ready.")

    inspector.get_by_role("link", name="Faults").click()
    outage = inspector.get_by_role("switch", name="outage")
    outage.click()
    expect(outage).to_be_checked()
    send.click()
    expect(shop.locator("#send [role=alert]")).to_have_text("Notifications are not available right now.")
    expect(shop.get_by_label("Message")).to_have_value("Your order is ready.")

    outage.click()
    expect(outage).not_to_be_checked()
    send.click()
    expect(shop.get_by_text("Delivered.")).to_be_visible()
    expect(shop.locator("#send [role=alert]")).to_be_empty()
    inspector.get_by_role("link", name="Deliveries").click()
    expect(inspector.locator(".phone")).to_have_count(2)

    done = run(command_of("curl").replace("http://127.0.0.1:8010", emulator_url), example)
    assert done.returncode == 0, done.stderr
    expect(inspector.locator(".phone")).to_have_count(0)


def test_a_push_that_fails_later_and_a_lost_response_are_seen_on_both_pages(pages: tuple[Any, Any]) -> None:
    shop, inspector = pages
    shop.get_by_label("Your name").fill("alice")
    shop.get_by_role("button", name="Notify me in this browser").click()
    expect(shop.get_by_text("This browser receives the notifications of alice.")).to_be_visible()

    inspector.get_by_role("link", name="Faults").click()
    inspector.get_by_label("How it fails").select_option("No response, but the call is carried out")
    inspector.get_by_role("button", name="Break the next call").click()
    expect(inspector.locator("td", has_text="0 / 0")).to_be_visible()
    shop.get_by_role("button", name="Send").click()
    expect(shop.locator("#send [role=alert]")).to_have_text("Notifications are not available right now.")
    shop.get_by_role("button", name="Send").click()
    expect(shop.get_by_text("Delivered.")).to_be_visible()

    inspector.get_by_role("combobox", name="Effect").select_option("undelivered")
    inspector.get_by_label("call (required)").fill("delivery.fcm")
    inspector.get_by_role("button", name="Add rule").click()
    expect(inspector.get_by_role("cell", name="delivery.fcm")).to_be_visible()
    shop.get_by_role("button", name="Send").click()
    expect(shop.locator("#send [role=alert]")).to_have_text("Not delivered. Call out the name instead.")
    assert serious_barriers(shop) == []
    inspector.get_by_role("link", name="Deliveries").click()
    expect(inspector.locator(".phone")).to_have_count(3)
    expect(inspector.locator(".phone", has_text="52103")).to_have_count(1)
