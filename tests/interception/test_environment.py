"""The environment of another process: its variables, and real clients in real processes that use them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.calls import basic

from notify_mock import Account, ApiKey, Emulator
from notify_mock.certificate_authority.authority import Authority
from notify_mock.certificate_authority.bundles import Bundles, make_bundles
from notify_mock.interception.environment import apply, changes, render

AUTH = ("AC" + "1" * 32, "token")
URL = "http://127.0.0.1:8010"


@pytest.fixture
def bundles() -> Bundles:
    return make_bundles(Authority())


def test_the_variables_of_every_client_are_set(bundles: Bundles) -> None:
    found = changes(URL, AUTH, bundles, {})
    assert {found[name] for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")} == {URL}
    names = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
    assert {found[name] for name in names} == {str(bundles.bundle)}
    assert (found["TWILIO_ACCOUNT_SID"], found["TWILIO_AUTH_TOKEN"]) == AUTH
    assert found["NOTIFY_EMULATOR_URL"] == URL
    assert found["PHP_INI_SCAN_DIR"] == f":{bundles.php.parent}"
    assert found["PYTHONPATH"] == str(bundles.python.parent)
    java = str(found["JAVA_TOOL_OPTIONS"]).split()
    assert "-Dhttps.proxyHost=127.0.0.1" in java
    assert "-Dhttps.proxyPort=8010" in java
    assert f"-Djavax.net.ssl.trustStore={bundles.trust_store}" in java


def test_a_client_can_keep_its_own_account(bundles: Bundles) -> None:
    base = {"TWILIO_ACCOUNT_SID": "ACmine", "TWILIO_AUTH_TOKEN": "mine"}
    found = apply(changes(URL, None, bundles, base), base)
    assert (found["TWILIO_ACCOUNT_SID"], found["TWILIO_AUTH_TOKEN"]) == ("ACmine", "mine")


def test_the_api_key_is_one_that_the_emulator_accepts_and_a_real_one_is_unset(bundles: Bundles) -> None:
    account = "AC" + "1" * 32
    key = {"SK" + "2" * 32: ApiKey("hush")}
    for emulator in (Emulator(), Emulator(accounts=[Account(account, "t", keys=key)])):
        assert emulator.api_key is not None
        sid, secret = emulator.api_key
        assert emulator.accounts.identify(basic(sid, secret)).sid == emulator.auth[0]
        found = changes(URL, emulator.auth, bundles, {}, emulator.api_key)
        assert (found["TWILIO_API_KEY"], found["TWILIO_API_SECRET"]) == (sid, secret)
    strict = Emulator(accounts={account: "t"})
    assert strict.api_key is None
    base = {"TWILIO_API_KEY": "SKmine", "TWILIO_API_SECRET": "mine"}
    assert not apply(changes(URL, AUTH, bundles, base, None), base).keys() & base.keys()
    assert apply(changes(URL, None, bundles, base, None), base).keys() >= base.keys()


def test_conflicting_variables_are_unset(bundles: Bundles) -> None:
    base = {"TWILIO_REGION": "ie1", "TWILIO_EDGE": "dublin", "ALL_PROXY": "socks5://x", "PATH": "/bin"}
    assert apply(changes(URL, AUTH, bundles, base), base).keys() & base.keys() == {"PATH"}


def test_existing_values_are_kept(bundles: Bundles) -> None:
    base = {"JAVA_TOOL_OPTIONS": "-Xmx1g", "PHP_INI_SCAN_DIR": "/etc/php", "PYTHONPATH": "/lib"}
    found = changes(URL, AUTH, bundles, base)
    assert str(found["JAVA_TOOL_OPTIONS"]).startswith("-Xmx1g -Dhttps")
    assert found["PHP_INI_SCAN_DIR"] == f"/etc/php:{bundles.php.parent}"
    assert str(found["PYTHONPATH"]).endswith(":/lib")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", []),
        ("*", []),
        ("db, .internal", ["db", ".internal"]),
        ("twilio.com,notify.twilio.com,.twilio.com,*.TWILIO.com., com,.com,redis", ["redis"]),
        ("localhost,127.0.0.1", []),
        ("notify.twilio.com:443,.twilio.com:443,com:443,*:443,*.*,notify*,0.0.0.0/0,db:5432", ["db:5432"]),
    ],
)
def test_no_twilio_host_bypasses_the_proxy(bundles: Bundles, given: str, kept: list[str]) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        found = changes(URL, AUTH, bundles, {name: given})
        assert found["NO_PROXY"] == found["no_proxy"] == ",".join(["localhost", "127.0.0.1", "::1", *kept])


def test_ipv6_and_spaces_are_written_as_java_expects(bundles: Bundles) -> None:
    java = changes("http://[::1]:8010", AUTH, bundles.at("/with space"), {})["JAVA_TOOL_OPTIONS"]
    assert "-Dhttps.proxyHost=::1 -Dhttps.proxyPort=8010" in str(java)
    assert '"-Djavax.net.ssl.trustStore=/with space/truststore.p12"' in str(java)


def test_quotes_and_dollars_are_escaped_in_a_dotenv_file() -> None:
    assert render({"A": 'it\'s $5 "now"'}, "dotenv") == 'A="it\'s \\$5 \\"now\\""'
    assert render({"A": "$5"}, "dotenv") == "A='$5'"


def test_powershell_sets_quotes_and_unsets() -> None:
    assert render({"A": "it's $5 \u2019", "B": None}, "powershell").splitlines() == [
        "$env:A = 'it''s $5 \u2019\u2019'",
        "Remove-Item Env:B -ErrorAction SilentlyContinue",
    ]


def test_shell_dotenv_and_json_formats_agree(bundles: Bundles, tmp_path: Path) -> None:
    found = changes(URL, ("ACx", "it's"), bundles, {"JAVA_TOOL_OPTIONS": "-Da=b"})
    assert json.loads(render(found, "json")) == found
    script = f"TWILIO_REGION=x\n{render(found, 'shell')}\nenv -0"
    shown = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env={}).stdout
    shell = dict(line.split("=", 1) for line in shown.split("\0") if line)
    assert {name: shell.get(name) for name in found} == found
    dotenv = dict(line.split("=", 1) for line in render(found, "dotenv").splitlines())
    assert dotenv["TWILIO_REGION"] == ""
    assert dotenv["HTTP_PROXY"] == URL
    assert dotenv["JAVA_TOOL_OPTIONS"].strip("'") == found["JAVA_TOOL_OPTIONS"]


SYNC = """
from twilio.rest import Client
made = Client().notify.v1.credentials.create(type="fcm", secret="s")
print(made.url)
"""
ASYNC = """
import asyncio
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

