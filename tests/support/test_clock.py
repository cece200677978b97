"""The clock: real time by default, freezing and advancing, freezegun, and the server's thread."""

from __future__ import annotations

import datetime
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime

import pytest
from freezegun import freeze_time
from helpers.calls import basic
from helpers.raw_http import send

from notify_mock import Emulator, UsageError
from notify_mock.support.clock import Clock

UTC = datetime.timezone.utc
NEW_YEAR = datetime.datetime(2030, 1, 1, tzinfo=UTC)


def test_it_runs_with_real_time() -> None:
    assert abs(Clock().time() - time.time()) < 5


@pytest.mark.parametrize(
    "when",
    [
        "2030-01-01",
        "2030-01-01T00:00:00Z",
        "2030-01-01T01:00:00+01:00",
        datetime.date(2030, 1, 1),
        datetime.datetime(2030, 1, 1),
        NEW_YEAR,
        NEW_YEAR.timestamp(),
    ],
)
def test_a_moment_can_be_given_in_every_form(when: object) -> None:
    clock = Clock()
    clock.freeze(when)  # type: ignore[arg-type]
    assert clock.now() == NEW_YEAR


@pytest.mark.parametrize(
    ("by", "seconds"),
    [
        (90, 90),
        (0.5, 0.5),
        (datetime.timedelta(hours=1), 3600),
        ("90s", 90),
        ("15m", 900),
        ("1h30m", 5400),
        ("1.5d", 129600),
    ],
)
def test_it_advances_frozen_or_running(by: object, seconds: float) -> None:
    clock = Clock("2030-01-01")
    clock.advance(by)  # type: ignore[arg-type]
    assert clock.now() == NEW_YEAR + datetime.timedelta(seconds=seconds)
    clock.resume()
    clock.advance(by)  # type: ignore[arg-type]
    assert 0 <= (clock.now() - NEW_YEAR).total_seconds() - 2 * seconds < 5


def test_it_is_set_and_then_runs_on_or_stays_frozen() -> None:
    clock = Clock()
    clock.set("2030-01-01")
    assert 0 <= (clock.now() - NEW_YEAR).total_seconds() < 5
    clock.freeze()
    clock.set("2031-01-01")
    assert clock.now().year == 2031
    assert clock.now() == clock.now()


def test_reset_goes_back_to_real_time_or_the_frozen_start() -> None:
    clock, frozen = Clock(), Clock("2030-01-01")
    for each in (clock, frozen):
        each.set("2040-01-01")
        each.reset()
    assert abs(clock.time() - time.time()) < 5
    assert frozen.now() == NEW_YEAR


@pytest.mark.parametrize(
    "when",
    [
        *("soon", "", "2030-13-01", "2030-01-01T25:00", "0001-01-01", "9999-12-31T23:59:59-10:00", True, None, []),
        *(float("inf"), float("nan"), 1e20, 10**400, datetime.datetime.max),
    ],
)
def test_an_invalid_moment_is_an_error_and_changes_nothing(when: object) -> None:
    clock = Clock("2030-01-01")
    with pytest.raises(UsageError, match="is not a point in time"):
        clock.set(when)  # type: ignore[arg-type]
    assert clock.now() == NEW_YEAR


@pytest.mark.parametrize("by", [-1, "", "1w", "-1h", True, None, float("nan"), float("inf"), datetime.timedelta(-1)])
def test_an_invalid_span_is_an_error_and_changes_nothing(by: object) -> None:
    clock = Clock("2030-01-01")
    with pytest.raises(UsageError, match="is not a length of time"):
        clock.advance(by)  # type: ignore[arg-type]
    assert clock.now() == NEW_YEAR


def test_it_cannot_be_advanced_past_the_year_9998() -> None:
    clock = Clock("9998-12-01")
    with pytest.raises(UsageError, match="is not a point in time"):
        clock.advance("3650d")
    assert clock.now().year == 9998
    with pytest.raises(UsageError, match="is not a length of time"):
        clock.advance(10**400)


def test_concurrent_advances_all_count(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    clock, before = Clock("2030-01-01"), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: [clock.advance(1) for _ in range(200)], range(16)))
    finally:
        sys.setswitchinterval(before)
    assert clock.now() == NEW_YEAR + datetime.timedelta(seconds=3200)


def test_freezegun_sets_the_dates_of_records_and_headers_in_the_servers_thread(served: Emulator) -> None:
    from twilio.rest import Client

    client = Client(*served.auth)
    client.notify.base_url = served.url
    with freeze_time("2027-10-31 12:00:00") as frozen:
        made = client.notify.v1.credentials.create(type="fcm", secret="x")
        frozen.tick(60)
        updated = client.notify.v1.credentials(made.sid).update(friendly_name="later")
        lines = f"Host: x\r\nAuthorization: {basic(*served.auth)}\r\nConnection: close\r\n"
        request = f"GET /v1/Credentials HTTP/1.1\r\n{lines}\r\n"
        answer = send(served.url, request.encode())
    client.http_client.session.close()
    assert f"{made.date_created:%Y-%m-%d %H:%M:%S}" == "2027-10-31 12:00:00"
    assert f"{updated.date_updated:%H:%M:%S}" == "12:01:00"
    assert parsedate_to_datetime(answer.header("Date")) == datetime.datetime(2027, 10, 31, 12, 1, tzinfo=UTC)


def test_responses_and_the_journal_use_the_emulators_clock() -> None:
    emulator = Emulator(frozen="2030-01-01")
    made = emulator.client().notify.v1.credentials.create(type="fcm", secret="x")
    assert made.date_created == NEW_YEAR
    assert emulator.journal.last.time == NEW_YEAR
