"""The page docs/migrate.md: its code runs, and its tables are those of the emulator and of examples/migration."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from helpers.paths import ROOT

from notify_mock import Emulator, fcm_service_account, intercept
from notify_mock.twilio_api.delivery_errors import TITLES

EXAMPLE = ROOT / "examples" / "migration"
PAGE = (ROOT / "docs" / "migrate.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
ANSWER = re.compile(r"(FCM|APNs) (\d{3}) `(\w+)`")


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading, without its head."""
    lines = re.findall(r"^\|.*\|$", PAGE.partition(f"{heading}\n")[2].partition("\n#")[0], re.MULTILINE)[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


CODES = rows("## Error codes")
ANSWERS = [(*answer, row[3]) for row in CODES for answer in ANSWER.findall(row[2])]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLE)


def test_every_python_block_is_run() -> None:
    excerpts = "\0".join(file.read_text() for file in EXAMPLE.rglob("*.py"))
    others = [block for block in BLOCKS if block not in excerpts]
    run = ("import_bindings(", "DirectGateway(", "def test_orders_are_shipped", "def notify_mock_options")
    assert [[text for text in run if text in block] for block in others] == [[text] for text in run]
    assert len(BLOCKS) - len(others) == 2


def test_the_rehearsal_passes_and_a_suite_after_the_end_fails_where_it_needs_notify(pytester: pytest.Pytester) -> None:
    (rehearsal,) = (block for block in BLOCKS if "def test_orders_are_shipped" in block)
    (conftest,) = (block for block in BLOCKS if "def notify_mock_options" in block)
    pytester.makepyfile(rehearsal)
    suite = pytester.mkdir("suite")
    (suite / "conftest.py").write_text(conftest)
    (suite / "test_suite.py").write_text(
        "def test_that_needs_notify(notify_mock):\n"
        "    notify_mock.client().notify.v1.services.list()\n"
        "def test_that_does_not(notify_mock):\n"
        "    notify_mock.client().conversations.v1.credentials.list()\n"
    )
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=5, failed=1)
    assert "FAILED suite/test_suite.py::test_that_needs_notify" in done.stdout.str()


@pytest.mark.usefixtures("example")
def test_the_import_of_the_page_copies_the_bindings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (block,) = (block for block in BLOCKS if "import_bindings(" in block)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "1".zfill(32))
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "token")
    with intercept(data={"services": [{"sid": "IS" + "1".zfill(32)}]}) as emulator:
        for name, kind in (("alice", "fcm"), ("bob", "sms")):
            emulator.bindings.add(identity=name, binding_type=kind, address="+491511234567")
        scope: dict[str, Any] = {}
        exec(compile(block, "docs/migrate.md", "exec"), scope)
    assert capsys.readouterr().out == "Bindings read: {'fcm': 1, 'sms': 1}. Devices added: 1\n"
    (alice,) = scope["devices"].of_user("alice")
    assert alice.token == "+491511234567"
    scope["devices"].close()