async def main():
    async with AsyncTwilioHttpClient() as http_client:
        made = await Client(http_client=http_client).notify.v1.credentials.create_async(type="fcm", secret="s")
        print(made.url)

asyncio.run(main())
"""


@pytest.mark.parametrize("program", [SYNC, ASYNC], ids=["sync", "async"])
def test_a_python_process_is_redirected(served: Emulator, program: str) -> None:
    ran = subprocess.run([sys.executable, "-c", program], env=served.env(), capture_output=True, text=True, timeout=50)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("https://notify.twilio.com/v1/Credentials/CR")
    assert ran.stdout.strip().rpartition("/")[2] in served.credentials


def test_curl_is_redirected(served: Emulator) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    command = ["curl", "-sS", "-u", ":".join(served.auth), "https://notify.twilio.com/v1/Credentials"]
    ran = subprocess.run(command, env=served.env(), capture_output=True, text=True, timeout=50)
    assert json.loads(ran.stdout)["meta"]["url"].startswith("https://notify.twilio.com/"), ran.stderr


def test_a_sitecustomize_hidden_by_ours_still_runs(served: Emulator, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.hidden = 'ran'")
    env = served.env({**served.env(), "PYTHONPATH": str(tmp_path)})
    program = "import sys; print(sys.hidden)"
    ran = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=50)
    assert ran.stdout == "ran\n", ran.stderr


def test_our_sitecustomize_respects_an_explicit_trust_env(served: Emulator) -> None:
    program = (
        "import asyncio, aiohttp\n"
        "async def main():\n"
        "    async with aiohttp.ClientSession() as a, aiohttp.ClientSession(trust_env=False) as b:\n"
        "        print(a.trust_env, b.trust_env)\n"
        "asyncio.run(main())"
    )
    ran = subprocess.run([sys.executable, "-c", program], env=served.env(), capture_output=True, text=True, timeout=50)
    assert ran.stdout == "True False\n", ran.stderr
