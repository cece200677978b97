"""``GET /_mock/events`` on a socket: the response, resuming, slow readers, many readers, and who is refused."""

from __future__ import annotations

import socket
import threading
import wsgiref.simple_server
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from helpers.event_streams import EventStream, parse
from helpers.raw_http import send
from twilio.rest import Client

from notify_mock import Emulator
from notify_mock.events import stream as requests
from notify_mock.events.hub import MAX_EVENTS, MAX_READERS
from notify_mock.server import streams

pytestmark = pytest.mark.usefixtures("each_loop")


@pytest.fixture
def served(each_loop: str) -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@contextmanager
def on_wsgi(emulator: Emulator) -> Iterator[str]:
    """Serve the emulator's app with another WSGI server, and return its URL."""

    class Quiet(wsgiref.simple_server.WSGIRequestHandler):
        def log_message(self, *_: object) -> None: ...

    with wsgiref.simple_server.make_server("127.0.0.1", 0, emulator.app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            emulator.close()
            server.shutdown()
            thread.join()


def create(emulator: Emulator, name: str = "x") -> None:
    emulator.client().notify.v1.credentials.create(type="fcm", secret="hush", friendly_name=name)


def ask(emulator: Emulator, *fields: str, method: str = "GET", query: str = "", version: str = "1.1") -> Any:
    host = [] if any(field.startswith("Host:") for field in fields) else [f"Host: {emulator.url[7:]}"]
    lines = [f"{method} /_mock/events{query} HTTP/{version}", *host, "Connection: close", *fields]
    return send(emulator.url, "\r\n".join([*lines, "", ""]).encode())


def test_calls_of_the_sdk_are_streamed(served: Emulator) -> None:
    with EventStream(served.url) as stream:
        client = Client(*served.auth)
        client.notify.base_url = served.url
        client.notify.v1.credentials.create(type="fcm", secret="hush", friendly_name="alice")
        client.http_client.session.close()
        event = stream.next()
    assert (event.kind, event.data["call"], event.data["status"]) == ("call", "credential.create", 201)
    assert event.data["request"] == "POST /v1/Credentials Type=fcm FriendlyName=alice Secret=[secret]"


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_the_response_ends_with_the_connection(served: Emulator, version: str) -> None:
    with EventStream(served.url, version=version) as stream:
        assert stream.head.startswith("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n")
        assert "Connection: close" in stream.head
        assert "Content-Length" not in stream.head
        assert "Access-Control" not in stream.head
        assert stream.block()["retry"] == "1000"
        create(served)
        assert stream.next().kind == "call"
        served.close()
        stream.rest()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_head_has_no_body_and_leaves_no_reader(served: Emulator, version: str) -> None:
    answer = ask(served, method="HEAD", version=version)
    assert (answer.status, answer.body) == ("HTTP/1.1 200 OK", b"")
    assert answer.header("Content-Type") == "text/event-stream; charset=utf-8"
    assert readers(served) == 0


def test_the_connection_can_be_used_after_a_head_request(served: Emulator) -> None:
    with EventStream(served.url) as other, socket.create_connection(("127.0.0.1", int(served.url[17:]))) as connection:
        head = f"HEAD /_mock/events HTTP/1.1\r\nHost: {served.url[7:]}\r\n\r\n"
        connection.sendall((head + head.replace("HEAD", "POST")).encode())
        with connection.makefile("rb") as file:
            assert file.readline() == b"HTTP/1.1 200 OK\r\n"
            assert any(line == b"HTTP/1.1 405 METHOD NOT ALLOWED\r\n" for line in file_lines(file, 20))
        other.connection.close()


def file_lines(file: Any, most: int) -> Iterator[bytes]:
    for _ in range(most):
        yield file.readline()


def test_types_select_events(served: Emulator) -> None:
    with EventStream(served.url, "?types=clock,reset") as stream:
        create(served)
        served.clock.advance("1h")
        served.reset()
        assert [one.kind for one in stream.take(2)] == ["clock", "reset"]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("?types=calls", "types: unknown type 'calls'; did you mean call?"),
        ("?types=", "types: unknown type ''"),
        ("?types=call,", "types: unknown type ''"),
        ("?types=call&types=clock", "types: was sent 2 times; send it once, separated by commas"),
        ("?type=call", "unknown query parameter 'type'; did you mean types?"),
        ("?token=hush", "unknown query parameter 'token'"),
    ],
)
def test_a_wrong_query_is_refused(served: Emulator, query: str, wrong: str) -> None:
    answer = ask(served, query=query)
    assert answer.status == "HTTP/1.1 400 BAD REQUEST"
    assert wrong in answer.body.decode()
    assert readers(served) == 0


