"""Faults as clients see them: the real SDK over a socket, and the in-process client.

Checks each row of the table of exceptions in ``docs/faults.md`` on both. With ``NOTIFY_MOCK_WRITE_DOCS=1`` in the
environment, the run writes the table.
"""

from __future__ import annotations

import asyncio
import os
import runpy
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import pytest
from helpers.calls import basic
from helpers.held_calls import waits
from helpers.paths import ROOT
from helpers.raw_http import send
from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from notify_mock import (
    Call,
    Delay,
    Dribble,
    Drop,
    Emulator,
    Expire,
    Forget,
    Garble,
    Hang,
    RateLimit,
    Refuse,
    Reset,
    Stale,
    Status,
    Truncate,
)
from notify_mock.support.waits import HeldCall, Released

JSON = "application/json"
GATEWAY = "<html><body>Bad Gateway</body></html>"


class Row(NamedTuple):
    """A row of the table: a fault, the client's timeout and the call."""

    shown: str
    effect: Any
    timeout: float | None = None
    call: str = "credential.fetch"
    phase: str | None = None
    act: str = "fetch"


ROWS = [
    Row("`Refuse(20404)`", Refuse(20404)),
    Row("`Refuse(20429)`", Refuse(20429)),
    Row("`Refuse(20503)`", Refuse(20503)),
    Row("`Refuse(20503)`, `list()`", Refuse(20503), call="credential.list", act="list"),
    Row("`RateLimit(limit=0)`", RateLimit(limit=0)),
    Row("`Expire()`", Expire()),
    Row("`Stale(60)`, new record", Stale(60)),
    Row("`Forget()`, fetch after create", Forget(), call="credential.create"),
    Row("`Status(502)`, HTML body", Status(502, GATEWAY)),
    Row("`Status(500)`, empty body", Status(500)),
    Row("`Status(307)`, JSON body", Status(307, '{"sid": "CR1"}', content_type=JSON, location="/elsewhere")),
    Row("`Status(200)`, empty body", Status(200, content_type=JSON)),
    Row("`Delay(0.1)`", Delay(0.1)),
    Row("`Delay(30)`, timeout 0.2 s", Delay(30), timeout=0.2),
    Row("`Delay(30)`, phase `after`, timeout 0.2 s", Delay(30), timeout=0.2, phase="after"),
    Row("`Hang(0.2)`", Hang(0.2)),
    Row("`Hang(30)`, timeout 0.2 s", Hang(30), timeout=0.2),
    Row("`Dribble(0.2, pieces=4)`", Dribble(0.2, pieces=4)),
    Row("`Dribble(30, pieces=4)`, timeout 0.2 s", Dribble(30, pieces=4), timeout=0.2),
    Row("`Drop()`", Drop()),
    Row("`Drop()`, phase `after`", Drop(), phase="after"),
    Row("`Reset()`", Reset()),
    Row("`Truncate()`", Truncate()),
    Row('`Garble("json")`', Garble("json")),
    Row('`Garble("utf-8")`', Garble("utf-8")),
    Row('`Garble("content-type")`', Garble("content-type")),
    Row('`Garble("content-length")`', Garble("content-length")),
]


def named(error: BaseException) -> str:
    """Return the exception as the table shows it."""
    if isinstance(error, TwilioRestException):
        return f"`TwilioRestException` {error.status}, code {error.code}"
    module = type(error).__module__.partition(".")[0].replace("builtins", "").replace("asyncio", "")
    return f"`{module + '.' if module else ''}{type(error).__name__}`"


def emulator_with_rule(row: Row, **options: Any) -> tuple[Emulator, str]:
    """Return an emulator with the rule, and the SID of a record to fetch."""
    emulator = Emulator(**options)
    phase = {} if row.phase is None else {"phase": row.phase}
    emulator.faults.add(row.call, row.effect, **phase)
    return emulator, emulator.client().notify.v1.credentials.create(type="fcm", secret="x").sid


def attempt(client: Client, sid: str, act: str = "fetch") -> str:
    credentials = client.notify.v1.credentials
    try:
        credentials.list() if act == "list" else credentials(sid).fetch()
    except Exception as error:  # noqa: BLE001 - the table shows whatever is raised
        return named(error)
    return "success"


