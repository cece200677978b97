"""What clients of many languages do on the wire: protocol versions, upgrades, TLS in pieces, both IP versions."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress

import pytest
from helpers.calls import basic
from helpers.raw_http import ESTABLISHED, dial, read_answer, read_answers, send, tunnel_to

from notify_mock import Emulator
from notify_mock.server.tls import Tls

pytestmark = pytest.mark.usefixtures("each_loop")

AUTHORIZED = f"Authorization: {basic('ACx', 'y')}\r\n"
SIGNED = f"Host: x\r\n{AUTHORIZED}"
LIST = f"GET /v1/Credentials HTTP/1.1\r\n{SIGNED}\r\n".encode()
LAST_LIST = LIST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
CREATE = f"POST /v1/Credentials HTTP/1.1\r\n{SIGNED}Content-Type: application/x-www-form-urlencoded\r\n"
FORM = "Type=fcm&Secret=abc"
CONNECT = b"CONNECT notify.twilio.com:443 HTTP/1.1\r\n\r\n"
OK, CREATED = "HTTP/1.1 200 OK", "HTTP/1.1 201 CREATED"


def answers_to(served: Emulator, data: bytes) -> list[str]:
    with dial(served.url) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return [answer.status for answer in read_answers(connection)]


class TestHttp:
    def test_an_http_1_0_client_may_keep_the_connection(self, served: Emulator) -> None:
        kept = f"GET /v1/Credentials HTTP/1.0\r\n{AUTHORIZED}Connection: Keep-Alive\r\n\r\n".encode()
        with dial(served.url) as connection:
            for _ in range(2):
                connection.sendall(kept)
                answer = read_answer(connection)
                assert (answer.status, answer.header("Connection")) == (OK, "keep-alive")
            connection.sendall(kept.replace(b"Connection: Keep-Alive\r\n", b""))
            assert read_answer(connection).header("Connection") == "close"
            assert connection.recv(1) == b""

    @pytest.mark.parametrize("body", [f"Content-Length: {len(FORM)}\r\n\r\n{FORM}", ""], ids=["length", "chunked"])
    def test_an_upgrade_to_http_2_with_a_body_is_ignored(self, served: Emulator, body: str) -> None:
        """Java's HttpClient asks for it with every first request."""
        chunked = f"Transfer-encoding: chunked\r\n\r\n{len(FORM):x}\r\n{FORM}\r\n0\r\n\r\n"
        upgrade = "Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\n"
        data = f"{CREATE}{upgrade}Upgrade: h2c\r\n{body or chunked}".encode()
        assert answers_to(served, data + LIST) == [CREATED, OK]

    @pytest.mark.parametrize("upgrade", ["websocket", "h2c", "HTTP/2.0"])
    def test_an_upgrade_of_a_get_is_ignored(self, served: Emulator, upgrade: str) -> None:
        data = LIST.replace(b"\r\n\r\n", f"\r\nConnection: Upgrade\r\nUpgrade: {upgrade}\r\n\r\n".encode())
        assert answers_to(served, data + LIST) == [OK, OK]

    def test_the_http_2_preface_is_refused(self, served: Emulator) -> None:
        assert answers_to(served, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == ["HTTP/1.1 400 BAD REQUEST"]

    def test_a_client_that_waits_for_100_continue_gets_it_before_its_body(self, served: Emulator) -> None:
        with dial(served.url) as connection:
            for _ in range(2):
                connection.sendall(f"{CREATE}Content-Length: {len(FORM)}\r\nExpect: 100-Continue\r\n\r\n".encode())
                assert connection.recv(25, socket.MSG_WAITALL) == b"HTTP/1.1 100 Continue\r\n\r\n"
                connection.sendall(FORM[:5].encode())
                connection.sendall(FORM[5:].encode())
                assert read_answer(connection).status == CREATED

    def test_an_http_1_0_client_is_sent_no_100_continue(self, served: Emulator) -> None:
        """It would take it for the response (RFC 9110, 10.1.1)."""
        head = CREATE.replace("HTTP/1.1", "HTTP/1.0") + f"Content-Length: {len(FORM)}\r\nExpect: 100-continue\r\n\r\n"
        assert answers_to(served, (head + FORM).encode()) == [CREATED]

    @pytest.mark.parametrize(("count", "status"), [(1, OK), (8, OK), (9, "HTTP/1.1 400 BAD REQUEST"), (1000, None)])
    def test_a_few_blank_lines_between_requests_are_ignored(
        self, served: Emulator, count: int, status: str | None
    ) -> None:
        found = answers_to(served, LIST + b"\r\n" * count + LIST)
        assert found == [OK, status or "HTTP/1.1 400 BAD REQUEST"]

    def test_a_request_may_arrive_byte_by_byte(self, served: Emulator) -> None:
        data = b"\r\n" + f"{CREATE}Transfer-Encoding: chunked\r\n\r\n13;a=b\r\n{FORM}\r\n0\r\nX: y\r\n\r\n".encode()
        with dial(served.url) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for byte in data + LAST_LIST:
                connection.sendall(bytes([byte]))
            assert [answer.status for answer in read_answers(connection)] == [CREATED, OK]


class TestTls:
    @pytest.fixture
    def context(self) -> ssl.SSLContext:
        return Tls().client_context

    @pytest.fixture
    def secure(self) -> Iterator[Emulator]:
        with Emulator(tls=True) as emulator:
            yield emulator

    def test_the_handshake_may_be_in_the_segment_of_the_connect(
        self, served: Emulator, context: ssl.SSLContext
    ) -> None:
        with dial(served.url) as connection:
            pipe = Pipe(connection, context, ahead=CONNECT)
            pipe.send(LIST)
            assert pipe.read_until(b'"key": "credentials"')

    @pytest.mark.parametrize("through", ["the port", "a tunnel"])
    def test_tls_may_arrive_byte_by_byte(self, secure: Emulator, context: ssl.SSLContext, through: str) -> None:
        with (
            dial(secure.url) if through == "the port" else tunnel_to(secure.url, "notify.twilio.com:443") as connection
        ):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pipe = Pipe(connection, context, size=1)
            pipe.send(LIST)
            assert pipe.read_until(b'"key": "credentials"')

    @pytest.mark.parametrize("leaves", ["without notice", "with notice", "and closes its half"])
    def test_a_client_may_leave(self, secure: Emulator, context: ssl.SSLContext, leaves: str) -> None:
        with dial(secure.url) as connection:
            pipe = Pipe(connection, context)
            pipe.send(LIST)
            assert pipe.read_until(b'"key": "credentials"')
            if leaves != "without notice":
                pipe.say_goodbye()
            if leaves != "with notice":
                connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        assert send(secure.url, LAST_LIST).status == OK

    def test_a_response_to_a_client_that_has_said_goodbye_is_sent(
        self, secure: Emulator, context: ssl.SSLContext
    ) -> None:
        with dial(secure.url) as connection:
            pipe = Pipe(connection, context)
            pipe.send(LIST * 3, goodbye=True)
            assert pipe.read_to_the_end().count(b"HTTP/1.1 200 OK") == 3

    @pytest.mark.parametrize("ahead", [False, True])
    def test_a_connect_over_tls_for_plain_http(self, secure: Emulator, context: ssl.SSLContext, ahead: bool) -> None:
        connect = CONNECT.replace(b":443", b":80")
        with dial(secure.url) as connection:
            pipe = Pipe(connection, context)
            pipe.send(connect + LIST if ahead else connect)
            pipe.read_until(ESTABLISHED)
            if not ahead:
                pipe.send(LIST)
            assert pipe.read_until(b'"key": "credentials"')

    def test_large_pages_arrive_whole(self, secure: Emulator, context: ssl.SSLContext) -> None:
        for number in range(1000):
            secure.credentials.add(type="fcm", friendly_name=f"{number:04}" * 16)
        head = f"Host: x\r\nAuthorization: {basic(*secure.auth)}\r\nConnection: close\r\n\r\n"
        page = f"GET /v1/Credentials?PageSize=1000 HTTP/1.1\r\n{head}"
        with context.wrap_socket(dial(secure.url), server_hostname="notify.twilio.com") as connection:
            connection.sendall(page.encode())
            (answer,) = read_answers(connection)
        assert len(json.loads(answer.body)["credentials"]) == 1000


class Pipe:
    """TLS of a client, in segments of ``size`` bytes. ``ahead`` is sent in the first segment of the handshake."""

    def __init__(
        self, connection: socket.socket, context: ssl.SSLContext, *, ahead: bytes = b"", size: int = 65536
    ) -> None:
        self._connection, self._size = connection, size
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_hostname="notify.twilio.com")
        self._plain = b""
        self._has_ahead = bool(ahead)
        while True:
            try:
                self._session.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._flush(ahead)
                ahead = b""
                self._receive()
        self._flush()

    def send(self, data: bytes, *, goodbye: bool = False) -> None:
        self._session.write(data)
        if goodbye:
            self._end()
        self._flush()

    def say_goodbye(self) -> None:
        self._end()
        self._flush()

    def read_until(self, text: bytes) -> bool:
        while text not in self._plain:
            if not self._read():
                return False
        return True

    def read_to_the_end(self) -> bytes:
        while self._read():
            pass
        return self._plain

    def _end(self) -> None:
        with suppress(ssl.SSLWantReadError):
            self._session.unwrap()

    def _read(self) -> bool:
        while True:
            try:
                piece = self._session.read(65536)
            except ssl.SSLWantReadError:
                if not self._receive():
                    return False
            except ssl.SSLZeroReturnError:
                return False
            else:
                self._plain += piece
                return bool(piece)

    def _flush(self, ahead: bytes = b"") -> None:
        data = ahead + self._outgoing.read()
        for at in range(0, len(data), self._size):
            self._connection.sendall(data[at : at + self._size])

    def _receive(self) -> bool:
        data = self._connection.recv(65536)
        if self._has_ahead:
            assert data.startswith(ESTABLISHED)
            data, self._has_ahead = data[len(ESTABLISHED) :], False
            data = data or self._connection.recv(65536)
        self._incoming.write(data)
        return bool(data)


def test_both_ip_versions_are_served_on_all_addresses() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this system has no IPv6")
    with Emulator(host="::", control_token="t") as emulator:
        port = emulator.url.rpartition(":")[2]
        for host in ("127.0.0.1", "[::1]"):
            body = send(f"http://{host}:{port}", LAST_LIST.replace(b"Host: x", f"Host: {host}:{port}".encode())).body
            assert json.loads(body)["meta"]["url"].startswith(f"http://{host}:{port}/v1/")
        old = send(f"http://[::1]:{port}", f"GET /v1/Credentials HTTP/1.0\r\n{AUTHORIZED}\r\n".encode())
        assert json.loads(old.body)["meta"]["url"].startswith(f"http://[::]:{port}/v1/")
