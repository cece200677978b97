"""``notify-mock tail``: its lines, filters, reconnection and errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import click
import pytest
from click.testing import CliRunner, Result
from helpers.calls import basic
from twilio.base.exceptions import TwilioException

from notify_mock import Emulator, UsageError
from notify_mock.cli import commands
from notify_mock.cli.tail import line_of
from notify_mock.control_api.json import show_exchange
from notify_mock.events import following
from notify_mock.events.following import follow
from notify_mock.events.hub import KINDS
from notify_mock.twilio_api.messages import read


class Tail:
    """A running ``notify-mock tail``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.out: IO[str] = process.stdout  # type: ignore[assignment]

    def line(self) -> str:
        return self.out.readline().rstrip("\n")


@contextmanager
def tail(*arguments: str, reading: Emulator, **env: str) -> Iterator[Tail]:
    """Start the command, and wait until it reads the events of the emulator."""
    command = [sys.executable, "-m", "notify_mock", "tail", *arguments]
    streams: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, env={**os.environ, **env}, **streams) as process:
        try:
            while not reading.events._readers and process.poll() is None:
                pass
            yield Tail(process)
        finally:
            process.kill()


def refused(*arguments: str) -> str:
    result: Result = CliRunner().invoke(commands, ["tail", *arguments], standalone_mode=False)
    assert isinstance(result.exception, UsageError), result.output
    return str(result.exception)


def act(emulator: Emulator) -> None:
    """Let a little of everything happen."""
    client = emulator.client()
    client.notify.v1.credentials.create(type="fcm", secret="hush", friendly_name="alice")
    with pytest.raises(TwilioException):
        client.notify.v1.credentials("CR1").fetch()
    emulator.clock.freeze("2030-01-01")
    with emulator.faults.add("credential.list", "refuse", code=20429, name="mine"), pytest.raises(TwilioException):
        client.notify.v1.credentials.list()
    emulator.reset()


def test_calls_are_printed_as_in_the_journal(served: Emulator) -> None:
    with tail(served.url, reading=served) as running:
        act(served)
        lines = [running.line() for _ in range(7)]
    assert lines[0].endswith(
        "Z credential.create: POST /v1/Credentials Type=fcm FriendlyName=alice Secret=[secret] -> 201"
    )
    assert lines[1].endswith("Z credential.fetch: GET /v1/Credentials/CR1 -> 404 20404 (no credential CR1)")
    assert lines[2:4] == ["clock: 2030-01-01T00:00:00+00:00 (frozen)", "fault rule mine added"]
    assert lines[4] == "#3 00:00:00.000000Z credential.list: GET /v1/Credentials -> 429 20429 (fault rule) [mine]"
    assert lines[5:] == ["fault rule mine removed", "the emulator was reset"]


def test_filters_leave_only_calls(served: Emulator) -> None:
    with tail("--call", "credential.*", "--status", "4xx", reading=served, NOTIFY_EMULATOR_URL=served.url) as running:
        act(served)
        lines = [running.line() for _ in range(2)]
    assert [line.rpartition("-> ")[2][:3] for line in lines] == ["404", "429"]


def test_json_has_every_event_on_one_line(served: Emulator) -> None:
    with tail(served.url, "--json", reading=served) as running:
        act(served)
        events = [json.loads(running.line()) for _ in range(9)]
    assert [event["event"] for event in events] == [
        *("call", "records", "call", "clock", "fault", "fault", "call", "fault", "reset"),
    ]
    assert events[0]["data"]["status"] == 201


def test_it_goes_on_after_the_server_was_away(served: Emulator) -> None:
    host, port = "127.0.0.1", int(served.url.rpartition(":")[2])
    with tail(served.url, "--status", "404", reading=served) as running:
        with pytest.raises(TwilioException):
            served.client().notify.v1.credentials("CR1").fetch()
        assert "CR1" in running.line()
        served.close()
        assert running.line() == "notify-mock: the connection was lost, connecting again"
        with Emulator(host=host, port=port) as other:
            assert running.line() == "(some events are missing)"
            with pytest.raises(TwilioException):
                other.client().notify.v1.credentials("CR2").fetch()
            assert "CR2" in running.line()


