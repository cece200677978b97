"""The server: binding, starting and stopping, without leaks."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from helpers.calls import basic
from helpers.raw_http import send

from notify_mock import Emulator, UsageError
from notify_mock.server.server import Server
from notify_mock.server.shared_server import SharedServer


def ask(url: str, emulator: Emulator) -> bytes:
    return send(
        url,
        f"GET /v1/Credentials HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(*emulator.auth)}\r\n"
        "Connection: close\r\n\r\n".encode(),
    ).body


def test_a_port_in_use_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"port: {port} on 127.0.0.1 is already in use"):
            Server("127.0.0.1", port)
        with pytest.raises(UsageError, match=f"port: {port}"):
            _ = Emulator(port=port).url


@pytest.mark.parametrize("address", [("256.0.0.1", 0), ("no.such.host.invalid", 0)])
def test_an_address_the_server_cannot_listen_on_is_an_error(address: tuple[str, int]) -> None:
    with pytest.raises(UsageError, match="cannot listen on"):
        Server(*address)


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("127.0.0.1", 70_000, "port: 70000 is not a port"),
        ("127.0.0.1", "80", "port: '80' is not a port"),
        ("127.0.0.1", True, "port: True is not a port"),
        ("", 0, "host: '' is not an address"),
        ("a\0b", 0, "is not an address"),
        (None, 0, "host: None is not an address"),
    ],
)
def test_a_bad_address_is_an_error_on_construction(host: object, port: object, expected: str) -> None:
    for make in (Emulator, SharedServer):
        with pytest.raises(UsageError) as caught:
            make(host=host, port=port)  # type: ignore[arg-type]
        assert expected in str(caught.value)


@pytest.mark.usefixtures("no_thread_left")
def test_stopping_leaves_no_thread_and_no_open_connection() -> None:
    emulator = Emulator()
    idle = socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2])))
    ask(emulator.url, emulator)
    emulator.close()
    idle.settimeout(10)
    assert idle.recv(1) == b""
    idle.close()


def test_a_closed_emulator_serves_again_with_its_state() -> None:
    emulator = Emulator()
    emulator.credentials.add(type="fcm")
    first = emulator.url
    emulator.close()
    emulator.close()
    assert b'"type": "fcm"' in ask(emulator.url, emulator)
    emulator.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(first.rpartition(":")[2])))


def test_a_with_block_serves_a_fixed_port_and_frees_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Emulator(port=port) as emulator:
        assert emulator.url == f"http://127.0.0.1:{port}"
        assert ask(f"http://127.0.0.1:{port}", emulator)
    with Emulator(port=port) as emulator:
        assert ask(f"http://127.0.0.1:{port}", emulator)


def test_an_ipv6_url_has_brackets() -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with Emulator(host="::1") as emulator:
        assert emulator.url.startswith("http://[::1]:")
        assert b'"credentials": []' in ask(emulator.url, emulator)


def test_a_client_that_disconnects_early_does_not_affect_others(served: Emulator) -> None:
    port = int(served.url.rpartition(":")[2])
    for start in (
        b"",
        b"POST /v1/Cred",
        b"POST /v1/Credentials HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nType=fcm&Sec",
    ):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(start)
    assert b'"credentials": []' in ask(served.url, served)
    assert len(served.credentials) == 0


def test_many_idle_connections_do_not_block_a_call(served: Emulator) -> None:
    port = int(served.url.rpartition(":")[2])
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
    assert b'"credentials": []' in ask(served.url, served)
    for connection in idle:
        connection.close()


@pytest.mark.usefixtures("no_thread_left")
def test_a_shared_server_serves_the_mounted_emulator() -> None:
    shared = SharedServer()
    assert repr(shared) == "<SharedServer not started>"
    one = Emulator(server=shared)
    one.credentials.add(type="fcm")
    assert repr(shared) == "<SharedServer not started>"
    assert one.url == shared.url
    assert b'"type": "fcm"' in ask(shared.url, one)
    one.close()
    assert b"no test that uses notify_mock is running" in ask(shared.url, one)
    two = Emulator(server=shared, seed=2)
    one.close()
    assert b'"credentials": []' in ask(shared.url, two)
    assert one.url == two.url
    assert b'"credentials": []' in ask(shared.url, two)
    two.close()
    shared.stop()
    shared.stop()


def test_many_threads_that_read_the_url_start_one_server() -> None:
    emulator = Emulator()
    with ThreadPoolExecutor(16) as pool:
        urls = list(pool.map(lambda _: emulator.url, range(64)))
    emulator.close()
    assert len(set(urls)) == 1


def test_a_late_request_is_logged_and_answered_400(caplog: pytest.LogCaptureFixture) -> None:
    shared = SharedServer()
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(f"{shared.url}/v1/Credentials?Secret=hush")
    shared.stop()
    assert "GET /v1/Credentials: no test that uses notify_mock is running" in caplog.text
    assert "hush" not in caplog.text
