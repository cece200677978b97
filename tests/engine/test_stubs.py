"""Canned answers for Twilio's hosts that are not emulated, in process, through the proxy and in the journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from helpers.calls import ask
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

import notify_mock
from notify_mock import Delay, Emulator, UsageError
from notify_mock.engine.stubs import read_stubs

SENT = '{"sid": "SM1", "status": "queued"}'
STUBS = [
    "sync.twilio.com=404",
    "api.twilio.com/2010-04-01/Accounts/*/Messages.json=201:" + SENT,
    "api.twilio.com=503",
    "video.twilio.com=200",
    "verify.twilio.com=429",
    "lookups.twilio.com=204",
]


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(stubs=STUBS)


def body(emulator: Emulator, host: str, path: str = "/v1/Services") -> tuple[int, Any]:
    answer = ask(emulator, "GET", path, host=host)
    return answer.status, json.loads(answer.body) if answer.body else None


def test_a_stub_answers_with_its_status_and_body(emulator: Emulator) -> None:
    assert body(emulator, "api.twilio.com", "/2010-04-01/Accounts/ACx/Messages.json") == (201, json.loads(SENT))
    assert body(emulator, "video.twilio.com") == (200, {})
    assert body(emulator, "lookups.twilio.com") == (204, None)


def test_without_a_body_an_error_is_in_twilios_style(emulator: Emulator) -> None:
    assert body(emulator, "sync.twilio.com", "/v1/Services/IS1") == (
        404,
        {
            "code": 20404,
            "message": "The requested resource /Services/IS1 was not found",
            "more_info": "https://www.twilio.com/docs/errors/20404",
            "status": 404,
        },
    )
    assert body(emulator, "verify.twilio.com")[1]["message"] == "Too many requests"
    assert body(emulator, "api.twilio.com")[1]["code"] == 20503


def test_the_longest_path_that_matches_answers(emulator: Emulator) -> None:
    assert body(emulator, "api.twilio.com", "/2010-04-01/Accounts.json")[0] == 503


def test_only_the_star_is_special_in_a_path() -> None:
    emulator = Emulator(stubs=["sync.twilio.com/[a]/*=200", "sync.twilio.com/b?=200"])
    answers = [body(emulator, "sync.twilio.com", path)[0] for path in ("/[a]/b/c", "/a/b/c", "/b%3F", "/bx")]
    assert answers == [200, 404, 200, 404]


def test_a_path_without_a_stub_on_a_host_with_one_is_not_found() -> None:
    assert body(Emulator(stubs=["api.twilio.com/x=200"]), "api.twilio.com", "/y")[0] == 404


def test_other_twilio_answers_every_other_host_and_changes_no_emulated_one() -> None:
    emulator = Emulator(other_twilio="404", stubs=["video.twilio.com=200"])
    assert body(emulator, "sync.dublin.ie1.twilio.com")[1]["code"] == 20404
    assert body(emulator, "video.twilio.com")[0] == 200
    assert body(emulator, "notify.twilio.com", "/v1/Credentials")[0] == 200
    assert [exchange.name for exchange in emulator.journal] == ["stub", "stub", "credential.list"]


def test_a_stub_is_in_the_journal_with_its_request(emulator: Emulator) -> None:
    ask(emulator, "POST", "/2010-04-01/Accounts/ACx/Messages.json", host="api.twilio.com", To="+1", Body="hi")
    (sent,) = emulator.journal.expect("stub", count=1, form={"To": "+1"})
    assert (sent.status, sent.account_sid, sent.call.host) == (201, emulator.auth[0], "api.twilio.com")
    ask(emulator, "GET", "/v1/Services", host="sync.twilio.com")
    assert emulator.journal.last.outcome() == "404 20404 (stub for sync.twilio.com)"


def test_a_stub_needs_no_credentials_and_fault_rules_apply_to_it(emulator: Emulator) -> None:
    emulator.faults.add("stub", Delay(5))
    before = emulator.clock.time()
    assert emulator.handle(notify_mock.Call("GET", "sync.twilio.com", "/v1/Services")).status == 404
    assert emulator.clock.time() - before >= 5


def test_a_stub_is_neither_recorded_nor_looked_up_in_a_cassette(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("version: 1\ninteractions: []\n")
    emulator = Emulator(cassette=tmp_path / "x.yaml", other_twilio="404")
    assert body(emulator, "sync.twilio.com")[1]["code"] == 20404
    assert emulator.cassette is not None
    assert emulator.cassette.misses == []


@pytest.mark.parametrize(
    ("stub", "expected"),
    [
        ("sync.twilio.com", "stubs[0]: '' is not a status from 200 to 599; expected HOST[/PATH]=STATUS[:BODY]"),
        ("sync.twilio.com=ok", "stubs[0]: 'ok' is not a status from 200 to 599"),
        ("sync.twilio.com=600", "'600' is not a status from 200 to 599"),
        ("sync.twilio.com=200:{", "stubs[0]: its body is not JSON"),
        ("sync.twilio.com=200:" + "[" * 100_000, "stubs[0]: its body is not JSON"),
        ("sync.twilio.com=200:[NaN]", "stubs[0]: its body is not JSON: it has no NaN"),
        ("example.com=404", "stubs[0]: example.com is not a Twilio host"),
        ("notify.twilio.com=404", "stubs[0]: notify.twilio.com is emulated; use a fault rule to change its responses"),
        ("https://sync.twilio.com=404", "is not a stub; expected HOST[/PATH]=STATUS[:BODY]"),
        (7, "stubs[0]: 7 is not a stub"),
    ],
)
def test_a_bad_stub_is_an_error(stub: Any, expected: str) -> None:
    with pytest.raises(UsageError) as error:
        Emulator(stubs=[stub])
    assert expected in str(error.value)


def test_bad_options_are_errors() -> None:
    with pytest.raises(UsageError, match="stubs: expected a list such as"):
        Emulator(stubs="sync.twilio.com=404")
    with pytest.raises(UsageError, match="other_twilio: unknown value 'ignore'; expected one of: refuse, 404"):
        Emulator(other_twilio="ignore")  # type: ignore[arg-type]


def test_without_stubs_nothing_is_answered() -> None:
    stubs = read_stubs((), "refuse")
    assert not stubs.exist
    assert stubs.find("sync.twilio.com", "/") is None


class TestClients:
    """Every client that reaches the emulator reaches the stubs."""

    @pytest.fixture
    def intercepted(self) -> Iterator[Emulator]:
        with notify_mock.intercept(stubs=STUBS) as emulator:
            yield emulator

    def test_the_sdk(self, intercepted: Emulator) -> None:
        client = Client(*intercepted.auth)
        assert client.messages.create(to="+1", from_="+2", body="hi").status == "queued"
        with pytest.raises(TwilioRestException, match="resource /Services/IS1 was not found"):
            client.sync.v1.services("IS1").fetch()

    @pytest.mark.parametrize("get", [requests.get, httpx.get])
    def test_http_clients_and_other_hosts_stay_blocked(self, intercepted: Emulator, get: Any) -> None:
        assert get("https://sync.twilio.com/v1/Services").json()["code"] == 20404
        with pytest.raises(RuntimeError, match=r"stubs=\['taskrouter\.twilio\.com=404'\] to answer it"):
            get("https://taskrouter.twilio.com/v1/Workspaces")

    def test_the_proxy(self, tmp_path: Path) -> None:
        with Emulator(stubs=STUBS) as emulator, requests.Session() as session:
            session.trust_env = False
            session.proxies = {"https": emulator.url}
            session.verify = emulator.env()["SSL_CERT_FILE"]
            assert session.get("https://sync.twilio.com/v1/Services").json()["code"] == 20404
            with pytest.raises(requests.exceptions.ProxyError, match=r"use --stub video2\.twilio\.com=404"):
                session.get("https://video2.twilio.com/")
        emulator.journal.expect("stub", count=1)


class TestPytest:
    PROGRAM = """
        import pytest, requests

        def status():
            return requests.get("https://sync.twilio.com/v1/Services").status_code

        {marker}
        def test_it(notify_mock):
            assert status() == {status}
    """

    def test_the_ini_file(self, pytester: pytest.Pytester) -> None:
        pytester.makeini("[pytest]\nnotify_mock_stubs =\n    sync.twilio.com=503\nnotify_mock_other_twilio = 404")
        pytester.makepyfile(self.PROGRAM.format(marker="", status=503))
        pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=1)

    def test_the_marker_overrides_the_ini_file(self, pytester: pytest.Pytester) -> None:
        pytester.makeini("[pytest]\nnotify_mock_stubs = sync.twilio.com=503")
        marker = "@pytest.mark.notify_mock(stubs=['sync.twilio.com=429'], other_twilio='404')"
        pytester.makepyfile(self.PROGRAM.format(marker=marker, status=429))
        pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=1)

    def test_a_bad_ini_file_is_named(self, pytester: pytest.Pytester) -> None:
        pytester.makeini("[pytest]\nnotify_mock_stubs = sync.twilio.com")
        pytester.makepyfile(self.PROGRAM.format(marker="", status=0))
        result = pytester.runpytest("-p", "no:randomly")
        result.stdout.fnmatch_lines(["*notify_mock: ini file, stubs*is not a status*"])
