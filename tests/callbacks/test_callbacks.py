"""Delivery callbacks: content, signature, retries, and the hosts they must never be sent to."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import pytest
from flask import Flask, request
from helpers.calls import ask
from helpers.locks import is_locked
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from notify_mock import Emulator, UsageError
from notify_mock.callbacks.target import Forbidden, find_target
from notify_mock.twilio_api.signature import sign

MG = "MG" + "0" * 32
URL = "http://chat.example/callbacks?room=a%20b"


class Inbox:
    """A Flask app that records callbacks. Answers with ``statuses`` in order, then 204."""

    def __init__(self, *statuses: int) -> None:
        self.got: list[tuple[str, MultiDict[str, str], dict[str, str]]] = []
        self.statuses = list(statuses)
        self.act: Callable[[], None] = lambda: None
        self.app = Flask("inbox")
        self.app.add_url_rule("/<path:path>", "take", self.take, methods=["POST"])

    def take(self, path: str) -> tuple[str, int]:
        self.got.append((request.url, MultiDict(request.form), dict(request.headers)))
        self.act()
        return "", self.statuses.pop(0) if self.statuses else 204


def scene(url: str | None = URL, **options: Any) -> tuple[Emulator, str]:
    emulator = Emulator(frozen="2030-01-01T00:00:00Z", **options)
    service = emulator.services.add(messaging_service_sid=MG, delivery_callback_url=url, delivery_callback_enabled=True)
    return emulator, service.sid


def send(emulator: Emulator, service: str, number: int = 1, **parameters: Any) -> str:
    direct = [json.dumps({"binding_type": "sms", "address": f"+49{one}"}) for one in range(1, number + 1)]
    answer = ask(emulator, "POST", f"/v1/Services/{service}/Notifications", ToBinding=direct, Body="B", **parameters)
    assert answer.status == 201, answer.body
    return json.loads(answer.body)["sid"]  # type: ignore[no-any-return]


def states(form: MultiDict[str, str]) -> list[dict[str, Any]]:
    return [json.loads(one) for one in form.getlist("DeliveryState")]


def test_a_callback_has_the_documented_parameters_and_the_sdk_validates_it() -> None:
    emulator, service = scene()
    inbox = Inbox()
    emulator.callbacks.mount(inbox.app)
    sid = send(emulator, service, 2)
    (attempt,) = emulator.callbacks.drain()
    ((url, form, headers),) = inbox.got
    account_sid, auth_token = emulator.auth
    assert [form[name] for name in ("NotificationSid", "AccountSid", "ServiceSid")] == [sid, account_sid, service]
    assert [form[name] for name in ("Count", "SequenceId", "IsFinal")] == ["2", "0", "True"]
    assert [(one["type"], one["address"], one["status"]) for one in states(form)] == [
        ("sms", "+491", "SENT"),
        ("sms", "+492", "SENT"),
    ]
    assert states(form)[0]["sid"].startswith("SM")
    assert RequestValidator(auth_token).validate(URL, form, headers["X-Twilio-Signature"])
    assert not RequestValidator("other").validate(URL, form, headers["X-Twilio-Signature"])
    assert url.startswith("http://chat.example/callbacks")
    assert (attempt.name, attempt.status, attempt.sid) == ("callback.post", 204, sid)
    emulator.journal.expect("callback.post", count=1, status=204, NotificationSid=sid)


def test_a_failed_delivery_has_an_error_code() -> None:
    emulator, service = scene()
    inbox = Inbox()
    emulator.callbacks.mount(inbox.app)
    emulator.providers.sms.throttle("+491")
    send(emulator, service)
    emulator.callbacks.drain()
    (state,) = states(inbox.got[0][1])
    assert (state["status"], state["error_code"], state["sid"]) == ("FAILED", 52181, None)


def test_a_callback_holds_at_most_a_thousand_deliveries() -> None:
    emulator, service = scene()
    inbox = Inbox()
    emulator.callbacks.mount(inbox.app)
    send(emulator, service, 2001)
    emulator.callbacks.drain()
    forms = [form for _, form, _ in inbox.got]
    assert [form["Count"] for form in forms] == ["1000", "1000", "1"]
    assert [form["SequenceId"] for form in forms] == ["0", "1", "2"]
    assert [form["IsFinal"] for form in forms] == ["False", "False", "True"]
    assert len({one["address"] for form in forms for one in states(form)}) == 2001


def test_the_notifications_url_takes_precedence_and_needs_no_flag() -> None:
    emulator = Emulator()
    service = emulator.services.add(messaging_service_sid=MG, delivery_callback_url="http://localhost/service").sid
    send(emulator, service)
    assert emulator.callbacks.waiting == []
    send(emulator, service, DeliveryCallbackUrl="http://localhost/own")
    assert [one.url for one in emulator.callbacks.waiting] == ["http://localhost/own"]


def test_no_delivery_means_no_callback() -> None:
    emulator, service = scene()
    ask(emulator, "POST", f"/v1/Services/{service}/Notifications", Identity="nobody", Body="B")
    assert emulator.callbacks.waiting == []


def test_temporary_errors_are_retried_on_the_emulators_clock() -> None:
    emulator, service = scene()
    inbox = Inbox(503, 429, 200)
    emulator.callbacks.mount(inbox.app)
    send(emulator, service)
    attempts = emulator.callbacks.drain()
    assert [one.status for one in attempts] == [503, 429, 200]
    assert [one.at - attempts[0].at for one in attempts] == [0, 1, 6]
    assert emulator.deliveries.alerts == []
    assert len({headers["I-Twilio-Idempotency-Token"] for *_, headers in inbox.got}) == 1


@pytest.mark.parametrize(("statuses", "attempts"), [((500, 500, 500), 3), ((404,), 1), ((302,), 1)])
def test_a_callback_that_fails_is_an_alert(statuses: tuple[int, ...], attempts: int) -> None:
    emulator, service = scene()
    emulator.callbacks.mount(Inbox(*statuses).app)
    sid = send(emulator, service)
    assert len(emulator.callbacks.drain()) == attempts
    (alert,) = emulator.deliveries.alerts
    assert (alert.notification_sid, alert.problem.code) == (sid, 52311)
    assert emulator.callbacks.drain() == []


def test_a_listener_hears_of_a_callback_without_the_lock() -> None:
    emulator, service = scene()
    found: list[tuple[str | None, int, bool]] = []
    emulator.journal.subscribe(
        lambda one: found.append((one.name, len(emulator.callbacks.waiting), is_locked(emulator)))
    )
    emulator.callbacks.mount(Inbox(500).app)
    send(emulator, service)
    emulator.callbacks.drain()
    assert found == [
        ("notification.create", 1, False),
        ("callback.post", 1, False),
        ("callback.post", 0, False),
    ]


def test_an_app_that_takes_too_long_counts_as_no_response() -> None:
    emulator, service = scene()
    inbox = Inbox()
    inbox.act = lambda: emulator.clock.advance(16)
    emulator.callbacks.mount(inbox.app)
    send(emulator, service)
    attempts = emulator.callbacks.drain()
    assert [(one.status, one.reason) for one in attempts] == [(None, "no response in time: it took 16 s")] * 3


def test_a_slow_provider_delays_the_callback() -> None:
    emulator, service = scene()
    emulator.callbacks.mount(Inbox().app)
    emulator.providers.sms.slow_down(90)
    send(emulator, service)
    (attempt,) = emulator.callbacks.drain()
    assert attempt.time.isoformat() == "2030-01-01T00:01:30+00:00"


def test_an_exception_of_the_app_propagates_and_the_attempt_is_closed() -> None:
    emulator, service = scene()

    def broken(_environ: Any, _start_response: Any) -> list[bytes]:
        raise ZeroDivisionError("a bug of the app's")

    emulator.callbacks.mount(broken)
    send(emulator, service)
    with pytest.raises(ZeroDivisionError, match="a bug of the app's"):
        emulator.callbacks.drain()
    assert emulator.journal.last.reason == "the app raised an error"
    assert emulator.callbacks.waiting == []


def asgi(got: list[Any]) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        headers = dict(scope["headers"])
        got.append((scope["path"], scope["query_string"], parse_qs(body.decode()), headers[b"x-twilio-signature"]))
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


@pytest.mark.parametrize("is_in_a_loop", [False, True])
def test_an_asgi_app_is_called(is_in_a_loop: bool) -> None:
    emulator, service = scene()
    got: list[Any] = []
    emulator.callbacks.mount(asgi(got))
    send(emulator, service)

    async def drain() -> list[Any]:
        return emulator.callbacks.drain()

    (attempt,) = asyncio.run(drain()) if is_in_a_loop else emulator.callbacks.drain()
    assert attempt.status == 202
    ((path, query, form, signature),) = got
    assert (path, query, form["Count"]) == ("/callbacks", b"room=a%20b", ["1"])
    assert RequestValidator(emulator.auth[1]).validate(URL, {k: v[0] for k, v in form.items()}, signature.decode())


def test_apps_are_mounted_by_host() -> None:
    emulator, service = scene(None)
    one, other = Inbox(), Inbox()
    emulator.callbacks.mount(one.app, host="one.example")
    emulator.callbacks.mount(other.app, host="other.example")
    for host in ("one.example", "other.example", "third.example"):
        send(emulator, service, DeliveryCallbackUrl=f"http://{host}/x")
    emulator.callbacks.drain()
    assert (len(one.got), len(other.got)) == (1, 1)
    assert [alert.problem.code for alert in emulator.deliveries.alerts] == [52311]
    with pytest.raises(UsageError, match="expected a WSGI or ASGI app, got a str"):
        emulator.callbacks.mount("app")  # type: ignore[arg-type]


def test_draining_stops_when_an_app_causes_endless_callbacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.callbacks.sender._MAX_CALLBACKS_IN_A_DRAIN", 20)
    emulator, service = scene()
    inbox = Inbox()
    inbox.act = lambda: send(emulator, service) and None
    emulator.callbacks.mount(inbox.app)
    send(emulator, service)
    with pytest.raises(UsageError, match="stopped after 20 callbacks"):
        emulator.callbacks.drain()


def test_waiting_callbacks_follow_reset_and_checkpoint() -> None:
    emulator, service = scene()
    inbox = Inbox(500)
    emulator.callbacks.mount(inbox.app)
    with emulator.checkpoint():
        send(emulator, service)
    assert emulator.callbacks.waiting == []
    send(emulator, service)
    inbox.act = emulator.reset
    emulator.callbacks.drain()
    assert (emulator.callbacks.waiting, len(emulator.journal), emulator.deliveries.alerts) == ([], 0, [])


# --- over a socket ----------------------------------------------------------------------------------------------------


class Listener(ThreadingHTTPServer):
    """A real server that responds with ``answer``."""

    answer = (204, {})

    def __init__(self) -> None:
        self.got: list[tuple[str, str, list[tuple[str, str]], str]] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.got.append((self.path, self.headers["Host"], parse_qsl(body), self.headers["X-Twilio-Signature"]))
        status, headers = self.server.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep stderr clean."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_callback_is_posted_to_a_url_of_this_machine(listener: Listener, host: str) -> None:
    url = f"http://{host}:{listener.server_port}/hook?a=1"
    emulator, service = scene(url)
    send(emulator, service)
    (attempt,) = emulator.callbacks.drain()
    assert attempt.status == 204, attempt
    ((path, sent_to, form, signature),) = listener.got
    assert (path, sent_to) == ("/hook?a=1", f"{host}:{listener.server_port}")
    assert RequestValidator(emulator.auth[1]).validate(url, dict(form), signature)


def test_a_redirect_is_not_followed(listener: Listener) -> None:
    listener.answer = (302, {"Location": f"http://127.0.0.1:{listener.server_port}/elsewhere"})
    emulator, service = scene(f"http://127.0.0.1:{listener.server_port}/hook")
    send(emulator, service)
    assert [one.status for one in emulator.callbacks.drain()] == [302]
    assert [path for path, *_ in listener.got] == ["/hook"]


def test_a_refused_connection_counts_as_no_response() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    emulator, service = scene(f"http://127.0.0.1:{port}/")
    send(emulator, service)
    attempts = emulator.callbacks.drain()
    assert [one.status for one in attempts] == [None] * 3
    assert attempts[0].reason.startswith("no response: ")


def test_a_silent_server_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        emulator, service = scene(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        emulator.callbacks.timeout = 0.05
        send(emulator, service)
        attempts = emulator.callbacks.drain()
    assert ["timed out" in one.reason for one in attempts] == [True] * 3


def test_callbacks_are_sent_automatically_beside_a_server(listener: Listener) -> None:
    emulator, service = scene(f"http://127.0.0.1:{listener.server_port}/hook")
    answered = threading.Event()
    emulator.journal.subscribe(lambda exchange: answered.set() if exchange.name == "callback.post" else None)
    emulator.callbacks.start()
    try:
        send(emulator, service)
        assert answered.wait(20)
    finally:
        emulator.close()
    assert len(listener.got) == 1


# --- forbidden hosts --------------------------------------------------------------------------------------------------

FOREIGN = [
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://[::ffff:10.0.0.1]/",
    "http://127.1/",
    "http://[::1%25lo]/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://example.com/",
    "http://localhost.example.com/",
    "http://user@localhost/",
    "http://localhost@example.com/",
    "http://localhost\\@example.com/",
    "http://example.com#@localhost/",
    "http://localhost:99999/",
    "https://a..localhost/",
    f"https://{'a' * 64}.localhost/",
    "http://localhost:x/",
    "http://",
    "http:///path",
    "//localhost/",
    "file:///etc/passwd",
    "gopher://localhost/",
    "javascript:alert(1)",
    "http://[localhost/",
    "http://local host/",
    "http://localhost/\r\nX: y",
    "http://ⓛocalhost/",
    "Hello",
    "",
]


@pytest.mark.parametrize("url", FOREIGN)
def test_a_foreign_or_invalid_url_is_never_called(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_lookup(*_: object, **__: object) -> None:
        raise AssertionError("looked up or connected to")

    monkeypatch.setattr(socket, "getaddrinfo", no_lookup)
    monkeypatch.setattr(socket.socket, "connect", no_lookup)
    with pytest.raises(Forbidden):
        find_target(url, frozenset())


def test_a_foreign_url_is_an_alert_and_not_retried() -> None:
    emulator, service = scene("http://169.254.169.254/x")
    send(emulator, service)
    (attempt,) = emulator.callbacks.drain()
    assert (attempt.status, attempt.reason) == (
        None,
        "169.254.169.254 is not this machine; add it to callback_hosts to allow it, "
        "or in a test mount your app with callbacks.mount(app)",
    )
    assert [alert.problem.code for alert in emulator.deliveries.alerts] == [52311]


def answering(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.mark.parametrize(
    "host", ["localhost", "app.localhost", "LOCALHOST", "localhost.", "127.0.0.1", "127.8.9.10", "[::1]"]
)
def test_this_machine_is_recognized_without_a_lookup(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "10.0.0.1")
    addresses = find_target(f"http://{host}:5000/x", frozenset()).addresses
    assert set(addresses) <= {"127.0.0.1", "::1", host}


@pytest.mark.parametrize("host", ["a" * 64 + ".internal", "no-such-host.invalid"])
def test_an_allowed_name_without_an_address_is_refused(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(host: str, *_: object, **__: object) -> None:
        host.encode("idna")
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Forbidden, match=r"has no address|is not a host name"):
        find_target(f"http://{host}/", frozenset({host}))


def test_an_allowed_host_may_have_any_address(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "10.0.0.1")
    target = find_target("https://App.internal:8443/x?y", frozenset({"app.internal"}))
    assert target == ("https", "app.internal", 8443, "/x?y", ("10.0.0.1",))
    with pytest.raises(Forbidden):
        find_target("http://other.internal/", frozenset({"app.internal"}))


@pytest.mark.parametrize(
    "host", ["http://x", "a:", "a:0", "a:x", "a:65536", "a:80:80", "::1", "[a]", "[::1", "[::1]x", "", "a b", "a@b", 7]
)
def test_a_bad_host_is_refused(host: Any) -> None:
    with pytest.raises(UsageError, match="is not a host name"):
        Emulator(callback_hosts=[host])


def test_a_signature_over_repeated_names_equals_twilios() -> None:
    form = MultiDict([("b", "2"), ("b", "1"), ("b", "2"), ("a", "é")])
    signed = sign("token", "https://x.example/p", form.items(multi=True))
    assert signed == RequestValidator("token").compute_signature("https://x.example/p", form)


# --- the control API --------------------------------------------------------------------------------------------------


def test_the_control_api_shows_and_drains() -> None:
    emulator, service = scene("http://chat.example/secret-path?token=hush")
    emulator.callbacks.mount(Inbox().app)
    sid = send(emulator, service, 2)
    client = emulator.app.test_client()
    waiting = client.get("/_mock/callbacks")
    assert "hush" not in waiting.text
    assert [(one["notification_sid"], one["count"]) for one in waiting.get_json()["callbacks"]] == [(sid, 2)]
    assert [one["status"] for one in client.post("/_mock/callbacks").get_json()["exchanges"]] == [204]
    found = client.get(f"/_mock/deliveries?notification={sid}&channel=sms&state=sent&address=%2B491").get_json()
    assert [one["payload"]["body"] for one in found["deliveries"]] == ["B"]
    assert client.get("/_mock/deliveries?code=52301").get_json() == {"deliveries": [], "alerts": [], "count": 2}
    for query in ("colour=red", "channel=pager", "code=x", "state=sent&state=failed"):
        assert client.get(f"/_mock/deliveries?{query}").status_code == 400


def test_concurrent_drains_send_each_callback_once() -> None:
    emulator, service = scene()
    inbox = Inbox()
    emulator.callbacks.mount(inbox.app)
    for _ in range(40):
        send(emulator, service)
    threads = [threading.Thread(target=emulator.callbacks.drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({form["NotificationSid"] for _, form, _ in inbox.got}) == len(inbox.got) == 40


def test_a_password_in_a_url_is_not_logged(emulator: Emulator) -> None:
    service = emulator.services.add(messaging_service_sid=MG).sid
    send(emulator, service, DeliveryCallbackUrl="https://user:hush@chat.example/x")
    emulator.callbacks.drain()
    assert "hush" not in f"{emulator.journal} {emulator.deliveries.alerts}"


def test_the_token_is_not_in_any_text() -> None:
    emulator, service = scene()
    emulator.callbacks.mount(Inbox().app)
    send(emulator, service)
    waiting = repr(emulator.callbacks.waiting)
    emulator.callbacks.drain()
    shown = f"{emulator.journal} {emulator.journal.last!r} {emulator.callbacks!r} {emulator.deliveries!r} {waiting}"
    assert emulator.auth[1] not in shown