async def attempt_async(client: Client, sid: str, act: str = "fetch") -> str:
    credentials = client.notify.v1.credentials
    try:
        await (credentials.list_async() if act == "list" else credentials(sid).fetch_async())
    except Exception as error:  # noqa: BLE001 - the table shows whatever is raised
        return named(error)
    return "success"


def on_socket(row: Row) -> str:
    emulator, sid = emulator_with_rule(row)
    with emulator:
        http_client = TwilioHttpClient(timeout=row.timeout)
        client = Client(*emulator.auth, http_client=http_client)
        client.notify.base_url = emulator.url
        outcome = attempt(client, sid, row.act)
        http_client.session.close()
    return outcome


def in_process(row: Row) -> str:
    emulator, sid = emulator_with_rule(row, frozen="2030-01-01")
    return attempt(emulator.client(timeout=row.timeout), sid, row.act)


def on_socket_async(row: Row) -> str:
    emulator, sid = emulator_with_rule(row)

    async def main() -> str:
        async with AsyncTwilioHttpClient() as http_client:
            client = Client(*emulator.auth, http_client=http_client)
            client.notify.base_url = emulator.url
            return await attempt_async(client, sid, row.act)

    with emulator:
        return asyncio.run(main())


def in_process_async(row: Row) -> str:
    emulator, sid = emulator_with_rule(row, frozen="2030-01-01")
    return asyncio.run(attempt_async(emulator.async_client(), sid, row.act))


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """Fail a test that leaves a thread behind. Open sockets fail it with a ResourceWarning."""
    before = set(threading.enumerate())
    yield
    mine = [thread for thread in threading.enumerate() if thread not in before]
    for thread in mine:
        thread.join(20)
    assert not any(thread.is_alive() for thread in mine)


@pytest.fixture(scope="session")
def table() -> Iterator[dict[str, tuple[str, str]]]:
    """Collect the rows that this run has checked. Write them to the page if NOTIFY_MOCK_WRITE_DOCS is set."""
    checked: dict[str, tuple[str, str]] = {}
    yield checked
    if os.environ.get("NOTIFY_MOCK_WRITE_DOCS") and len(checked) == len(ROWS):
        page = ROOT / "docs" / "faults.md"
        lines = ["| fault | `Client` | `Client` with an async HTTP client |", "|---|---|---|"]
        lines += [f"| {row.shown} | {checked[row.shown][0]} | {checked[row.shown][1]} |" for row in ROWS]
        fill = runpy.run_path(str(ROOT / "docs" / "generate.py"))["fill"]
        page.write_text(fill(page.read_text(), "what twilio-python raises", "\n".join(lines)))


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated", "ignore:The 'auth' parameter is deprecated")
@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("row", ROWS, ids=[row.shown for row in ROWS])
def test_a_client_raises_the_same_over_a_socket_and_in_process(row: Row, table: dict[str, tuple[str, str]]) -> None:
    outcome = on_socket(row)
    assert in_process(row) == outcome
    outcome_async = "waits (the SDK sets no timeout)"
    if row.timeout is None:
        outcome_async = on_socket_async(row)
        assert in_process_async(row) == outcome_async
    table[row.shown] = outcome, outcome_async
    if not os.environ.get("NOTIFY_MOCK_WRITE_DOCS"):
        page = (ROOT / "docs" / "faults.md").read_text()
        assert f"| {row.shown} | {outcome} | {outcome_async} |" in page, (
            "to update the table, set NOTIFY_MOCK_WRITE_DOCS=1"
        )


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated", "ignore:The 'auth' parameter is deprecated")
@pytest.mark.parametrize("effect", [Drop(), Reset()])
def test_aiohttp_repeats_a_lost_fetch_by_itself_over_a_socket_and_in_process(effect: Any, nothing_left: None) -> None:
    def fresh() -> tuple[Emulator, str]:
        emulator = Emulator()
        emulator.faults.add("credential.fetch", effect, times=1)
        return emulator, emulator.credentials.add(type="fcm").sid

    one, sid = fresh()

    async def main() -> str:
        async with AsyncTwilioHttpClient() as http_client:
            client = Client(*one.auth, http_client=http_client)
            client.notify.base_url = one.url
            return await attempt_async(client, sid)

    with one:
        assert asyncio.run(main()) == "success"
    two, sid = fresh()
    assert asyncio.run(attempt_async(two.async_client(), sid)) == "success"
    for emulator in (one, two):
        emulator.assert_attempts("credential.fetch", 2)


