"""TLS and certificates in a process that has frozen time before it first uses ``cryptography``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

USES = '''
import datetime
import sys

import httpx
import requests

import notify_mock
from notify_mock.certificate_authority.authority import Authority
from notify_mock.push_keys.certificate import check_certificate


def use() -> None:
    """Make and read certificates, and send a request over TLS with each client."""
    pair = notify_mock.apn_pair(days=2)
    assert "private_key" in notify_mock.fcm_service_account()
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    assert check_certificate(*pair, now) is None
    assert "expired" in str(check_certificate(*pair, now + 2 * 86400))
    Authority().renew()
    assert Authority().expires.timestamp() > 0
    with notify_mock.intercept() as emulator:
        url = "https://notify.twilio.com/v1/Credentials"
        assert requests.get(url, auth=emulator.auth).status_code == 200
        assert httpx.get(url, auth=emulator.auth).status_code == 200
        created = emulator.client().notify.v1.credentials.create(
            type="apn", certificate=pair.certificate, private_key=pair.private_key
        )
        assert created.date_created.year == datetime.datetime.now(datetime.timezone.utc).year


assert "cryptography" not in sys.modules
'''

FREEZEGUN = """
from freezegun import freeze_time

with freeze_time("2031-05-06"):
    use()
    assert datetime.datetime.__name__ == "FakeDatetime" and datetime.datetime.now().year == 2031
assert datetime.datetime.__name__ == "datetime"
use()
with freeze_time("2001-02-03"):
    use()
"""

TIME_MACHINE = """
import time_machine

with time_machine.travel("2031-05-06", tick=False):
    use()
    assert datetime.datetime.now().year == 2031
use()
"""

THREADS = """
from threading import Thread

from freezegun import freeze_time

with freeze_time("2031-05-06"):
    threads = [Thread(target=notify_mock.apn_pair) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert datetime.datetime.__name__ == "FakeDatetime"
use()
"""


def run(code: str, folder: Path) -> None:
    file = folder / "frozen.py"
    file.write_text(USES + code)
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("code", [FREEZEGUN, THREADS], ids=["one thread", "several threads"])
def test_freezegun_may_freeze_time_before_the_first_certificate(code: str, tmp_path: Path) -> None:
    run(code, tmp_path)


def test_time_machine_may_freeze_time_before_the_first_certificate(tmp_path: Path) -> None:
    pytest.importorskip("time_machine", reason="time-machine is not installed")
    run(TIME_MACHINE, tmp_path)
