"""Web pages of other machines, and where the callback URLs that they set may lead."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from helpers.calls import basic

from notify_mock import Emulator
from notify_mock.callbacks.target import Forbidden, find_target
from notify_mock.server.shared_server import SharedServer
from notify_mock.support.address import foreign_origin, read_hosts
from notify_mock.twilio_api.messages import read

EVIL = "http://evil.example"
FOREIGN_ORIGINS = [
    *(
        EVIL,
        "https://evil.example:3000",
        "null",
        "",
        "file://",
        "localhost",
        "http://",
        "http://localhost.evil.example",
    ),
    *("http://127.0.0.1.evil.example", "http://localhost@evil.example", "http://localhost, http://evil.example"),
    *("chrome-extension://localhost", "http://[evil", "http://127.1", "http://192.168.0.1:3000", "http://localhost/x"),
]
LOCAL_ORIGINS = [
    *("http://localhost", "http://localhost:3000", "https://LOCALHOST:3000", "http://127.0.0.1:5173"),
    *("http://[::1]:3000", "http://app.localhost:3000", "http://127.8.9.10"),
]


def post(emulator: Emulator, path: str, origin: str | None = None, **parameters: str) -> Any:
    """Send a request as a page of ``origin`` does, or as a client that is no browser; return its JSON."""
    headers = {"authorization": basic(*emulator.auth), "content-type": "application/x-www-form-urlencoded"}
    headers |= {} if origin is None else {"origin": origin}
    body = urlencode(parameters).encode()
    answer = emulator.handle(read("POST", f"/v1/Services{path}", host="localhost", headers=headers, body=body))
    assert answer.status < 300, answer.body
    return json.loads(answer.body)


def make(emulator: Emulator, origin: str | None, url: str) -> str:
    sent = {"DeliveryCallbackUrl": url, "DeliveryCallbackEnabled": "true", "MessagingServiceSid": "MG" + "0" * 32}
    return post(emulator, "", origin, **sent)["sid"]  # type: ignore[no-any-return]


def notify(emulator: Emulator, service: str, origin: str | None = None, **parameters: str) -> None:
    binding = json.dumps({"binding_type": "sms", "address": "+491"})
    post(emulator, f"/{service}/Notifications", origin, ToBinding=binding, Body="B", **parameters)


def reason(emulator: Emulator) -> str:
    """Send the waiting callback, which must be refused for good; return the reason."""
    (attempt,) = emulator.callbacks.drain()
    assert attempt.status is None
    assert [alert.problem.reason for alert in emulator.deliveries.alerts] == [attempt.reason]
    return attempt.reason


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return int(closed.getsockname()[1])


# --- the emulator itself ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", [EVIL, "http://localhost:3000", None])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "x.localhost", "127.0.0.2"])
def test_a_callback_never_goes_to_the_emulator_itself(served: Emulator, host: str, origin: str | None) -> None:
    port = served.url.rpartition(":")[2]
    notify(served, make(served, origin, f"http://{host}:{port}/_mock/reset"))
    assert ("is the emulator's own" if origin != EVIL else EVIL) in reason(served)
    assert len(served.services) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_no_option_lets_a_callback_reach_the_emulator_itself(host: str) -> None:
    with Emulator(callback_hosts=["127.0.0.1", "0.0.0.0"]) as emulator:
        notify(emulator, make(emulator, EVIL, f"{emulator.url.replace('127.0.0.1', host)}/_mock/reset"))
        assert "is the emulator's own" in reason(emulator)
        assert len(emulator.services) == 1


def test_the_same_port_of_another_machine_is_not_its_own(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(served.url.rpartition(":")[2])
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("198.51.100.7", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    target = find_target(f"http://app.internal:{port}/", read_hosts("app.internal"), served.own_ports)
    assert target.addresses == ("198.51.100.7",)


def test_a_server_tells_its_emulator_the_port_while_it_serves_it() -> None:
    one, other = Emulator(), Emulator()
    server = SharedServer()
    server.mount(one)
    port = server.server.address[1]
    assert (one.own_ports, other.own_ports) == ({port}, set())
    server.mount(other)
    assert (one.own_ports, other.own_ports) == (set(), {port})
    server.stop()
    assert other.own_ports == set()


def test_a_callback_does_not_command_another_emulator(served: Emulator) -> None:
    other = Emulator()
    service = make(other, None, f"{served.url}/_mock/reset")
    make(served, None, "http://localhost/")
    notify(other, service)
    assert [attempt.status for attempt in other.callbacks.drain()] == [403]
    assert len(served.services) == 1


# --- web pages of other machines --------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_page_of_another_machine_is_foreign(origin: str) -> None:
    assert foreign_origin(origin) == (origin or "null")


@pytest.mark.parametrize("origin", [*LOCAL_ORIGINS, None])
def test_a_page_of_this_machine_and_a_client_that_is_no_browser_are_not_foreign(origin: str | None) -> None:
    assert foreign_origin(origin) == ""


def test_a_long_origin_is_not_kept_whole() -> None:
    assert len(foreign_origin("http://" + "x" * 5000)) == 255


def _created(emulator: Emulator, url: str) -> None:
    notify(emulator, make(emulator, EVIL, url))


def _updated(emulator: Emulator, url: str) -> None:
    service = make(emulator, None, "http://localhost/")
    post(emulator, f"/{service}", EVIL, DeliveryCallbackUrl=url)
    notify(emulator, service)


def _sent(emulator: Emulator, url: str) -> None:
    notify(emulator, make(emulator, None, "http://localhost/"), EVIL, DeliveryCallbackUrl=url)


WAYS = [_created, _updated, _sent]


@pytest.mark.parametrize("way", WAYS)
def test_a_port_named_by_a_page_of_another_machine_is_refused(way: Callable[[Emulator, str], None]) -> None:
    emulator, port = Emulator(frozen="2030-01-01"), closed_port()
    way(emulator, f"http://127.0.0.1:{port}/x")
    assert reason(emulator) == (
        "the callback URL was set by a web page of another machine, 'http://evil.example'; "
        f"add localhost:{port} to callback_hosts to allow it"
    )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("named", ["127.0.0.1:{}", "localhost:{}", "[::1]:{}", "localhost", "127.0.0.1"])
def test_a_port_that_the_user_named_is_allowed(way: Callable[[Emulator, str], None], named: str) -> None:
    port = closed_port()
    emulator = Emulator(frozen="2030-01-01", callback_hosts=[named.format(port)])
    way(emulator, f"http://127.0.0.1:{port}/x")
    assert "Connection refused" in emulator.callbacks.drain()[0].reason


@pytest.mark.parametrize("way", WAYS)
def test_a_mounted_app_is_allowed(way: Callable[[Emulator, str], None]) -> None:
    emulator, app = Emulator(), Flask("app")
    app.add_url_rule("/x", "x", lambda: "", methods=["POST"])
    emulator.callbacks.mount(app)
    way(emulator, "http://127.0.0.1:5000/x")
    assert [attempt.status for attempt in emulator.callbacks.drain()] == [200]


@pytest.mark.parametrize("url", ["http://127.0.0.1:5001/", "http://app.internal:8080/", "https://app.internal/"])
def test_a_host_with_a_port_allows_no_other_port(url: str) -> None:
    allowed = read_hosts(["127.0.0.1:5000", "app.internal:80", "[fd00::1]:80"])
    with pytest.raises(Forbidden):
        find_target(url, allowed, origin=EVIL)


@pytest.mark.parametrize("origin", [*LOCAL_ORIGINS, None])
def test_a_front_end_of_this_machine_can_name_any_port(origin: str | None) -> None:
    emulator = Emulator(frozen="2030-01-01")
    notify(emulator, make(emulator, origin, f"http://localhost:{closed_port()}/x"))
    assert "Connection refused" in emulator.callbacks.drain()[0].reason


def test_a_page_cannot_make_its_url_that_of_the_user_or_the_reverse() -> None:
    emulator = Emulator()
    service = make(emulator, EVIL, "http://localhost/")
    post(emulator, f"/{service}", "http://localhost:3000", FriendlyName="x")
    assert emulator.services[service].callback_origin == EVIL
    post(emulator, f"/{service}", "http://localhost:3000", DeliveryCallbackUrl="http://localhost/")
    assert emulator.services[service].callback_origin == ""
    post(emulator, f"/{service}", EVIL, FriendlyName="x", DeliveryCallbackEnabled="false")
    assert emulator.services[service].callback_origin == ""


def test_a_page_can_cause_the_callbacks_that_the_user_set_up() -> None:
    url = f"http://127.0.0.1:{closed_port()}/x"
    seeded = {"delivery_callback_url": url, "delivery_callback_enabled": True, "messaging_service_sid": "MG" + "0" * 32}
    emulator = Emulator(frozen="2030-01-01", data={"services": [seeded]})
    notify(emulator, next(iter(emulator.services)), EVIL)
    assert "Connection refused" in emulator.callbacks.drain()[0].reason


def test_the_origin_is_exported_and_imported_but_not_in_twilios_json() -> None:
    emulator = Emulator()
    service = make(emulator, EVIL, "http://localhost/")
    assert "callback_origin" not in post(emulator, f"/{service}")
    exported = emulator.app.test_client().get("/_mock/state").get_json()
    imported = Emulator(data={"services": exported["services"]})
    assert imported.services[service].callback_origin == EVIL
    emulator.reset()
    assert len(emulator.services) == 0