def test_the_token_is_sent() -> None:
    with Emulator(control_token="hush") as emulator:
        with tail(emulator.url, reading=emulator, NOTIFY_MOCK_CONTROL_TOKEN="hush") as running:
            act(emulator)
            assert "credential.create" in running.line()
        assert "the control token is wrong" in refused(emulator.url, "--control-token", "no")
        assert "the control token is required" in refused(emulator.url)


def test_it_says_that_no_server_is_there(served: Emulator) -> None:
    url = served.url
    served.close()
    assert refused(url) == f"url: cannot connect to {url}: Connection refused; start notify-mock serve, or give its URL"


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["https://x"], "is not a base URL"),
        (["--call", "credential.creat"], "--call: 'credential.creat' matches no call; did you mean credential.create?"),
        (["--call", "create"], "--call: 'create' matches no call; did you mean *.create?"),
        (["--call", "delivery.*"], "--call: 'delivery.*' matches no call"),
        *[(["--status", text], f"--status: '{text}' is not a status") for text in ("4x", "600", "404x", "", "x04")],
    ],
)
def test_what_can_never_match_is_refused(arguments: list[str], wrong: str) -> None:
    assert wrong in refused(*arguments)


def test_another_program_on_the_port_is_recognized(monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator() as emulator:
        emulator.app.before_request_funcs.clear()
        emulator.app.add_url_rule("/other", view_func=lambda: "x")
        monkeypatch.setattr(following, "_EVENTS", "/other")
        with pytest.raises(UsageError, match="is not the control API of notify-mock"):
            next(follow(emulator.url, KINDS))


def test_lines_of_calls_and_deliveries_are_those_of_journal_and_inbox() -> None:
    emulator = Emulator(frozen="2030-01-01T12:34:56.789")
    client = emulator.client()
    service = client.notify.v1.services.create()
    service.bindings.create(identity="al\x1bice", binding_type="sms", address="+15017122661")
    service.bindings.create(identity="bob", binding_type="fcm", address="https://u:hush@x")
    emulator.faults.add("delivery.sms", "undelivered")
    emulator.faults.add("service.create", "status", status=503, phase="after")
    emulator.faults.add("service.list", "drop")
    service.notifications.create(identity=["al\x1bice", "bob"], title="T", body="it's\n" + "x" * 200)
    with pytest.raises(TwilioException):
        client.notify.v1.services.create()
    emulator.handle(
        read("GET", "/v1/Services", host="notify.twilio.com", headers={"authorization": basic(*emulator.auth)})
    )
    client.request("GET", "https://notify.twilio.com/v9/-----BEGIN")
    for exchange in emulator.journal:
        assert click.unstyle(line_of("call", json.loads(json.dumps(show_exchange(exchange))))) == str(exchange)
    assert len(emulator.deliveries) == 2
    for delivery in emulator.deliveries:
        assert click.unstyle(line_of("delivery", json.loads(json.dumps(delivery.describe())))) == str(delivery)


@pytest.mark.parametrize(
    ("status", "faults", "color"),
    [(201, [], "green"), (404, [], "yellow"), (503, [], "red"), (None, [], "red"), (200, ["mine"], "magenta")],
)
def test_the_outcome_is_colored(status: int | None, faults: list[str], color: str) -> None:
    data = {"number": 1, "time": "2030-01-01T00:00:00+00:00", "call": None, "request": "GET /", "status": status}
    line = line_of("call", {**data, "code": None, "reason": None, "faults": faults, "played": None})
    outcome = click.unstyle(line).rpartition(" -> ")[2]
    assert line.endswith(click.style(outcome, color))


def test_every_type_of_event_is_known() -> None:
    callback = {"notification_sid": "NT1", "host": "a\x1b[31m", "attempt": 2, "due": "2030", "action": "planned"}
    assert "\\x1b[31m" in click.unstyle(line_of("callback", callback))
    assert line_of("callback", {**callback, "action": "failed"}) == ""
    assert line_of("fault", {"action": "applied", "name": "x"}) == ""
    assert click.unstyle(line_of("fault", {"action": "cleared", "name": None})) == "all fault rules removed"
    assert click.unstyle(line_of("clock", {"now": "2030", "frozen": False})) == "clock: 2030"
    assert click.unstyle(line_of("gap", {"missed": 3})) == "(3 events are missing)"
    assert line_of("records", {}) == line_of("of a newer server", {}) == ""