def test_a_client_resumes_where_it_was(served: Emulator) -> None:
    with EventStream(served.url) as stream:
        create(served, "first")
        last = stream.take(2)[-1]
    create(served, "second")
    with EventStream(served.url, Last_Event_ID=last.id) as stream:
        again = stream.take(2)
        assert again[0].number == last.number + 1
        assert "FriendlyName=second" in again[0].data["request"]


def test_the_first_lines_tell_where_to_resume(served: Emulator) -> None:
    with EventStream(served.url) as stream:
        stream.block()
    create(served)
    with EventStream(served.url, Last_Event_ID=stream.last_id) as again:
        assert again.next().kind == "call"


def test_a_client_of_another_emulator_gets_a_gap(served: Emulator) -> None:
    create(served)
    with EventStream(served.url, "?types=clock", Last_Event_ID="0123abcd-7") as stream:
        assert (stream.next().kind) == "gap"


def test_a_reader_that_is_too_slow_is_disconnected_and_can_resume(
    served: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_MAX_UNSENT", 64 * 1024)
    monkeypatch.setattr(streams, "_BATCH_SECONDS", 0)
    with EventStream(served.url) as slow, EventStream(served.url, "?types=reset") as other:
        first = slow.block()["id"]
        while readers(served) == 2:  # the buffers of both ends have to be filled first
            served.events.publish("call", lambda text: {"text": text}, "x" * 10_000)
        served.reset()
        assert other.next().kind == "reset"
        with EventStream(served.url, Last_Event_ID=first) as again:
            assert again.next().kind in ("gap", "call")


def test_more_events_than_are_kept_leave_a_gap(served: Emulator) -> None:
    with EventStream(served.url) as stream:
        stream.block()
        for _ in range(MAX_EVENTS * 3):
            served.events.publish("clock", dict, ())
        numbers = [0]
        while numbers[-1] < MAX_EVENTS * 3:
            event = stream.next()
            if event.kind == "gap":
                assert event.number == numbers[-1] + event.data["missed"]
            else:
                assert event.number == numbers[-1] + 1
            numbers.append(event.number)


def test_many_readers_need_no_threads_and_do_not_hold_up_calls(served: Emulator) -> None:
    create(served)
    with ExitStack() as stack:
        before = threading.active_count()
        many = [stack.enter_context(EventStream(served.url, "?types=call")) for _ in range(200)]
        assert threading.active_count() <= before
        client = Client(*served.auth)
        client.notify.base_url = served.url
        client.notify.v1.credentials.create(type="fcm", secret="x")
        client.http_client.session.close()
        assert {stream.next().data["call"] for stream in many} == {"credential.create"}
        assert threading.active_count() <= before


def test_the_number_of_readers_is_limited(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    open_ones = [served.events.open(lambda: None, ()) for _ in range(MAX_READERS)]
    answer = ask(served)
    assert answer.status == "HTTP/1.1 503 SERVICE UNAVAILABLE"
    assert b"too many clients read the events" in answer.body
    open_ones[0].close()
    with EventStream(served.url) as stream:
        assert stream.block()


def test_a_stop_ends_every_stream(each_loop: str, no_thread_left: None) -> None:
    emulator = Emulator()
    with EventStream(emulator.url) as one, EventStream(emulator.url) as two:
        one.block(), two.block()
        emulator.close()
        assert one.rest() == two.rest() == b""
        assert readers(emulator) == 0


def test_a_client_that_leaves_is_forgotten(served: Emulator) -> None:
    with EventStream(served.url) as stream:
        stream.block()
    with EventStream(served.url) as stream:
        stream.connection.shutdown(socket.SHUT_WR)
        stream.rest()
    until(lambda: readers(served) == 0)


def test_an_idle_stream_is_kept_open_and_gets_heartbeats(each_loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr("notify_mock.server.channel._IDLE_SECONDS", 1)
    with Emulator() as emulator, EventStream(emulator.url, "?types=clock") as stream:
        stream.block()
        create(emulator)
        beats = [stream.block() for _ in range(200)]
        assert all(beat[""] == "no event" for beat in beats)
        assert stream.last_id.endswith("-2")  # of types that were not asked for
        emulator.clock.advance(1)
        assert stream.next().kind == "clock"


@pytest.mark.parametrize("path", ["/_mock/%65vents", "/%5fmock/events"])
def test_an_encoded_path_is_never_left_to_a_thread(served: Emulator, path: str) -> None:
    with socket.create_connection(("127.0.0.1", int(served.url[17:])), timeout=20) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {served.url[7:]}\r\n\r\n".encode())
        assert connection.recv(12) in (b"HTTP/1.1 200", b"HTTP/1.1 401")
    assert "notify-mock-call" not in [thread.name for thread in threading.enumerate()]


FOREIGN = [
    ("Host: rebound.example", "is not this machine"),
    ("Origin: https://evil.example", "pages of another origin"),
    ("Origin: null", "pages of another origin"),
    ("Origin: http://127.0.0.1:1", "pages of another origin"),
    ("Sec-Fetch-Site: cross-site", "requests from other pages"),
    ("Sec-Fetch-Site: same-site", "requests from other pages"),
    ("X-Twilio-Signature: x", "delivery callbacks"),
]


@pytest.mark.parametrize(("field", "wrong"), FOREIGN)
def test_another_page_reads_nothing(served: Emulator, field: str, wrong: str) -> None:
    answer = ask(served, field)
    assert (answer.status, answer.header("Content-Type")) == ("HTTP/1.1 403 FORBIDDEN", "application/json")
    assert wrong in answer.body.decode()
    assert not [name for name in answer.names if name.startswith("Access-Control")]
    assert served._events is None


def test_a_websocket_is_refused(served: Emulator) -> None:
    answer = ask(served, "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Origin: https://evil.example")
    assert answer.status == "HTTP/1.1 403 FORBIDDEN"


def test_the_page_of_the_server_reads_them(served: Emulator) -> None:
    with EventStream(served.url, Origin=served.url, Sec_Fetch_Site="same-origin") as stream:
        assert stream.block()


@pytest.mark.parametrize(
    ("field", "wrong"), [("X: y", "is required in the header"), ("X-Notify-Mock-Token: no", "is wrong in the header")]
)
def test_the_control_token_is_required(each_loop: str, field: str, wrong: str) -> None:
    with Emulator(control_token="hush") as emulator:
        answer = ask(emulator, field)
        assert answer.status == "HTTP/1.1 401 UNAUTHORIZED"
        assert wrong in answer.body.decode()
        with EventStream(emulator.url, X_Notify_Mock_Token="hush") as stream:
            assert stream.block()


def test_other_methods_are_refused(served: Emulator) -> None:
    for method in ("POST", "DELETE", "OPTIONS"):
        answer = ask(served, method=method)
        assert (answer.status, answer.header("Allow")) == ("HTTP/1.1 405 METHOD NOT ALLOWED", "GET, HEAD")


def test_another_wsgi_server_streams_too(each_loop: str) -> None:
    emulator = Emulator()
    with on_wsgi(emulator) as url, EventStream(url) as stream:
        assert stream.block()["retry"] == "1000"
        create(emulator)
        first = stream.next()
        assert (first.kind, first.number) == ("call", 1)
        emulator.close()
        stream.rest()
        assert readers(emulator) == 0


def test_another_wsgi_server_sends_heartbeats(each_loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "HEARTBEAT_SECONDS", 0.01)
    emulator = Emulator()
    with on_wsgi(emulator) as url, EventStream(url) as stream:
        stream.block()
        assert stream.block()[""] == "no event"


@pytest.mark.parametrize(("field", "wrong"), FOREIGN)
def test_the_app_refuses_the_same_requests(emulator: Emulator, field: str, wrong: str) -> None:
    name, _, value = field.partition(": ")
    answer = emulator.app.test_client().get("/_mock/events", headers={name: value})
    assert (answer.status_code, answer.content_type) == (403, "application/json")
    assert wrong in answer.get_json()["error"]["message"]


def test_the_app_answers_head_and_refuses_other_methods(emulator: Emulator) -> None:
    client = emulator.app.test_client()
    head = client.head("/_mock/events")
    assert (head.status_code, head.data, head.content_type) == (200, b"", "text/event-stream; charset=utf-8")
    head.close()
    assert readers(emulator) == 0
    assert client.post("/_mock/events").headers["Allow"] == "GET, HEAD"


def test_the_app_streams_what_was_missed(emulator: Emulator) -> None:
    answer = emulator.app.test_client().get("/_mock/events", buffered=False)
    chunks = iter(answer.response)
    first = next(chunks)
    create(emulator)
    assert [one.kind for one in parse(next(chunks))] == ["call", "records"]
    answer.close()
    assert first.startswith(b"retry: 1000\nid: ")
    assert readers(emulator) == 0


def readers(emulator: Emulator) -> int:
    """How many clients read the events."""
    return len(emulator.events._readers)


def until(is_so: Callable[[], bool]) -> None:
    """Return once it is so. The test's own timeout ends a vain wait."""
    while not is_so():
        pass
