"""Files as vcrpy 7 to 9 writes them: the three versions write the same, and vcrpy 9 may add ``metadata``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from notify_mock import Cassette, Emulator
from notify_mock.cli import commands

ACCOUNT = "AC" + "1" * 32
SID = "CR" + "1" * 32

SDK = """\
interactions:
- request:
    body: Type=fcm&FriendlyName=%C3%A4+b&Secret=s
    headers:
      Accept:
      - application/json
      Authorization:
      - Basic QUMxMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTp0b2s=
      Content-Type:
      - application/x-www-form-urlencoded
      User-Agent:
      - twilio-python/9.13.0 (Linux x86_64) Python/3.11.7
    method: POST
    uri: https://notify.twilio.com/v1/Credentials
  response:
    body:
      string: "{\\"sid\\": \\"CR11111111111111111111111111111111\\", \\"friendly_name\\": \\"\\xE4
        b\\", \\"type\\": \\"fcm\\"}"
    headers:
      Content-Type:
      - application/json; charset=utf-8
      Date:
      - Tue, 02 Jan 2024 03:04:05 GMT
    status:
      code: 201
      message: CREATED
version: 1
"""
"""Of the SDK's client, by vcrpy 7.0.0, 8.5.0 and 9.4.2."""

ASYNC = SDK.replace(
    "    body: Type=fcm&FriendlyName=%C3%A4+b&Secret=s\n",
    '    body:\n      FriendlyName: "\\xE4 b"\n      Secret: s\n      Type: fcm\n',
)
"""Of the SDK's async client: vcrpy writes the fields that aiohttp was given."""

_PAIR = "    - !!python/tuple\n      - {}\n      - {}\n"
PAIRS = SDK.replace(
    "    body: Type=fcm&FriendlyName=%C3%A4+b&Secret=s\n",
    "    body:\n"
    + _PAIR.format("Type", "fcm")
    + _PAIR.format("FriendlyName", '"\\xE4 b"')
    + _PAIR.format("Secret", "s"),
).replace("      Content-Type:\n      - application/x-www-form-urlencoded\n", "")
"""Of aiohttp with a list of pairs, without the headers that aiohttp adds."""

METADATA = SDK.replace("version: 1\n", "metadata:\n  seed: 7\nversion: 1\n")
"""By vcrpy 9, of a test that uses ``get_metadata``."""

BYTES = SDK.replace(
    "Type=fcm&FriendlyName=%C3%A4+b&Secret=s", "!!binary |\n      VHlwZT1mY20mRnJpZW5kbHlOYW1lPSVDMyVBNCtiJlNlY3JldD1z"
)
"""Of a client that sends bytes, as vcrpy writes those that are not text."""


@pytest.mark.parametrize("text", [SDK, ASYNC, PAIRS, METADATA, BYTES])
def test_a_file_of_vcrpy_is_replayed(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.yaml").write_text(text)
    client = Emulator(cassette=tmp_path / "x.yaml").client(ACCOUNT, "tok")
    made = client.notify.v1.credentials.create(type="fcm", friendly_name="ä b", secret="s")
    assert (made.sid, made.friendly_name) == (SID, "ä b")


def test_the_async_client_can_replay_its_recording(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(ASYNC)
    client = Emulator(cassette=tmp_path / "x.yaml").async_client(ACCOUNT, "tok")
    create = client.notify.v1.credentials.create_async(type="fcm", friendly_name="ä b", secret="s")
    assert asyncio.run(create).sid == SID


def test_repeated_fields_of_a_form_are_kept(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(ASYNC.replace("      Type: fcm\n", "      Tag:\n      - a\n      - b\n"))
    (entry,) = Cassette(tmp_path / "x.yaml").interactions
    assert entry.call().form.all("Tag") == ["a", "b"]


def test_the_secrets_of_such_a_form_are_found_and_replaced(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(ASYNC.replace("Secret: s\n", "Secret: AAAA-my-server-key\n"))
    lint = CliRunner().invoke(commands, ["cassette", "lint", str(tmp_path / "x.yaml")])
    assert "request.body.Secret: contains a secret" in lint.stdout
    assert "AAAA-my-server-key" not in lint.stdout
    CliRunner().invoke(commands, ["cassette", "convert", str(tmp_path / "x.yaml"), str(tmp_path / "y.yaml")])
    converted = (tmp_path / "y.yaml").read_text()
    assert "AAAA-my-server-key" not in converted
    assert "Secret=" in converted
