"""Comparing the emulator with recordings, and hydrating an emulator from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.entries import ACCOUNT, SID, URL, entry, record
from helpers.paths import FIXTURES
from helpers.pem import Pair

from notify_mock import Emulator, UsageError
from notify_mock.cassettes.files import find_files, read_interactions
from notify_mock.cassettes.interaction import Interaction
from notify_mock.recording.fidelity import compare, compare_all, score, table
from notify_mock.redaction.lint import scan, scan_text

SHIPPED = [one for file in find_files([FIXTURES]) for one in read_interactions(file)]
LOWEST = 100.0
"""Percent. Raise it when the score rises; never lower it."""


def write(folder: Path, *entries: dict[str, Any]) -> Path:
    path = folder / "x.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "interactions": list(entries)}, sort_keys=False))
    return path


def read(folder: Path, *entries: dict[str, Any]) -> list[Interaction]:
    return read_interactions(write(folder, *entries))


# --- the score -------------------------------------------------------------------------------------------------------


def test_the_score_does_not_fall() -> None:
    comparisons = compare_all(SHIPPED)
    assert score(comparisons) >= LOWEST, "\n".join(f"{one.where}: {one.differences}" for one in comparisons)
    assert sum(compared for one in comparisons for _, compared in one.counts.values()) >= 181


def test_shipped_entries_have_a_provenance_and_no_secrets() -> None:
    for one in SHIPPED:
        provenance = one.extra["provenance"]
        assert set(provenance) == {"title", "source", "recorded", "evidence", "known", "filled in"}, one.where
        assert provenance["evidence"] in ("observed", "documented")
        assert provenance["known"]
        assert scan(one) == []
    for file in find_files([FIXTURES]):
        assert scan_text(file) == []


def test_a_recording_of_the_emulator_itself_agrees_fully(tmp_path: Path, pair: Pair) -> None:
    emulator = Emulator(record=tmp_path / "x.yaml")
    credentials = emulator.client().notify.v1.credentials
    made = credentials.create(type="apn", certificate=pair.certificate, private_key=pair.private_key, sandbox=True)
    for number in range(4):
        credentials.create(type="fcm", secret=f"server-key-{number}", friendly_name="ä")
    credentials.list(page_size=2)
    last = credentials.page(page_size=2)
    last.next_page().next_page().previous_page()
    credentials(made.sid).update(friendly_name="new")
    credentials(made.sid).fetch()
    credentials(made.sid).delete()
    with pytest.raises(Exception, match="not found"):
        credentials(made.sid).fetch()
    with pytest.raises(Exception, match="must be present"):
        credentials.create(type="fcm")
    emulator.close()
    comparisons = compare_all(read_interactions(tmp_path / "x.yaml"))
    assert len(comparisons) == 17
    assert [one.differences for one in comparisons] == [()] * 17
    assert [one.title for one in comparisons[-3:]] == [
        "credential.delete 204",
        "credential.fetch 404",
        "credential.create 400",
    ]


def test_differences_are_counted_and_named(tmp_path: Path) -> None:
    body = json.loads(record()) | {"type": "webpush", "more": 1}
    made = entry(uri=f"{URL}/{SID}", text=json.dumps(body | {"type": "fcm"}), status=202)
    made["response"]["headers"] |= {"X-New": ["1"]}
    (one,) = compare_all(read(tmp_path, made))
    assert one.counts["status"] == (0, 1)
    assert one.counts["fields"] == (8, 9)
    assert "status is 200, recorded 202" in one.differences
    assert "field more is 'missing', recorded 1" in one.differences
    assert "header x-new is None, recorded ['1']" in one.differences
    assert 0 < score([one]) < 100
    assert "| credential.fetch 202 | recorded | 0 of 1 |" in table([one])


def test_only_known_parts_count(tmp_path: Path) -> None:
    made = entry(uri=f"{URL}/{SID}", text='{"code": 1, "message": "made up"}', status=404)
    made["provenance"] = {"known": ["status", "field status"]}
    (one,) = compare_all(read(tmp_path, made))
    assert one.differences == ("field status is 404, recorded 'missing'",)
    assert one.counts == {"status": (1, 1), "headers": (0, 0), "fields": (0, 1), "orders": (0, 0), "texts": (0, 0)}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"provenance": {"known": ["everything"]}}, "provenance.known: is not valid"),
        ({"provenance": "me"}, "provenance: is not a mapping"),
        ({"given": {"seed": 1}}, "given: is not valid; use any of: accounts, data, faults, frozen"),
    ],
)
def test_an_invalid_provenance_is_an_error(tmp_path: Path, more: dict[str, Any], expected: str) -> None:
    (one,) = read(tmp_path, entry(**more))
    with pytest.raises(UsageError) as caught:
        compare(one)
    assert expected in str(caught.value)
    assert "line 3" in str(caught.value)


def test_a_record_that_cannot_be_loaded_is_a_difference(tmp_path: Path) -> None:
    text = json.dumps(json.loads(record()) | {"type": "webpush"})
    (one,) = compare_all(read(tmp_path, entry(uri=f"{URL}/{SID}", text=text)))
    assert (
        "a recorded record cannot be loaded: data, credentials[0].type: 'webpush' is not a credential type"
        in one.differences[0]
    )
    assert one.counts["status"] == (0, 1)


def test_the_score_of_no_comparisons_is_100() -> None:
    assert score([]) == 100


# --- hydration -------------------------------------------------------------------------------------------------------


def test_an_emulator_is_hydrated_from_a_recording(tmp_path: Path) -> None:
    with Emulator(record=tmp_path / "x.yaml") as emulator:
        credentials = emulator.client().notify.v1.credentials
        kept = credentials.create(type="fcm", secret="server-key", friendly_name="kept")
        gone = credentials.create(type="gcm", api_key="api-key-1")
        credentials(kept.sid).update(friendly_name="changed")
        credentials(gone.sid).delete()
    with Emulator(hydrate=tmp_path / "x.yaml") as emulator:
        credentials = emulator.client().notify.v1.credentials
        (one,) = credentials.list()
        assert (one.sid, one.friendly_name, one.date_created) == (kept.sid, "changed", kept.date_created)
        assert (emulator.credentials[kept.sid].secret or "").startswith("redacted-secret-")
        assert emulator.auth[0].startswith("ACfacade00")
        assert credentials(kept.sid).update(friendly_name="again").friendly_name == "again"
        assert credentials(kept.sid).delete()
        emulator.reset()
        assert list(emulator.credentials) == [kept.sid]


def test_lists_other_apis_and_regions_are_read(tmp_path: Path) -> None:
    far = "https://chat.dublin.ie1.twilio.com/v2/Credentials"
    other = "CR" + "2" * 32
    page = {"meta": {"key": "credentials"}, "credentials": [json.loads(record(name="listed"))]}
    path = write(tmp_path, entry(text=json.dumps(page)), entry(uri=f"{far}/{other}", text=record(sid=other)))
    emulator = Emulator(hydrate=[path])
    assert [(one.friendly_name, one.region) for one in emulator.credentials.values()] == [
        ("listed", "us1"),
        ("x", "ie1"),
    ]
    assert emulator.auth[0] == ACCOUNT


def test_later_responses_win_and_deleted_records_stay_deleted(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        entry(uri=f"{URL}/{SID}", text=record(name="early")),
        entry(uri=f"{URL}/{SID}", text=record(name="late")),
        entry(uri=f"{URL}/{SID}", text=record(name="refused"), status=400),
        entry(text="no json"),
        entry(text="[1]"),
        entry(text='{"sid": 7, "credentials": [7, {}]}'),
    )
    assert [one.friendly_name for one in Emulator(hydrate=path).credentials.values()] == ["late"]
    path = write(tmp_path, entry("DELETE", uri=f"{URL}/{SID}", status=204, text=""), entry(text=record()))
    assert not Emulator(hydrate=path).credentials


def test_hydrated_records_are_in_order_of_creation(tmp_path: Path) -> None:
    old = json.loads(record(sid="CR" + "3" * 32)) | {"date_created": "2020-01-01T00:00:00Z"}
    path = write(tmp_path, entry(text=record()), entry(text=json.dumps(old)))
    assert list(Emulator(hydrate=path).credentials) == [old["sid"], SID]


def test_a_record_that_cannot_be_hydrated_is_an_error_with_its_place(tmp_path: Path) -> None:
    path = write(tmp_path, entry(), entry(text=json.dumps(json.loads(record()) | {"type": "webpush"})))
    with pytest.raises(
        UsageError, match=r"x\.yaml, line \d+, interactions\[1\]\.type: 'webpush' is not a credential type"
    ):
        Emulator(hydrate=path)


def test_a_hydrate_option_that_is_not_a_path_is_an_error() -> None:
    with pytest.raises(UsageError, match="expected the path of a cassette or of a folder of cassettes, got 7"):
        Emulator(hydrate=7)  # type: ignore[arg-type]


def test_hydrated_records_and_data_can_be_combined(tmp_path: Path) -> None:
    path = write(tmp_path, entry(text=record()))
    emulator = Emulator(hydrate=path, data={"credentials": [{"type": "gcm"}]})
    assert sorted(one.type for one in emulator.credentials.values()) == ["fcm", "gcm"]
    with pytest.raises(UsageError, match="is not in accounts="):
        Emulator(hydrate=path, accounts={"AC" + "1" * 32: "x"})
