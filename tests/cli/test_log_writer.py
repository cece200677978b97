"""The log's writer: order, nothing lost, and streams that are slow, broken or missing."""

from __future__ import annotations

import io
from collections.abc import Callable
from threading import Event, Thread

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from notify_mock import Emulator
from notify_mock.cli.log_writer import MAX_WAITING_BYTES, LogWriter
from notify_mock.cli.logs import Log, json_line, text_line
from notify_mock.journal.exchange import Exchange


class Gated(io.StringIO):
    """A stream that blocks in ``write`` until ``gate`` is set, like a pipe that nobody reads."""

    def __init__(self, told: Callable[[str], None]) -> None:
        super().__init__()
        self.told, self.entered, self.gate = told, Event(), Event()

    def write(self, text: str) -> int:
        self.entered.set()
        self.gate.wait()
        self.told("written")
        return super().write(text)


class Broken(io.StringIO):
    """A stream whose reader has gone."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(len(text))


@pytest.fixture
def exchange() -> Exchange:
    emulator = Emulator()
    emulator.client().notify.v1.credentials.list()
    return emulator.journal.last


def number_of(exchange: Exchange) -> str:
    return str(exchange.number)


def test_calls_and_messages_are_written_in_the_order_in_which_they_arrived() -> None:
    emulator, stream = Emulator(), io.StringIO()
    writer = LogWriter(stream, number_of)
    emulator.journal.subscribe(writer.add)
    fetch = emulator.client().notify.v1.credentials.list
    for number in range(1, 500):
        fetch()
        if number % 100 == 0:
            writer.write(f"message after {number}\n")
    writer.flush()
    lines = stream.getvalue().splitlines()
    assert [line for line in lines if line.isdigit()] == [str(number) for number in range(1, 500)]
    assert [lines[lines.index(f"message after {at}") - 1] for at in (100, 200, 300, 400)] == [
        "100",
        "200",
        "300",
        "400",
    ]


def test_a_call_is_written_without_a_flush(exchange: Exchange) -> None:
    written = Event()
    stream = Gated(lambda _: written.set())
    stream.gate.set()
    LogWriter(stream, number_of).add(exchange)
    assert written.wait(20)


def test_calls_that_arrive_together_are_written_together(exchange: Exchange) -> None:
    writes: list[str] = []
    stream = Gated(writes.append)
    writer = LogWriter(stream, number_of)
    writer.add(exchange)
    assert stream.entered.wait(20)
    for _ in range(50):
        writer.add(exchange)
    stream.gate.set()
    writer.flush()
    assert len(writes) == 2
    assert stream.getvalue() == "1\n" * 51


def test_a_slow_stream_blocks_the_thread_that_adds_too_much_and_loses_nothing(exchange: Exchange) -> None:
    events: list[str] = []
    stream = Gated(events.append)
    writer = LogWriter(stream, number_of)
    exchange.size = MAX_WAITING_BYTES

    def add() -> None:
        writer.add(exchange)
        events.append("returned")

    adding = Thread(target=add)
    adding.start()
    assert stream.entered.wait(20)
    stream.gate.set()
    adding.join(20)
    assert events == ["written", "returned"]
    assert stream.getvalue() == "1\n"


def test_few_calls_do_not_wait_for_a_slow_stream(exchange: Exchange) -> None:
    stream = Gated(lambda _: None)
    writer = LogWriter(stream, number_of)
    for _ in range(100):
        writer.add(exchange)
    stream.gate.set()
    writer.flush()
    assert stream.getvalue() == "1\n" * 100


@pytest.mark.parametrize("stream", [Broken(), None])
def test_a_broken_or_missing_stream_blocks_nothing(stream: io.StringIO | None, exchange: Exchange) -> None:
    writer = LogWriter(stream, number_of)
    for _ in range(3):
        writer.add(exchange)
        writer.flush()


def test_lines_after_a_failed_write_are_written(exchange: Exchange) -> None:
    stream = io.StringIO()
    failures = [BrokenPipeError()]

    class Recovering(io.StringIO):
        def write(self, text: str) -> int:
            if failures:
                raise failures.pop()
            return stream.write(text)

    writer = LogWriter(Recovering(), number_of)
    writer.add(exchange)
    writer.flush()
    writer.add(exchange)
    writer.flush()
    assert stream.getvalue() == "1\n"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_bug_in_a_line_ends_the_log_and_not_the_server(exchange: Exchange) -> None:
    def bug(_: Exchange) -> str:
        raise RuntimeError("a bug")

    exchange.size = MAX_WAITING_BYTES
    writer = LogWriter(io.StringIO(), bug)
    for _ in range(2):
        writer.add(exchange)


@pytest.mark.parametrize("line_of", [text_line, json_line])
def test_the_line_of_a_call_is_the_same_after_its_exchange_was_dropped(line_of: Callable[[Exchange], str]) -> None:
    emulator = Emulator(journal_limit=1)
    lines: list[tuple[Exchange, str]] = []
    emulator.journal.subscribe(lambda exchange: lines.append((exchange, line_of(exchange))))
    create = emulator.client().notify.v1.credentials.create
    emulator.faults.add("credential.create", "drop", phase="after", times=1)
    with pytest.raises(requests.ConnectionError):
        create(type="fcm", secret="s")
    with emulator.checkpoint():
        with pytest.raises(TwilioRestException):
            create(type="nonsense", secret="s" * 20_000)
        create(type="fcm", secret="s", friendly_name="https://user:hush@host/?a=b")
    emulator.reset()
    assert len(lines) == 3
    assert [line_of(exchange) for exchange, _ in lines] == [line for _, line in lines]


@pytest.mark.parametrize(
    ("level", "asked", "has_calls"),
    [
        ("info", None, True),
        ("debug", None, True),
        ("warning", None, False),
        ("info", False, False),
        ("error", True, True),
    ],
)
def test_calls_are_logged_at_info_or_when_asked_for(
    level: str, asked: bool | None, has_calls: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    emulator = Emulator()
    log = Log("text", level, asked)
    log.follow(emulator.journal, emulator.deliveries)
    emulator.client().notify.v1.credentials.list()
    log.flush()
    assert ("credential.list" in capsys.readouterr().err) == has_calls
