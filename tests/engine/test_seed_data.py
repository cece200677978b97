"""Seed data: adding records by hand, loading them from files, and the errors for bad data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from notify_mock import Emulator, UsageError

SID = "CR" + "a" * 32
ACCOUNT = "AC" + "b" * 32

YAML = f"""\
credentials:
  - sid: {SID}
    type: apn
    friendly_name: iOS
    sandbox: true
    date_created: 2024-05-01T12:00:00Z
  - type: fcm
    account_sid: {ACCOUNT}
    region: ie1
    secret: "AAAA"
"""


def test_a_yaml_file_gives_records(tmp_path: Path) -> None:
    (tmp_path / "seed.yaml").write_text(YAML)
    emulator = Emulator(data=tmp_path / "seed.yaml")
    apn, fcm = emulator.credentials.values()
    assert (apn.sid, apn.sandbox, f"{apn.date_created:%Y-%m-%d %H}") == (SID, "True", "2024-05-01 12")
    assert (fcm.account_sid, fcm.region, fcm.secret) == (ACCOUNT, "ie1", "AAAA")
    assert emulator.client().notify.v1.credentials(SID).fetch().friendly_name == "iOS"
    dublin = emulator.client(ACCOUNT, "x", region="ie1", edge="dublin")
    assert [one.sid for one in dublin.notify.v1.credentials.list()] == [fcm.sid]


def test_a_json_file_gives_records(tmp_path: Path) -> None:
    content = {"credentials": [{"sid": SID, "type": "apn", "sandbox": "False", "date_created": "2024-05-01"}]}
    (tmp_path / "seed.json").write_text(json.dumps(content))
    assert Emulator(data=str(tmp_path / "seed.json")).credentials[SID].sandbox == "False"


def test_an_empty_list_is_valid() -> None:
    assert len(Emulator(data={"credentials": []}).credentials) == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a mapping; expected lists under credentials"),
        ("- a", "is not a mapping"),
        ("credentials: [", "line 1: is not valid YAML"),
        ("a:\n  - b\n c: d", "line 3: is not valid YAML"),
        ("credential:\n  - type: fcm", "unknown key 'credential'; did you mean credentials?"),
        ("credentials: {type: fcm}", "credentials: is not a list"),
        ("credentials:\n  - fcm", "line 2, credentials[0]: is not a mapping"),
        (
            "credentials:\n\n  - type: webpush",
            "line 3, credentials[0].type: 'webpush' is not a credential type; expected one of: apn, gcm, fcm",
        ),
        ("credentials:\n  - friendly_name: a", "credentials[0].type: is missing"),
        (
            "credentials:\n  - type: fcm\n    sid: CR1",
            "credentials[0].sid: 'CR1' is not a credential SID (expected CR followed by 32 hex digits)",
        ),
        (f"credentials:\n  - {{type: fcm, sid: {SID}}}\n  - {{type: gcm, sid: {SID}}}", "line 3, credentials[1].sid"),
        ("credentials:\n  - {type: fcm, secrt: x}", "unknown key 'secrt'; did you mean secret?"),
        ("credentials:\n  - {type: fcm, secret: 7}", "credentials[0].secret: is not text; put it in quotes"),
        ("credentials:\n  - {type: fcm, sandbox: true}", "credentials[0].sandbox"),
        ("credentials:\n  - {type: apn, sandbox: maybe}", "credentials[0].sandbox: must be true or false"),
        (f"credentials:\n  - {{type: apn, friendly_name: {'n' * 65}}}", "has 65 characters; the limit is 64"),
        ("credentials:\n  - {type: fcm, account_sid: bob}", "credentials[0].account_sid: 'bob' is not an account SID"),
        ("credentials:\n  - {type: fcm, region: mars}", "credentials[0].region: 'mars' is not a region"),
        (
            "credentials:\n  - {type: fcm, date_created: soon}",
            "credentials[0].date_created: 'soon' is not a point in time",
        ),
        ("credentials:\n  - {type: fcm, type: gcm}", "line 2: key 'type' is given twice"),
        ("credentials:\n  - !!python/object/apply:os.system [ls]", "is not valid YAML"),
        ("a: &a [*a]", "is nested more than 100 levels deep"),
        ("? [a, b]\n: [1]", "is not valid YAML: found unhashable key"),
        ("credentials: \0", "cannot be read as YAML"),
        ("credentials: [!!bool x]", "cannot be read as YAML"),
        (
            "credentials:\n  - {type: fcm, account_sid: " + "1" * 5000 + "}",
            "line 2: contains a number that is too",
        ),
        ("x: &a [&b [&c [1, *b], *a]]\ny: [*a, *a, *a, *a]", "has more than 10,000,000 values"),
    ],
)
def test_bad_data_is_an_error_that_names_file_line_and_key(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "seed.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        Emulator(data=path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "line 1: is not valid JSON"),
        ('{"credentials": [{"type": "fcm", "type": "gcm"}]}', "key 'type' is given twice"),
        ('{"credentials": [{"type": "x"}]}', "credentials[0].type"),
    ],
)
def test_bad_json_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "seed.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"seed\.json") as caught:
        Emulator(data=path)
    assert message in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"credentials: \xff")
    for path, message in [("missing.yaml", "No such file"), (".", "is a folder"), ("latin.yaml", "is not UTF-8")]:
        with pytest.raises(UsageError, match=message):
            Emulator(data=tmp_path / path)
    with pytest.raises(UsageError, match="expected a mapping or the path of a file, got 7"):
        Emulator(data=7)  # type: ignore[arg-type]


def test_with_accounts_given_records_of_other_accounts_are_an_error() -> None:
    with pytest.raises(UsageError, match="is not in accounts="):
        Emulator(accounts={"AC" + "1" * 32: "t"}, data={"credentials": [{"type": "fcm", "account_sid": ACCOUNT}]})


def test_credentials_is_a_mapping_for_asserting_and_seeding() -> None:
    emulator = Emulator()
    mine = emulator.credentials.add(type="gcm", api_key="k", sid=SID)
    theirs = emulator.credentials.of(ACCOUNT).add(type="fcm")
    assert mine.account_sid == emulator.auth[0]
    assert theirs.account_sid == ACCOUNT
    assert dict(emulator.credentials) == {SID: mine, theirs.sid: theirs}
    assert list(emulator.credentials.of(ACCOUNT)) == [theirs.sid]
    assert SID in emulator.credentials
    assert SID not in emulator.credentials.of(ACCOUNT)
    assert repr(emulator.credentials.of(ACCOUNT)) == f"<1 credential of {ACCOUNT}>"
    emulator.credentials.remove(SID)
    assert emulator.credentials.get(SID) is None
    for act in (emulator.credentials.remove, emulator.credentials.__getitem__):
        with pytest.raises(KeyError):
            act(SID)


@pytest.mark.parametrize(
    "values", [{}, {"type": "fcm", "sid": "CR"}, {"type": "fcm", "wrong": 1}, {"type": "fcm", "sid": 7}]
)
def test_a_bad_record_is_an_error_and_nothing_is_added(values: dict[str, Any]) -> None:
    emulator = Emulator()
    with pytest.raises(UsageError, match=r"credentials\.add"):
        emulator.credentials.add(**values)
    assert len(emulator.credentials) == 0
