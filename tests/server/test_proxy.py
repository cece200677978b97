"""The server as a forward proxy: impersonates Twilio's hosts, tunnels to or refuses others, never reaches Twilio."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import httpx
import pytest
import requests
import urllib3
from helpers.calls import basic
from helpers.held_calls import waits
from helpers.raw_http import ESTABLISHED, Raw, dial, read_answer, send, split, tunnel_to

from notify_mock import Delay, Drop, Emulator, Hang, Refuse, Reset, Truncate, UsageError
from notify_mock.server.connections import half_of_the_limit
from notify_mock.server.server import Server
from notify_mock.server.tls import Tls
from notify_mock.twilio_api.hosts import Destination, is_twilio

SIGNED = f"Authorization: {basic('ACx', 'y')}\r\n"
LIST = f"GET /v1/Credentials HTTP/1.1\r\nHost: notify.twilio.com\r\n{SIGNED}\r\n".encode()
LAST_LIST = LIST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@pytest.fixture
def bundles() -> ssl.SSLContext:
    return Tls().client_context


def send_all_and_read_to_the_end(connection: socket.socket, data: bytes) -> bytes:
    answer = b""
    with suppress(ConnectionResetError):
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(65536):
            answer += piece
    return answer


def urls_in(raw: Raw) -> str:
    return str(json.loads(raw.body)["meta"]["url"])


class TestImpersonation:
    def test_the_response_to_connect_is_only_the_status_line(self, served: Emulator) -> None:
        with tunnel_to(served.url, "notify.twilio.com:443") as connection:
            connection.settimeout(0.1)
            with pytest.raises(TimeoutError):
                connection.recv(1)

    @pytest.mark.parametrize("host", ["notify.twilio.com", "chat.dublin.ie1.twilio.com", "NOTIFY.us1.Twilio.com."])
    def test_tls_uses_a_certificate_for_the_host(self, served: Emulator, bundles: ssl.SSLContext, host: str) -> None:
        plain = host.lower().rstrip(".")
        with bundles.wrap_socket(tunnel_to(served.url, f"{host}:443"), server_hostname=plain) as connection:
            connection.sendall(b"GET /v2/Nothing HTTP/1.1\r\nHost: anything\r\n\r\n")
            answer = read_answer(connection)
        assert dict(answer.headers)["X-API-Domain"] == plain.split(".")[0] + ".twilio.com"

    def test_a_tunnel_carries_many_requests(self, served: Emulator, bundles: ssl.SSLContext) -> None:
        with bundles.wrap_socket(
            tunnel_to(served.url, "notify.twilio.com:443"), server_hostname="notify.twilio.com"
        ) as connection:
            for _ in range(3):
                connection.sendall(LIST)
                answer = read_answer(connection)
                assert (answer.status, answer.header("Connection")) == ("HTTP/1.1 200 OK", "keep-alive")
                assert urls_in(answer).startswith("https://notify.twilio.com/v1/Credentials?")
        assert len(served.journal) == 3

    def test_http_1_1_is_negotiated(self, served: Emulator) -> None:
        modern = ssl.create_default_context(cadata=Tls().authority.pair().certificate)
        modern.set_alpn_protocols(["h2", "http/1.1"])
        with modern.wrap_socket(
            tunnel_to(served.url, "notify.twilio.com:443"), server_hostname="notify.twilio.com"
        ) as connection:
            assert connection.selected_alpn_protocol() == "http/1.1"

    def test_links_keep_an_odd_port(self, served: Emulator, bundles: ssl.SSLContext) -> None:
        with bundles.wrap_socket(
            tunnel_to(served.url, "notify.twilio.com:8443"), server_hostname="notify.twilio.com"
        ) as connection:
            connection.sendall(LIST)
            assert urls_in(read_answer(connection)).startswith("https://notify.twilio.com:8443/v1/")

    def test_plain_http_in_a_tunnel_is_answered(self, served: Emulator) -> None:
        with tunnel_to(served.url, "notify.twilio.com:80") as connection:
            connection.sendall(LIST)
            assert urls_in(read_answer(connection)).startswith("http://notify.twilio.com/v1/")

    def test_bytes_sent_with_the_connect_are_not_lost(self, served: Emulator) -> None:
        with dial(served.url) as connection:
            connection.sendall(b"CONNECT notify.twilio.com:80 HTTP/1.1\r\n\r\n" + LIST)
            assert connection.recv(len(ESTABLISHED), socket.MSG_WAITALL) == ESTABLISHED
            assert read_answer(connection).status == "HTTP/1.1 200 OK"

    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_an_absolute_target_names_the_host(self, served: Emulator, scheme: str) -> None:
        answer = send(
            served.url,
            f"GET {scheme}://notify.twilio.com/v1/Credentials HTTP/1.1\r\nHost: example.com\r\n"
            f"{SIGNED}Connection: close\r\n\r\n".encode(),
        )
        assert urls_in(answer).startswith(f"{scheme}://notify.twilio.com/v1/Credentials")

    @pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
    def test_an_absolute_target_may_name_the_server_itself(self, served: Emulator, name: str) -> None:
        port = served.url.rpartition(":")[2]
        target = f"GET http://{name}:{port}/v1/Credentials HTTP/1.1\r\nHost: x\r\n{SIGNED}Connection: close\r\n\r\n"
        assert urls_in(send(served.url, target.encode())).startswith(f"http://{name}:{port}/v1/")

    def test_an_absolute_target_may_name_the_control_api(self, served: Emulator) -> None:
        port = served.url.rpartition(":")[2]
        health = f"GET http://127.0.0.1:{port}/_mock/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
        assert b'"ok"' in send(served.url, f"{health}\r\n".encode()).body

    def test_the_proxy_works_on_ipv6_loopback(self, bundles: ssl.SSLContext) -> None:
        try:
            emulator = Emulator(host="::1")
            emulator.url  # noqa: B018
        except UsageError:
            pytest.skip("this machine has no IPv6")
        with (
            emulator,
            bundles.wrap_socket(
                tunnel_to(emulator.url, "notify.twilio.com:443"), server_hostname="notify.twilio.com"
            ) as connection,
        ):
            connection.sendall(LIST)
            assert read_answer(connection).status == "HTTP/1.1 200 OK"

    def test_faults_break_a_tunnel_like_a_connection(
        self, served: Emulator, bundles: ssl.SSLContext, ca_folder: object
    ) -> None:
        bundle = str(Tls().authority.certificate)
        session = requests.Session()
        session.trust_env = False
        session.proxies = {"https": served.url}
        for effect, error in [
            (Drop(), requests.ConnectionError),
            (Reset(), requests.ConnectionError),
            (Truncate(10), requests.exceptions.ChunkedEncodingError),
        ]:
            phase = "after" if isinstance(effect, Truncate) else "before"
            with served.faults.add("credential.list", effect, phase=phase, times=1), pytest.raises(error):
                session.get("https://notify.twilio.com/v1/Credentials", auth=("ACx", "y"), verify=bundle)
        with served.faults.add("credential.list", Refuse(20429), times=1):
            answer = session.get("https://notify.twilio.com/v1/Credentials", auth=("ACx", "y"), verify=bundle)
        assert answer.status_code == 429
        with served.faults.add("credential.list", Delay(0.01), times=1):
            answer = session.get("https://notify.twilio.com/v1/Credentials", auth=("ACx", "y"), verify=bundle)
        assert answer.status_code == 200
        session.close()

    def test_a_held_call_ends_when_its_client_closes_the_tunnel(
        self, served: Emulator, bundles: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun = waits(monkeypatch)
        ended = threading.Event()
        served.journal.subscribe(lambda _: ended.set())
        served.faults.add("credential.list", Hang(), unused="ignore")
        connection = bundles.wrap_socket(
            tunnel_to(served.url, "notify.twilio.com:443"), server_hostname="notify.twilio.com"
        )
        connection.sendall(LIST)
        assert begun.acquire(timeout=20)
        connection.close()
        assert ended.wait(20)


class TestTlsOnThePort:
    @pytest.fixture
    def url(self) -> Iterator[str]:
        with Emulator(tls=True) as emulator:
            yield emulator.url

    def test_tls_and_plain_http_share_the_port(self, url: str, bundles: ssl.SSLContext) -> None:
        with bundles.wrap_socket(dial(url), server_hostname="notify.twilio.com") as connection:
            connection.sendall(LIST)
            assert urls_in(read_answer(connection)).startswith("https://notify.twilio.com/v1/")
        with dial(url) as connection:
            connection.sendall(LIST)
            assert urls_in(read_answer(connection)).startswith("http://notify.twilio.com/v1/")

    def test_a_client_without_sni_gets_the_certificate_of_notify(self, url: str) -> None:
        careless = ssl.create_default_context(cadata=Tls().authority.pair().certificate)
        careless.check_hostname = False
        with careless.wrap_socket(dial(url)) as connection:
            certificate = connection.getpeercert()
        assert certificate is not None
        assert certificate["subjectAltName"] == (("DNS", "notify.twilio.com"),)

    def test_without_the_option_tls_is_refused_with_a_hint(
        self, served: Emulator, bundles: ssl.SSLContext, caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises(ssl.SSLError):
            bundles.wrap_socket(dial(served.url), server_hostname="notify.twilio.com")
        assert "--tls" in caplog.text


class Elsewhere:
    """Another server. Answers every request with the same response and records it."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                data = b""
                while b"\r\n\r\n" not in data:
                    data += connection.recv(65536)
                head, _, body = data.partition(b"\r\n\r\n")
                length = int(dict(split(data).headers).get("Content-Length", 0))
                while len(body) < length:
                    body += connection.recv(65536)
                self.heads.append(head + b"\r\n\r\n" + body)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")

    def stop(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(20)


class TestOtherHosts:
    @pytest.fixture
    def elsewhere(self) -> Iterator[Elsewhere]:
        server = Elsewhere()
        yield server
        server.stop()

    @pytest.fixture
    def tunnelling(self) -> Iterator[Emulator]:
        with Emulator(other_hosts="tunnel") as emulator:
            yield emulator

    @pytest.mark.parametrize(
        "request_line",
        ["CONNECT example.com:443 HTTP/1.1", "GET http://example.com/ HTTP/1.1", "POST https://example.com HTTP/1.1"],
    )
    def test_they_are_refused_with_their_name(self, served: Emulator, request_line: str) -> None:
        answer = send(served.url, f"{request_line}\r\nHost: example.com\r\n\r\n".encode())
        assert answer.status == "HTTP/1.1 403 example.com is not a Twilio host; use --other-hosts tunnel to allow it"
        assert b"example.com is not a Twilio host" in answer.body
        assert len(served.journal) == 0

    def test_clients_show_the_refusal(self, served: Emulator) -> None:
        with pytest.raises(httpx.ProxyError, match=r"403 example.com is not a Twilio host"):
            httpx.get("https://example.com/", proxy=served.url)

    def test_a_tunnel_carries_bytes_in_both_directions(self, tunnelling: Emulator, elsewhere: Elsewhere) -> None:
        with tunnel_to(tunnelling.url, f"127.0.0.1:{elsewhere.port}") as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_answer(connection).body == b"hi"
        assert len(tunnelling.journal) == 0

    @pytest.mark.parametrize("address", ["8.8.8.8", "134744072", "0x08080808", "010.8.8.8", "8.8"])
    def test_a_public_address_is_refused_in_any_notation(self, tunnelling: Emulator, address: str) -> None:
        answer = send(tunnelling.url, f"CONNECT {address}:443 HTTP/1.1\r\n\r\n".encode())
        assert answer.status.startswith(f"HTTP/1.1 403 {address} is a public address")

    def test_a_request_is_forwarded_without_proxy_headers(self, tunnelling: Emulator, elsewhere: Elsewhere) -> None:
        target = f"http://127.0.0.1:{elsewhere.port}/a?b=c"
        head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nProxy-Authorization: p\r\nA: b\r\n\r\n"
        answer = send(tunnelling.url, f"{head}hello".encode())
        assert answer.body == b"hi"
        (came,) = elsewhere.heads
        assert came.startswith(b"POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")
        assert b"Proxy-" not in came
        assert came.endswith(b"A: b\r\n\r\nhello")

    @pytest.mark.parametrize("named", ["X-Hop", "close, x-hop , TE", "\tX-HOP"])
    def test_headers_named_by_connection_are_not_forwarded(
        self, tunnelling: Emulator, elsewhere: Elsewhere, named: str
    ) -> None:
        target = f"http://127.0.0.1:{elsewhere.port}/"
        head = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: {named}\r\nX-Hop: secret\r\nTE: a\r\nA: b\r\n\r\n"
        assert send(tunnelling.url, head.encode()).body == b"hi"
        (came,) = elsewhere.heads
        assert (b"X-Hop" in came, b"TE: a" in came) == (False, "TE" not in named)
        assert came.endswith(b"\r\nA: b\r\n\r\n")

    @pytest.mark.parametrize(
        ("end", "expected"),
        [("?x=1", "/?x=1"), ("?x=/1", "/?x=/1"), ("", "/"), ("/?x=1", "/?x=1"), ("/a?b=http://c/d", "/a?b=http://c/d")],
    )
    def test_a_forwarded_target_keeps_its_query(
        self, tunnelling: Emulator, elsewhere: Elsewhere, end: str, expected: str
    ) -> None:
        head = f"GET http://127.0.0.1:{elsewhere.port}{end} HTTP/1.1\r\nHost: x\r\n\r\n"
        assert send(tunnelling.url, head.encode()).body == b"hi"
        (came,) = elsewhere.heads
        assert came.startswith(f"GET {expected} HTTP/1.1\r\n".encode())

    @pytest.mark.parametrize(
        "lines", ["Content-Length: 5\x0b", "Content-Length: 5\xa0", "X: a\0b", "X: a\rY: b", "X:\r\n a"]
    )
    def test_a_malformed_request_is_not_forwarded(self, tunnelling: Emulator, elsewhere: Elsewhere, lines: str) -> None:
        head = f"POST http://127.0.0.1:{elsewhere.port}/ HTTP/1.1\r\nHost: x\r\n{lines}\r\n\r\nhello"
        assert send(tunnelling.url, head.encode("latin-1")).status == "HTTP/1.1 400 BAD REQUEST"
        assert not elsewhere.heads

    def test_the_connection_is_closed_after_a_forwarded_request(
        self, tunnelling: Emulator, elsewhere: Elsewhere
    ) -> None:
        first = f"GET http://127.0.0.1:{elsewhere.port}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        second = f"GET http://notify.twilio.com/v1/Credentials HTTP/1.1\r\nHost: x\r\n{SIGNED}\r\n".encode()
        answer = send(tunnelling.url, first + second)
        assert answer.body == b"hi"
        assert all(b"Authorization" not in head for head in elsewhere.heads)

    def test_only_the_body_of_a_request_is_forwarded(self, tunnelling: Emulator, elsewhere: Elsewhere) -> None:
        head = f"POST http://127.0.0.1:{elsewhere.port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe"
        with dial(tunnelling.url) as connection:
            connection.sendall(head.encode())
            connection.sendall(b"llo" + LIST)
            assert read_answer(connection).body == b"hi"
        assert [head.endswith(b"hello") for head in elsewhere.heads] == [True]

    @pytest.mark.parametrize("lengths", ["5\r\nContent-Length: 6", "+5", "5, 5", "x"])
    def test_a_request_with_an_ambiguous_length_is_not_forwarded(
        self, tunnelling: Emulator, elsewhere: Elsewhere, lengths: str
    ) -> None:
        target = (
            f"POST http://127.0.0.1:{elsewhere.port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: {lengths}\r\n\r\nhello"
        )
        assert send(tunnelling.url, target.encode()).status == "HTTP/1.1 400 BAD REQUEST"
        assert not elsewhere.heads

    def test_a_client_that_expects_a_100_gets_it(self, tunnelling: Emulator, elsewhere: Elsewhere) -> None:
        head = (
            f"POST http://127.0.0.1:{elsewhere.port}/ HTTP/1.1\r\nHost: x\r\n"
            "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        )
        with dial(tunnelling.url) as connection:
            connection.sendall(head.encode())
            assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            connection.sendall(b"hello")
            assert read_answer(connection).body == b"hi"

    def test_a_chunked_request_is_not_forwarded(self, tunnelling: Emulator, elsewhere: Elsewhere) -> None:
        start = f"POST http://127.0.0.1:{elsewhere.port}/ HTTP/1.1\r\nHost: x\r\n"
        head = f"{start}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        assert send(tunnelling.url, head.encode()).status == "HTTP/1.1 400 BAD REQUEST"
        assert not elsewhere.heads

    def test_an_unreachable_host_is_answered_502(self, tunnelling: Emulator) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            port = probe.getsockname()[1]
        for line in (f"CONNECT 127.0.0.1:{port}", f"GET http://127.0.0.1:{port}/"):
            answer = send(tunnelling.url, f"{line} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert answer.status == "HTTP/1.1 502 BAD GATEWAY"
            assert f"cannot connect to 127.0.0.1:{port}".encode() in answer.body

    def test_tunnelling_beyond_loopback_is_an_error(self) -> None:
        with pytest.raises(UsageError, match=r"other_hosts: tunnel on 0\.0\.0\.0 would make the server an open proxy"):
            Emulator(host="0.0.0.0", other_hosts="tunnel")
        with pytest.raises(UsageError, match="did you mean tunnel"):
            Emulator(other_hosts="tunel")  # type: ignore[arg-type]


ESCAPE_ATTEMPTS = [
    "CONNECT api.twilio.com:443",
    "CONNECT API.TWILIO.COM.:443",
    "CONNECT twilio.com:443",
    "CONNECT notify.dublin.twilio.com:443",
    "CONNECT notify.twilio.com.:22",
    "CONNECT notify.twilio.com:65535",
    "CONNECT user:pass@notify.twilio.com:443",
    "CONNECT notify.twilio.com@203.0.113.1:443",
    "CONNECT notify%2Etwilio.com:443",
    "CONNECT notify\u3002twilio\u3002com:443",
    "CONNECT \uff4eotify.twilio.com:443",
    "CONNECT notify.twilio.com\x00.example.com:443",
    "CONNECT //notify.twilio.com:443",
    "CONNECT https://notify.twilio.com:443",
    "CONNECT 54.172.60.0:443",
    "CONNECT [2600:1f18::1]:443",
    "GET http://api.twilio.com/2010-04-01/Accounts.json",
    "GET https://api.twilio.com:443/",
    "GET HTTP://API.TWILIO.COM/",
    "GET http://notify.twilio.com:8080/v1/Credentials",
    "GET http://user:pass@api.twilio.com/",
    "GET http://api.twilio.com@203.0.113.1/",
    "GET http://203.0.113.1#@api.twilio.com/",
    "GET http://api.twilio.com?x=1",
    "GET http://api%2etwilio.com/",
    "GET http://api.twilio.com\\@203.0.113.1/",
    "GET //api.twilio.com/",
    "GET ftp://api.twilio.com/",
    "GET api.twilio.com:443",
]


@pytest.mark.parametrize("policy", ["refuse", "tunnel"])
@pytest.mark.parametrize("start", ESCAPE_ATTEMPTS)
@pytest.mark.parametrize("host", ["", "notify.twilio.com", "api.twilio.com", "203.0.113.1"])
def test_no_request_reaches_the_real_twilio(
    policy: str, start: str, host: str, monkeypatch: pytest.MonkeyPatch, two_proxies: dict[str, str]
) -> None:
    connected: list[Destination] = []

    def resolve(destination: Destination) -> list[str]:
        connected.append(destination)
        raise OSError("not in a test")

    monkeypatch.setattr("notify_mock.server.relay.resolve", resolve)
    head = f"{start} HTTP/1.1\r\n" + (f"Host: {host}\r\n" if host else "") + "Connection: close\r\n\r\n"
    with dial(two_proxies[policy]) as connection:
        answer = send_all_and_read_to_the_end(connection, head.encode())
    assert answer.startswith((b"HTTP/1.1 4", ESTABLISHED))
    if answer == ESTABLISHED:
        assert "notify.twilio.com" in start
    assert not [one for one in connected if is_twilio(one.host) or one.host[0].isdigit() or ":" in one.host]


@pytest.fixture(scope="module")
def two_proxies() -> Iterator[dict[str, str]]:
    with Emulator() as refusing, Emulator(other_hosts="tunnel") as tunnelling:
        yield {"refuse": refusing.url, "tunnel": tunnelling.url}


def test_a_redirect_to_the_real_twilio_is_refused(served: Emulator) -> None:
    """The CONNECT that follows a redirect is checked like any other."""
    with pytest.raises(requests.exceptions.ProxyError, match=r"403 api\.twilio\.com is not emulated"):
        requests.get("https://api.twilio.com/redirected", proxies={"https": served.url})
    with pytest.raises(urllib3.exceptions.MaxRetryError, match=r"is not emulated"):
        urllib3.ProxyManager(served.url).request("GET", "https://verify.twilio.com/", retries=0)


def test_neither_bodies_nor_credentials_are_logged(
    served: Emulator, bundles: ssl.SSLContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "very-secret-9f3c"
    body = f"Type=fcm&Secret={secret}"
    head = (
        f"POST /v1/Credentials HTTP/1.1\r\nHost: x\r\nAuthorization: {basic('ACx', secret)}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with bundles.wrap_socket(
        tunnel_to(served.url, "notify.twilio.com:443"), server_hostname="notify.twilio.com"
    ) as connection:
        connection.sendall(f"{head}{body}".encode())
        assert read_answer(connection).status == "HTTP/1.1 201 CREATED"
    send(served.url, f"CONNECT example.com:443 HTTP/1.1\r\nProxy-Authorization: Basic {secret}\r\n\r\n".encode())
    send(served.url, f"GET http://example.com/?token={secret} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert secret not in caplog.text
    assert basic("ACx", secret) not in caplog.text


GARBAGE: list[bytes] = [
    b"CONNECT\r\n\r\n",
    b"CONNECT \r\n\r\n",
    b"CONNECT / HTTP/1.1\r\n\r\n",
    b"CONNECT notify.twilio.com HTTP/1.1\r\n\r\n",
    b"CONNECT notify.twilio.com:443:443 HTTP/1.1\r\n\r\n",
    b"CONNECT notify.twilio.com:99999 HTTP/1.1\r\n\r\n",
    b"CONNECT notify.twilio.com:443 HTTP/1.1\r\nbad header\r\n\r\n",
    b"CONNECT " + b"a" * 70000 + b":443 HTTP/1.1\r\n\r\n",
    b"CONNECT notify.twilio.com:443 HTTP/1.1\r\n\r\n" + b"\x16\x03\x01\xff\xff" + b"\x00" * 100,
    b"\x16\x03\x01\x00\x05hello",
    b"\x00" * 1000,
]


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("tls", [False, True])
def test_garbage_is_refused_and_the_next_client_is_answered(garbage: bytes, tls: bool) -> None:
    with Emulator(tls=tls) as emulator:
        with dial(emulator.url) as connection:
            send_all_and_read_to_the_end(connection, garbage)
        assert (
            send(emulator.url, LIST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")).status == "HTTP/1.1 200 OK"
        )


@pytest.mark.parametrize(
    "hello",
    [b"\x16\x03\x01\x00\x05hello", b"\x16" + b"\xff" * 500, b"\x16", b"\x80\x2e\x01\x00\x02"],
)
def test_tls_garbage_in_a_tunnel_closes_only_that_tunnel(
    served: Emulator, bundles: ssl.SSLContext, hello: bytes
) -> None:
    with tunnel_to(served.url, "notify.twilio.com:443") as connection:
        send_all_and_read_to_the_end(connection, hello)
    with bundles.wrap_socket(
        tunnel_to(served.url, "notify.twilio.com:443"), server_hostname="notify.twilio.com"
    ) as connection:
        connection.sendall(LIST)
        assert read_answer(connection).status == "HTTP/1.1 200 OK"


def test_a_connect_inside_a_tunnel_is_refused(served: Emulator) -> None:
    with tunnel_to(served.url, "notify.twilio.com:80") as connection:
        connection.sendall(b"CONNECT notify.twilio.com:443 HTTP/1.1\r\n\r\n")
        assert read_answer(connection).status == "HTTP/1.1 400 BAD REQUEST"


def test_a_client_that_distrusts_the_authority_does_not_affect_others(served: Emulator) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(
            tunnel_to(served.url, "notify.twilio.com:443"), server_hostname="notify.twilio.com"
        )
    assert len(served.journal) == 0


def half_open(url: str) -> list[Callable[[], socket.socket]]:
    """Return functions that open a connection and leave it half open."""

    def begun(data: bytes) -> Callable[[], socket.socket]:
        def make() -> socket.socket:
            connection = dial(url)
            connection.sendall(data)
            return connection

        return make

    return [
        begun(b""),
        begun(b"GET /v1/Cred"),
        begun(b"POST /v1/Credentials HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nType"),
        begun(b"CONNECT notify.twilio.com:443 HTTP/1.1\r\n\r\n"),
        begun(b"CONNECT notify.twilio.com:443 HTTP/1.1\r\n\r\n\x16\x03\x01"),
    ]


def test_the_server_answers_despite_thousands_of_half_open_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit, the longest idle connections are closed, but never a busy one."""
    monkeypatch.setattr("notify_mock.server.connections.half_of_the_limit", lambda: 64)
    begun = waits(monkeypatch)
    with Emulator() as emulator:
        emulator.faults.add("credential.list", Hang(), times=1)
        with dial(emulator.url) as busy:
            busy.sendall(LIST)
            assert begun.acquire(timeout=20)
            ways = half_open(emulator.url)
            held = [ways[number % len(ways)]() for number in range(300)]
            for _ in range(1700):
                dial(emulator.url).close()
            assert send(emulator.url, LAST_LIST).status == "HTTP/1.1 200 OK"
            busy.setblocking(False)
            with pytest.raises(BlockingIOError):
                busy.recv(1)
            busy.settimeout(20)
            emulator.reset()
            assert busy.recv(1) == b""
        for connection in held:
            connection.close()


def test_the_connection_limit_is_within_bounds() -> None:
    assert 64 <= half_of_the_limit() <= 4096


def test_stopping_the_server_closes_its_tunnels(bundles: ssl.SSLContext) -> None:
    server = Server(mounted=Emulator())
    server.start()
    with bundles.wrap_socket(
        tunnel_to(server.url, "notify.twilio.com:443"), server_hostname="notify.twilio.com"
    ) as connection:
        server.stop()
        assert connection.recv(1) == b""
    assert not [thread for thread in threading.enumerate() if thread.name == "notify-mock-call" and thread.is_alive()]