@pytest.mark.usefixtures("example")
def test_the_gateway_of_the_page_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With another client in place of the one for HTTP/2, which needs h2."""
    (block,) = (block for block in BLOCKS if "DirectGateway(" in block)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("notifier.apns.client", httpx.Client)
    (tmp_path / "service-account.json").write_text(fcm_service_account())
    (tmp_path / "AuthKey_ABC123DEFG.p8").write_text("a key")
    scope: dict[str, Any] = {}
    exec(compile(block, "docs/migrate.md", "exec"), scope)
    assert scope["gateway"].devices("alice") == []
    scope["devices"].close()


def test_every_code_of_a_push_has_its_row_and_title() -> None:
    titled = {int(row[0]): row[1] for row in CODES}
    assert titled == {code: TITLES[code] for code in titled}
    named = set(map(int, re.findall(r"\b52\d{3}\b", PAGE))) | {52003, 52004}
    pushes = {code for code in TITLES if 52101 <= code < 52150} - {52112, 52116, 52135, 52137}
    assert pushes - named == set()


@pytest.mark.usefixtures("example")
@pytest.mark.parametrize(("provider", "status", "reason", "outcome"), sorted(set(ANSWERS)))
def test_the_example_does_what_the_table_says(provider: str, status: str, reason: str, outcome: str) -> None:
    from fake_apns import KEY_ID, TEAM_ID, TOPIC, FakeApns
    from notifier.apns import Apns, ApnsKey
    from notifier.fcm import Fcm
    from notifier.push import Push

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
        error = {"code": int(status), "status": "...", "details": [{"errorCode": reason}]}
        return httpx.Response(int(status), json={"error": error} if provider == "FCM" else {"reason": reason})

    with httpx.Client(base_url="https://api.push.apple.com", transport=httpx.MockTransport(answer)) as http:
        account = json.loads(fcm_service_account())
        key = ApnsKey(FakeApns(time.time).private_key, KEY_ID, TEAM_ID)
        made: Any = Fcm(account, http) if provider == "FCM" else Apns(key, TOPIC, http)
        result = made.send("token", Push("Title", "Text"))
    assert (result.outcome, result.reason) == (outcome, reason)


@pytest.fixture
def rendered(example: None) -> dict[str, Any]:
    """One push as Notify and the example make it: a message for each column of the table, and the headers for APNs."""
    from notifier.apns import payload_of
    from notifier.fcm import as_notification, as_notify_did
    from notifier.push import Push

    emulator = Emulator()
    service = emulator.services.add(
        **{f"{kind}_credential_sid": emulator.credentials.add(type=kind).sid for kind in ("apn", "fcm")}
    )
    emulator.client().notify.v1.services(service.sid).notifications.create(
        to_binding=[
            json.dumps({"binding_type": "apn", "address": "ab" * 32}),
            json.dumps({"binding_type": "fcm", "address": "t"}),
        ],
        title="Title",
        body="Text",
        sound="default",
        data={"parcel": "4711"},
        ttl=60,
    )
    iphone, pixel = emulator.deliveries
    push = Push("Title", "Text", {"parcel": "4711"}, ttl=60)
    assert iphone.payload == payload_of(push)
    assert int(iphone.headers["apns-expiration"]) <= time.time() + 60
    return {
        "Notify": pixel.payload["message"],
        "as_notify_did": as_notify_did(push),
        "as_notification": as_notification(push),
        "APNs": {**iphone.payload, **{f"header {name}": value for name, value in iphone.headers.items()}},
    }


def _at(message: Any, path: str) -> Any:
    for key in [path] if path.startswith("header ") else path.split("."):
        message = message[key]
    return message


def test_the_table_of_payloads_is_what_both_sides_make(rendered: dict[str, Any]) -> None:
    same = {"title": "Title", "text": "Text", "sound": "default", "data `parcel`": "4711"}
    for what, *paths in rows("### 5. Change what Android gets, or do not"):
        values = [_at(message, path.replace("`", "")) for message, path in zip(rendered.values(), paths, strict=True)]
        assert values[0] == values[1] == values[2]
        if what in same:
            assert set(values) == {same[what]}


def test_the_tests_of_the_application_name_no_provider() -> None:
    tests = (EXAMPLE / "test_notifier.py").read_text()
    assert re.findall(r"twilio|notify_mock|apns\b|firebase|direct|emulator", tests, re.IGNORECASE) == []


def test_the_page_names_what_the_example_has() -> None:
    code = "".join(file.read_text() for file in EXAMPLE.rglob("*.py"))
    for row in rows("## Who does it after Notify"):
        assert len(row) == 3, row
        for name in re.findall(r"`([^`]+)`", row[2]):
            assert (EXAMPLE / name).exists() if name.endswith(".py") else name.rpartition(".")[2] in code, name