@pytest.mark.parametrize("effect", [Drop(), Reset(), Delay(30)])
def test_an_exception_in_process_names_its_request(effect: Any) -> None:
    emulator = Emulator(frozen="2030-01-01")
    emulator.faults.add("*", effect)
    with pytest.raises(RequestException) as caught:
        emulator.client(timeout=1).notify.v1.credentials("CR1").fetch()
    assert caught.value.request is not None
    assert caught.value.request.url == "https://notify.twilio.com/v1/Credentials/CR1"


def test_text_without_a_charset_is_decoded_as_over_a_socket() -> None:
    emulator = Emulator()
    emulator.faults.add("*", Status(502, "Überlast"))
    texts = []
    with emulator:
        for client in (TwilioHttpClient(pool_connections=False), emulator.client().http_client):
            texts.append(client.request("GET", f"{emulator.url}/v1/X", auth=emulator.auth).text)
    assert texts[0] == texts[1] != "Überlast"


def test_a_late_response_that_is_released_is_never_sent(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    served.faults.add("credential.list", Delay(3000), phase="after")
    arrived = waits(monkeypatch)
    with connect(served) as connection:
        connection.sendall(request(served))
        assert arrived.acquire(timeout=20)
        served.held_calls.release()
        assert connection.recv(1) == b""
    outcome = served.journal.last.outcome()
    assert outcome.startswith("no response (released before it was answered")
    assert outcome.endswith("[delay-1] after 200")


def test_in_real_time_a_dribbled_response_that_is_released_is_cut(
    nothing_left: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator = Emulator()
    emulator.faults.add("*", Dribble(3000, pieces=2))
    begun = waits(monkeypatch)

    async def main() -> str:
        return await attempt_async(emulator.async_client(real_time=True, timeout=10_000), "CR1")

    with ThreadPoolExecutor(2) as pool:
        outcome = pool.submit(attempt, emulator.client(real_time=True), "CR1")
        outcome_async = pool.submit(asyncio.run, main())
        assert all(begun.acquire(timeout=20) for _ in range(2))
        emulator.reset()
        assert outcome.result(20) == "`requests.ChunkedEncodingError`"
        assert outcome_async.result(20) == "`aiohttp.ClientPayloadError`"


def test_in_real_time_a_cancelled_call_ends_its_wait(nothing_left: None) -> None:
    emulator = Emulator()
    emulator.faults.add("*", Hang(3000))

    async def main() -> None:
        client = emulator.async_client(real_time=True)
        await asyncio.wait_for(client.notify.v1.credentials("CR1").fetch_async(), 0.1)

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(main())


def test_an_async_client_gives_up_after_its_own_timeout(nothing_left: None) -> None:
    emulator = Emulator(frozen="2030-01-01")
    emulator.faults.add("*", Delay(600))

    async def main() -> None:
        await emulator.async_client().notify.v1.credentials.list_async()

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(main())
    assert emulator.clock.now().minute == 5, "aiohttp's default timeout is 300 seconds"


def request(emulator: Emulator, target: str = "/v1/Credentials", method: str = "GET", more: str = "") -> bytes:
    user = basic(*emulator.auth)
    return f"{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: {user}\r\n{more}\r\n".encode()


def test_a_reset_between_applying_a_rule_and_waiting_is_not_missed() -> None:
    emulator = Emulator()
    emulator.faults.add("*", Hang(3000))

    def wait(seconds: float, held: HeldCall) -> None:
        emulator.reset()
        held.wait(seconds)

    with pytest.raises(Released):
        emulator.handle(Call("GET", "x", "/v1/Credentials", headers={"authorization": basic("ACx", "y")}), wait)


def connect(emulator: Emulator) -> socket.socket:
    host, _, port = emulator.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=20)


def test_200_held_calls_block_no_other_call_and_reset_releases_them(served: Emulator, nothing_left: None) -> None:
    served.faults.add("credential.fetch", Hang(3000))
    connections = [connect(served) for _ in range(200)]
    for connection in connections:
        connection.sendall(request(served, "/v1/Credentials/CR1"))
    for _ in range(20):
        assert b'"credentials": []' in send(served.url, request(served, more="Connection: close\r\n")).body
    assert len(served.journal.calls("credential.fetch")) == 200
    assert all(exchange.ended is None for exchange in served.journal.calls("credential.fetch"))
    served.reset()
    for connection in connections:
        assert connection.recv(1) == b""
        connection.close()
    assert b'"credentials": []' in send(served.url, request(served, more="Connection: close\r\n")).body


@pytest.mark.usefixtures("nothing_left")
def test_a_call_that_reset_releases_early_is_not_carried_out(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    served.faults.add("credential.create", Delay(3000))
    form = b"Type=fcm&Secret=x"
    head = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
    arrived = waits(monkeypatch)
    with connect(served) as connection:
        connection.sendall(request(served, method="POST", more=head) + form)
        assert arrived.acquire(timeout=20)
        served.reset()
        assert connection.recv(1) == b""
    assert len(served.credentials) == 0


def test_a_client_that_gives_up_frees_its_held_call(served: Emulator, nothing_left: None) -> None:
    served.faults.add("credential.list", Hang(3000))
    answered = threading.Event()
    served.journal.subscribe(lambda _: answered.set())
    with connect(served) as connection:
        connection.sendall(request(served))
    assert answered.wait(20)


def test_a_reset_is_an_rst(served: Emulator) -> None:
    served.faults.add("*", Reset(), times=1)
    with connect(served) as connection:
        connection.sendall(request(served))
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_dropped_connection_is_closed_without_a_byte(served: Emulator) -> None:
    served.faults.add("*", Drop(), times=1)
    with connect(served) as connection:
        connection.sendall(request(served))
        assert connection.recv(1) == b""


@pytest.mark.parametrize(("effect", "sent"), [(Truncate(), None), (Truncate(10), 10), (Truncate(0), 0)])
def test_a_truncated_body_is_short_on_the_wire(served: Emulator, effect: Truncate, sent: int | None) -> None:
    served.faults.add("*", effect, times=1)
    answer = send(served.url, request(served))
    length = int(answer.header("Content-Length"))
    assert len(answer.body) == (length // 2 if sent is None else sent) < length
    assert answer.header("Connection") == "close"


def test_a_garbled_content_length_closes_the_connection(served: Emulator) -> None:
    served.faults.add("*", Garble("content-length"), times=1)
    answer = send(served.url, request(served))
    assert int(answer.header("Content-Length")) < len(answer.body)
    assert answer.header("Connection") == "close"


def test_a_dribbled_body_arrives_whole_and_the_connection_stays_open(served: Emulator) -> None:
    served.faults.add("*", Dribble(0.1, pieces=3), times=1)
    answer = send(served.url, request(served) + request(served, more="Connection: close\r\n"))
    assert answer.header("Connection") == "keep-alive"
    assert answer.body.count(b'"credentials": []') == 2


def test_a_rate_limit_counts_concurrent_calls(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    served.faults.add("credential.fetch", Hang(3000))
    served.faults.add("credential.list", RateLimit(concurrent=2))
    held = [connect(served) for _ in range(2)]
    arrived = waits(monkeypatch)
    close = "Connection: close\r\n"
    assert send(served.url, request(served, more=close)).status == "HTTP/1.1 200 OK"
    for connection in held:
        connection.sendall(request(served, "/v1/Credentials/CR1"))
        assert arrived.acquire(timeout=20)
    assert send(served.url, request(served, more=close)).status == "HTTP/1.1 429 TOO MANY REQUESTS"
    served.held_calls.release()
    for connection in held:
        assert connection.recv(1) == b""
        connection.close()
    assert send(served.url, request(served, more=close)).status == "HTTP/1.1 200 OK"


@pytest.mark.usefixtures("nothing_left")
def test_in_real_time_a_delay_takes_time_and_can_be_released(monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator()
    emulator.faults.add("*", Hang(3000), times=1)
    waiting = waits(monkeypatch)
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(attempt, emulator.client(real_time=True), "CR1")
        assert waiting.acquire(timeout=20)
        emulator.reset()
        assert outcome.result(20) == "`requests.ConnectionError`"


def test_under_another_wsgi_server_a_broken_connection_is_an_exception(emulator: Emulator) -> None:
    emulator.faults.add("*", Drop())
    with pytest.raises(ConnectionResetError, match="a fault rule broke the connection"):
        emulator.app.test_client().get("/v1/Credentials", headers={"Authorization": basic(*emulator.auth)})
