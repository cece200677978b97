"""Bugs of the emulator and of the user's own routes: answered with a 500, logged, and survived."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from helpers.calls import basic
from helpers.raw_http import dial, read_answers, send
from werkzeug.routing import BaseConverter

from notify_mock import Delay, Emulator
from notify_mock.server import app as app_module

pytestmark = pytest.mark.usefixtures("each_loop")

SIGNED = f"Host: x\r\nAuthorization: {basic('ACx', 'y')}\r\n"
LIST = f"GET /v1/Credentials HTTP/1.1\r\n{SIGNED}\r\n".encode()
FETCH = LIST.replace(b"/v1/Credentials", b"/v1/Credentials/CR1")


def last(request: bytes) -> bytes:
    return request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


def get(path: str) -> bytes:
    return last(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())


@pytest.fixture
def broken_list(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("notify_mock.twilio_api.paging.page_of", broken)


@pytest.mark.usefixtures("broken_list")
@pytest.mark.parametrize("delay", ["at once", "after a pause"])
@pytest.mark.parametrize("ahead", [b"", FETCH], ids=["alone", "with the next request"])
def test_a_bug_is_answered_500_and_logged_and_the_server_goes_on(
    served: Emulator, caplog: pytest.LogCaptureFixture, delay: str, ahead: bytes
) -> None:
    if delay == "after a pause":
        served.faults.add("credential.list", Delay(0.01))
    for _ in range(3):
        with dial(served.url) as connection:
            connection.sendall(LIST + ahead)
            (answer,) = read_answers(connection)
        assert answer.status == "HTTP/1.1 500 INTERNAL SERVER ERROR"
        assert answer.header("Connection") == "close"
        assert json.loads(answer.body)["code"] == 20500
    assert send(served.url, last(FETCH)).status == "HTTP/1.1 404 NOT FOUND"
    assert caplog.text.count("Traceback") == 3
    assert caplog.text.count("RuntimeError: a bug") == 3
    assert {record.name for record in caplog.records if record.levelno >= logging.ERROR} == {"notify_mock.server"}
    assert [exchange.status for exchange in served.journal] == [None, None, None, 404]


def test_a_bug_while_a_request_is_refused_is_answered_500(
    served: Emulator, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("a bug")

    monkeypatch.setattr("notify_mock.engine.writer.Writer.refused", broken)
    assert send(served.url, b"HELLO\r\n\r\n").status == "HTTP/1.1 500 INTERNAL SERVER ERROR"
    assert "OSError: a bug" in caplog.text
    monkeypatch.undo()
    assert send(served.url, last(FETCH)).status == "HTTP/1.1 404 NOT FOUND"


class TestRoutes:
    """Routes that users add to the app."""

    def test_they_are_served_over_the_url_and_calls_do_not_reach_flask(self, served: Emulator) -> None:
        seen: list[str] = []
        app = served.app
        app.before_request(lambda: seen.append(app_module.request.path))
        app.add_url_rule("/health", "health", lambda: "fine")
        app.add_url_rule("/v1/Credentials/mine", "mine", lambda: "mine", methods=["POST"])
        assert send(served.url, get("/health")).body == b"fine"
        port = served.url.rpartition(":")[2]
        assert send(served.url, get(f"http://127.0.0.1:{port}/health?x=1")).body == b"fine"
        assert send(served.url, get("/health").replace(b"GET", b"HEAD")).body == b""
        assert send(served.url, get("/health").replace(b"GET", b"DELETE")).status == "HTTP/1.1 401 UNAUTHORIZED"
        assert send(served.url, last(LIST)).status == "HTTP/1.1 200 OK"
        assert send(served.url, get("/v1/Credentials/mine").replace(b"GET", b"POST")).body != b"mine"
        assert seen == ["/health", "/health", "/health"]

    def test_a_broken_one_is_answered_500_and_logged(self, served: Emulator, caplog: pytest.LogCaptureFixture) -> None:
        def broken() -> str:
            raise OSError("a broken route")

        def breaks_later() -> Iterator[str]:
            yield "a"
            raise OSError("a broken response")

        served.app.add_url_rule("/broken", "broken", broken)
        served.app.add_url_rule("/breaks-later", "breaks_later", breaks_later)
        for path, text in (("/broken", "OSError: a broken route"), ("/breaks-later", "OSError: a broken response")):
            assert send(served.url, get(path)).status == "HTTP/1.1 500 INTERNAL SERVER ERROR"
            assert text in caplog.text
        assert send(served.url, last(FETCH)).status == "HTTP/1.1 404 NOT FOUND"

    def test_a_broken_converter_is_answered_500_and_logged(
        self, served: Emulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Broken(BaseConverter):
            def to_python(self, value: str) -> Any:
                raise RuntimeError("a broken converter")

        served.app.url_map.converters["broken"] = Broken
        served.app.add_url_rule("/x/<broken:x>", "x", lambda x: x)
        assert send(served.url, get("/x/1")).status == "HTTP/1.1 500 INTERNAL SERVER ERROR"
        assert "RuntimeError: a broken converter" in caplog.text

    def test_a_slow_one_delays_no_call_and_its_client_may_leave(self, served: Emulator) -> None:
        begun, goes_on, ended = threading.Event(), threading.Event(), threading.Event()

        def slow() -> str:
            begun.set()
            goes_on.wait(20)
            ended.set()
            return "slow"

        served.app.add_url_rule("/slow", "slow", slow)
        with dial(served.url) as stays, dial(served.url) as leaves:
            leaves.sendall(get("/slow"))
            assert begun.wait(20)
            begun.clear()
            leaves.close()
            stays.sendall(get("/slow"))
            assert begun.wait(20)
            stays.shutdown(socket.SHUT_WR)
            assert send(served.url, last(FETCH)).status == "HTTP/1.1 404 NOT FOUND"
            goes_on.set()
            assert [answer.body for answer in read_answers(stays)] == [b"slow"]

    def test_a_slow_one_does_not_keep_the_server(self) -> None:
        begun, goes_on = threading.Event(), threading.Event()
        emulator = Emulator()

        def slow() -> str:
            begun.set()
            goes_on.wait(20)
            return "slow"

        emulator.app.add_url_rule("/slow", "slow", slow)
        with dial(emulator.url) as connection:
            connection.sendall(get("/slow"))
            assert begun.wait(20)
            emulator.close()
            assert connection.recv(1) == b""
        goes_on.set()

    def test_an_emulator_that_is_dismounted_meanwhile_still_answers(self, served: Emulator) -> None:
        def dismount() -> str:
            served._server.dismount(served)
            raise RuntimeError("a broken route")

        served.app.config["PROPAGATE_EXCEPTIONS"] = True
        served.app.add_url_rule("/dismount", "dismount", dismount)
        assert send(served.url, get("/dismount")).status == "HTTP/1.1 500 INTERNAL SERVER ERROR"


def test_the_app_is_created_once_by_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    create_app, count = app_module.create_app, 8
    together = threading.Barrier(count)
    made: list[object] = []

    def slow(emulator: Any) -> Any:
        made.append(emulator)
        threading.Event().wait(0.05)
        return create_app(emulator)

    monkeypatch.setattr(app_module, "create_app", slow)
    emulator = Emulator()

    def first_use(_: int) -> object:
        together.wait(20)
        return emulator.app

    with ThreadPoolExecutor(count) as pool:
        assert set(pool.map(first_use, range(count))) == {emulator.app}
    assert len(made) == 1


def test_the_control_api_can_be_used_from_several_threads_while_calls_go_on(served: Emulator) -> None:
    control = b"POST /_mock/reset HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    requests = [control, get("/_mock/health").replace(b"Host: x", b"Host: 127.0.0.1"), last(LIST), last(FETCH)]
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda number: send(served.url, requests[number % 4]).status, range(200)))
    assert [sorted({status.split()[1] for status in statuses[kind::4]}) for kind in range(4)] == [
        ["200"],
        ["200"],
        ["200"],
        ["404"],
    ]
