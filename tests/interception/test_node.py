"""``fetch`` and ``https`` of Node, which use the proxy only with our startup code before Node 24."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from helpers.calls import basic

from notify_mock import Emulator
from notify_mock.certificate_authority.authority import Authority
from notify_mock.certificate_authority.bundles import make_bundles
from notify_mock.interception.environment import changes

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
URL = "https://notify.twilio.com/v1/Credentials"
START = """
const https = require("node:https");
const headers = { authorization: process.env.AUTH };
const reasons = (error) => `${error.message} ${error.cause?.message ?? ""} ${error.cause?.cause?.message ?? ""}`;
const get = (url, options = {}) => new Promise((done, failed) => {
  https.get(url, { headers, ...options }, (answer) => done(answer.resume().statusCode)).on("error", failed);
});
const print = (value) => console.log(JSON.stringify(value));
"""


def node(emulator: Emulator, program: str, **variables: str) -> Any:
    """Run a program and return what it printed as JSON, once for each line."""
    env = {**emulator.env(), "AUTH": basic(*emulator.auth), **variables}
    script = f"{START}(async () => {{ {program} }})();"
    done = subprocess.run(["node", "-e", script], env=env, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@needs_node
class TestFetch:
    def test_a_form_is_posted_and_the_response_is_that_of_twilios_host(self, served: Emulator) -> None:
        (found,) = node(
            served,
            f'const body = new URLSearchParams({{Type: "fcm", Secret: "s"}});'
            f'const answer = await fetch("{URL}", {{method: "POST", headers, body}});'
            "print([answer.status, answer.url, (await answer.json()).url])",
        )
        assert found[:2] == [201, URL]
        assert found[2].startswith(f"{URL}/CR")
        served.journal.expect("credential.create", Type="fcm", count=1)

    def test_calls_at_the_same_time_and_a_request_object_are_answered(self, served: Emulator) -> None:
        (found,) = node(
            served,
            f'const request = () => new Request("{URL}", {{headers}});'
            "print(await Promise.all([...Array(20)].map(async () => (await fetch(request())).status)))",
        )
        assert found == [200] * 20

    def test_an_abort_ends_a_held_call(self, served: Emulator) -> None:
        served.faults.add("credential.list", "hang")
        (found,) = node(
            served,
            f'try {{ await fetch("{URL}", {{headers, signal: AbortSignal.timeout(300)}}) }}'
            "catch (error) { print(error.name) }",
        )
        assert found == "TimeoutError"

    @pytest.mark.parametrize("url", ["https://api.twilio.com/2010-04-01", "http://example.com/"])
    def test_other_hosts_are_refused_by_name(self, served: Emulator, url: str) -> None:
        (found,) = node(served, f'try {{ await fetch("{url}") }} catch (error) {{ print(reasons(error)) }}')
        assert "fetch failed" in found
        assert list(served._server.server.policy.refused) == [url.split("/")[2]]

    def test_this_machine_and_other_schemes_are_not_led(self, served: Emulator) -> None:
        found = node(
            served,
            'print((await fetch(process.env.NOTIFY_EMULATOR_URL + "/_mock/health")).status);'
            'print(await (await fetch("data:,hello")).text())',
        )
        assert found == [200, "hello"]

    def test_a_dispatcher_of_the_program_is_kept(self, served: Emulator) -> None:
        (found,) = node(
            served,
            'class Own { dispatch() { throw new Error("own") } };'
            'globalThis[Symbol.for("undici.globalDispatcher.1")] = new Own();'
            f'try {{ await fetch("{URL}") }} catch (error) {{ print(reasons(error)) }}',
        )
        assert "own" in found


@needs_node
class TestHttps:
    def test_the_default_agent_is_led_and_other_hosts_are_refused(self, served: Emulator) -> None:
        found = node(
            served,
            f'print(await get("{URL}"));'
            'try { await get("https://api.twilio.com/") } catch (error) { print(reasons(error)) }',
        )
        assert found[0] == 200
        assert "403 api.twilio.com is not emulated" in found[1]

    def test_options_of_a_request_are_kept(self, served: Emulator) -> None:
        (found,) = node(served, f'try {{ await get("{URL}", {{ca: []}}) }} catch (error) {{ print(error.code) }}')
        assert found in ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "SELF_SIGNED_CERT_IN_CHAIN")


@needs_node
def test_without_the_startup_code_an_old_node_bypasses_the_proxy(served: Emulator) -> None:
    """The test of the tests: the proxy is not used because of something else on this machine."""
    version = subprocess.run(["node", "-v"], capture_output=True, text=True, check=True).stdout
    if int(version[1:].partition(".")[0]) >= 24:
        pytest.skip("this Node uses the proxy by itself")
    (found,) = node(
        served,
        'try { await fetch("http://notify.invalid/") } catch (error) { print(reasons(error)) }',
        NODE_OPTIONS="",
    )
    assert "ENOTFOUND" in found or "EAI_AGAIN" in found
    assert len(served.journal) == 0


@needs_node
@pytest.mark.parametrize("folder", ["plain", "with space", 'with "quotes" and \\'])
def test_node_finds_the_startup_code_in_any_folder(tmp_path: Path, folder: str) -> None:
    bundles = make_bundles(Authority(tmp_path / folder))
    options = changes("http://127.0.0.1:1", None, bundles, {"NODE_OPTIONS": "--no-warnings"})["NODE_OPTIONS"]
    assert str(options).startswith("--no-warnings --require ")
    script = "console.log(Object.keys(require.cache).some((name) => name.endsWith('notify-mock-fetch.cjs')))"
    env = {"NODE_OPTIONS": str(options), "HTTPS_PROXY": "http://127.0.0.1:1"}
    path = str(shutil.which("node"))
    done = subprocess.run([path, "-e", script], env=env, capture_output=True, text=True, timeout=50, check=False)
    assert done.stdout == "true\n", done.stderr


def test_nested_commands_add_the_startup_code_once() -> None:
    bundles = make_bundles(Authority())
    once = str(changes("http://127.0.0.1:1", None, bundles, {})["NODE_OPTIONS"])
    assert changes("http://127.0.0.1:2", None, bundles, {"NODE_OPTIONS": once})["NODE_OPTIONS"] == once
