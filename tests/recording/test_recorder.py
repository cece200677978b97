"""Recording an upstream over sockets, with and without TLS, and recording the emulator itself."""

from __future__ import annotations

import datetime
import errno
import gzip
import ipaddress
import json
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from helpers.calls import basic
from twilio.rest import Client

from notify_mock import Answer, Call, Drop, Emulator, Recorder, Truncate, Upstream, UsageError
from notify_mock.cassettes.files import read_interactions
from notify_mock.cassettes.interaction import FORM, Interaction, unpacked
from notify_mock.cassettes.vcr import write_yaml
from notify_mock.certificate_authority.authority import Authority
from notify_mock.recording.recorder import Mode
from notify_mock.recording.takes import Take, in_order
from notify_mock.twilio_api.messages import Params

ACCOUNT = "AC" + "6" * 32
TOKEN = "0123456789abcdef0123456789abcdef"


def call(method: str = "GET", path: str = "/v1/Credentials", form: Any = (), **headers: str) -> Call:
    own = {"authorization": basic(ACCOUNT, TOKEN), **headers}
    return Call(method, "127.0.0.1:1", path, form=Params(tuple(form)), headers=own, scheme="http")


class Odd(NamedTuple):
    """An upstream whose responses are given byte for byte."""

    url: str
    answers: list[Callable[[BaseHTTPRequestHandler], None]]
    seen: list[dict[str, str]]


def odd_server(context: ssl.SSLContext | None = None) -> Iterator[Odd]:
    answers: list[Callable[[BaseHTTPRequestHandler], None]] = []
    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append({"": f"{self.command} {self.path}", **dict(self.headers)})
            answers.pop(0)(self)
            self.close_connection = True

        do_GET = do_POST = do_HEAD = answer  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield Odd(f"http{'s' if context else ''}://127.0.0.1:{server.server_port}", answers, seen)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def odd() -> Iterator[Odd]:
    yield from odd_server()


class Certified(NamedTuple):
    """A TLS server, and its CA file."""

    server: Odd
    ca: Path


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[Certified]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    ca, private = tmp_path / "ca.pem", tmp_path / "key.pem"
    ca.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca, private)
    for server in odd_server(context):
        yield Certified(server, ca)


def plain(status: int, body: bytes, *headers: tuple[str, str]) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(status)
        for name, value in headers or (("Content-Length", str(len(body))),):
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def recorded(path: Path) -> Interaction:
    (one,) = read_interactions(path)
    return one


def test_another_emulator_is_recorded_and_played_to_the_sdk(tmp_path: Path, served: Emulator) -> None:
    path = tmp_path / "x.yaml"

    def run(emulator: Emulator) -> list[Any]:
        client = Client(ACCOUNT, TOKEN)
        client.notify.base_url = emulator.url
        made = client.notify.v1.credentials.create(type="fcm", secret="legacy-key", friendly_name="Android")
        client.notify.v1.credentials.create(type="gcm", api_key="gcm-key-1")
        names = [one.sid for one in client.notify.v1.credentials.list(page_size=1)]
        client.notify.v1.credentials(made.sid).update(friendly_name="new")
        gone = client.notify.v1.credentials(made.sid).delete()
        client.http_client.session.close()
        return [made.sid, made.account_sid, names, gone]

    with Emulator(upstream=served.url, record=path) as recording:
        first = run(recording)
    assert len(served.journal) == 6
    assert first[1] == ACCOUNT
    with Emulator(cassette=path) as player:
        assert run(player) == first
        assert not player.cassette.unused  # type: ignore[union-attr]
    text = path.read_text()
    assert not any(secret in text for secret in (TOKEN, ACCOUNT, "legacy-key", "gcm-key-1"))
    assert served.url in text
    assert recording.url not in text


def test_an_upstream_with_tls_is_trusted_by_its_certificate(tmp_path: Path, certified: Certified) -> None:
    certified.server.answers.append(plain(200, b"{}"))
    with Emulator(upstream=Upstream(certified.server.url, ca=certified.ca), record=tmp_path / "x.yaml") as emulator:
        assert emulator.handle(call()).status == 200
    assert recorded(tmp_path / "x.yaml").url.startswith("https://127.0.0.1")


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator in place of the real service: Twilio's host names resolve to it, and it uses TLS."""
    with Emulator(tls=True) as emulator:
        port = int(emulator.url.rpartition(":")[2])
        look_up = socket.getaddrinfo

        def redirected(host: Any, service: Any, *args: Any, **options: Any) -> Any:
            if str(host).endswith("twilio.com"):
                host, service = "127.0.0.1", port
            return look_up(host, service, *args, **options)

        monkeypatch.setattr(socket, "getaddrinfo", redirected)
        yield emulator


def recording(path: Path) -> Emulator:
    upstream = Upstream("https://notify.twilio.com", ca=Authority().certificate)
    return Emulator(upstream=upstream, record=Recorder(path))


def test_interception_records_all_clients_of_the_process(tmp_path: Path, real: Emulator) -> None:
    path = tmp_path / "one.yaml"
    with recording(path) as recorder, recorder.intercept():
        made = Client(ACCOUNT, TOKEN).notify.v1.credentials.create(type="fcm", secret="s")
        listed = requests.get("https://notify.twilio.com/v1/Credentials", auth=(ACCOUNT, TOKEN)).json()
    assert list(real.credentials) == [made.sid] == [one["sid"] for one in listed["credentials"]]
    assert [one.url for one in read_interactions(path)] == ["https://notify.twilio.com/v1/Credentials"] * 2
    with Emulator(cassette=path).intercept():
        again = Client(ACCOUNT, TOKEN).notify.v1.credentials.create(type="fcm", secret="s")
    assert again.sid == made.sid


def test_the_recorder_records_clients_that_use_it_as_a_proxy(tmp_path: Path, real: Emulator) -> None:
    path = tmp_path / "one.yaml"
    with recording(path) as recorder:
        answer = requests.post(
            "https://chat.dublin.ie1.twilio.com/v2/Credentials",
            data={"Type": "fcm", "Secret": "s"},
            auth=(ACCOUNT, TOKEN),
            proxies={"https": recorder.url},
            verify=str(Authority().certificate),
        )
    assert answer.status_code == 201
    (came,) = real.journal.calls("credential.create", api="chat/v2")
    assert (came.call.host, came.call.scheme) == ("chat.dublin.ie1.twilio.com", "https")
    assert recorded(path).url == "https://chat.dublin.ie1.twilio.com/v2/Credentials"


def test_an_untrusted_upstream_receives_no_request(tmp_path: Path, certified: Certified) -> None:
    with Emulator(upstream=certified.server.url, record=tmp_path / "x.yaml") as emulator:
        answer = emulator.handle(call())
    assert answer.status == 502
    assert b"could not be reached (SSLError)" in answer.body
    assert not certified.server.seen
    assert recorded(tmp_path / "x.yaml").status == 502


def test_a_chunked_response_is_recorded_whole(tmp_path: Path, odd: Odd) -> None:
    odd.answers.append(plain(200, b"2\r\n{}\r\n0\r\n\r\n", ("Transfer-Encoding", "chunked"), ("X-Odd", "Y")))
    with Emulator(upstream=odd.url, record=tmp_path / "x.yaml") as emulator:
        answer = emulator.handle(call())
    assert (answer.body, answer.headers) == (b"{}", [("X-Odd", "Y"), ("Content-Length", "2")])
    one = recorded(tmp_path / "x.yaml")
    assert (one.body, one.headers) == (b"{}", (("Transfer-Encoding", "chunked"), ("X-Odd", "Y")))


def test_a_compressed_response_is_recorded_as_received_and_played_decompressed(tmp_path: Path, odd: Odd) -> None:
    packed = gzip.compress(b'{"sid": "CR1"}', mtime=0)
    headers = (("Content-Encoding", "gzip"), ("Content-Length", str(len(packed))))
    odd.answers.append(plain(200, packed, *headers))
    path = tmp_path / "x.yaml"
    with Emulator(upstream=odd.url, record=path) as emulator:
        url = f"{emulator.url}/v1/Credentials"
        assert requests.get(url, headers={"Accept-Encoding": "br, gzip;q=0.5, zstd"}, timeout=9).json()["sid"] == "CR1"
    assert odd.seen[0]["Accept-Encoding"] == "gzip;q=0.5", "codings that cannot be decompressed are not requested"
    assert (recorded(path).body, recorded(path).headers) == (packed, headers)
    assert Emulator(cassette=path).handle(call()).body == b'{"sid": "CR1"}'


def test_a_failed_upstream_is_a_502_and_a_late_one_a_504(tmp_path: Path, odd: Odd) -> None:
    release = threading.Event()
    odd.answers.extend([lambda _: None, lambda _: release.wait(9) and None])
    with Emulator(upstream=Upstream(odd.url, timeout=0.2), record=tmp_path / "x.yaml") as emulator:
        answers = [emulator.handle(call(path=f"/v1/Credentials/CR{number}")) for number in range(2)]
        release.set()
    assert [one.status for one in answers] == [502, 504]
    assert [one.status for one in read_interactions(tmp_path / "x.yaml")] == [502, 504]
    player = Emulator(cassette=tmp_path / "x.yaml")
    assert json.loads(player.handle(call(path="/v1/Credentials/CR1")).body) == json.loads(answers[1].body)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_truncated_response_is_recorded_and_played_truncated(tmp_path: Path, odd: Odd, chunked: bool) -> None:
    headers = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", "50")
    odd.answers.append(plain(200, b'9\r\n{"a": 1, \r\n9\r\n' if chunked else b'{"a": 1, ', headers))
    path = tmp_path / "x.yaml"
    with Emulator(upstream=odd.url, record=path) as emulator, pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(f"{emulator.url}/v1/Credentials", timeout=9)
    assert recorded(path).body == b'{"a": 1, '
    assert recorded(path).extra == {"truncated": True}
    with Emulator(cassette=path) as player, pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(f"{player.url}/v1/Credentials", timeout=9)
    player = Emulator(cassette=path)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        player.client(ACCOUNT, TOKEN).notify.v1.credentials.list()


def test_errors_and_redirects_are_recorded_like_any_response(tmp_path: Path, odd: Odd) -> None:
    odd.answers.extend(
        [plain(503, b"<html>"), plain(302, b"", ("Location", f"{odd.url}/v1/x"), ("Content-Length", "0"))]
    )
    with Emulator(upstream=odd.url, record=tmp_path / "x.yaml") as emulator:
        assert emulator.handle(call()).status == 503
        found = emulator.handle(call(path="/v1/Credentials/CR1"))
    assert (found.status, dict(found.headers)["Location"]) == (302, "http://127.0.0.1:1/v1/x")
    assert len(odd.seen) == 2


def test_requests_are_forwarded_unchanged(tmp_path: Path, odd: Odd) -> None:
    odd.answers.extend([plain(200, b"{}"), plain(200, b"{}")])
    with Emulator(upstream=odd.url, record=tmp_path / "x.yaml") as emulator:
        url = f"{emulator.url}/chat/v2/Credentials?Tag=%C3%A4&Tag=b"
        requests.post(
            url, data={"Type": "fcm"}, auth=("any", "one"), headers={"X-Own": "z", "TE": "trailers"}, timeout=9
        )
        requests.post(url, json={"Type": "fcm"}, timeout=9)
    form, unread = odd.seen
    assert form[""] == "POST /chat/v2/Credentials?Tag=%C3%A4&Tag=b"
    assert (form["Authorization"], form["X-Own"], form["Content-Length"]) == (basic("any", "one"), "z", "8")
    assert form["Host"] == odd.url.removeprefix("http://")
    assert "Te" not in form
    assert (unread["Content-Type"], unread["Content-Length"]) == ("application/json", "15")


@pytest.mark.parametrize(
    ("upstream", "host", "path", "url"),
    [
        ("https://notify.twilio.com", "127.0.0.1", "/v1/Credentials", "https://notify.twilio.com/v1/Credentials"),
        ("https://notify.twilio.com", "127.0.0.1", "/chat/v2/x", "https://chat.twilio.com/v2/x"),
        ("https://notify.dublin.ie1.twilio.com", "x", "/chat/v2/x", "https://chat.dublin.ie1.twilio.com/v2/x"),
        ("https://notify.twilio.com", "chat.twilio.com", "/v2/x", "https://chat.twilio.com/v2/x"),
        ("https://notify.twilio.com", "chat.x#y.ie1.twilio.com", "/v2/x", "https://chat.twilio.com/v2/x"),
        ("http://127.0.0.1:9", "chat.twilio.com", "/v2/x", "http://127.0.0.1:9/chat/v2/x"),
        ("http://127.0.0.1:9/", "notify.twilio.com", "/v1/x y", "http://127.0.0.1:9/v1/x%20y"),
        ("http://127.0.0.1:9", "notify.twilio.com", "/odd", "http://127.0.0.1:9/odd"),
    ],
)
def test_each_api_has_its_url_at_the_upstream(upstream: str, host: str, path: str, url: str) -> None:
    assert Upstream(upstream)._url(Call("GET", host, path)) == url


@pytest.mark.parametrize(
    "url",
    [
        "notify.twilio.com",
        "ftp://x",
        "https://",
        "https://x/v1",
        "https://u:p@x",
        7,
        "https://x?y",
        "http://[x",
        "http://x:y",
    ],
)
def test_an_invalid_upstream_is_an_error(url: Any) -> None:
    with pytest.raises(UsageError, match=r"upstream"):
        Upstream(url)


@pytest.mark.parametrize(
    ("mode", "forwarded", "left"),
    [
        ("none", [], ["a", "b"]),
        ("once", [], ["a", "b"]),
        ("new_episodes", ["c"], ["a", "b", "c"]),
        ("all", ["a", "c"], ["b", "a", "c"]),
        ("rewrite", ["a", "c"], ["a", "c"]),
    ],
)
def test_recording_modes_are_those_of_vcrpy(
    tmp_path: Path, served: Emulator, mode: Mode, forwarded: list[str], left: list[str]
) -> None:
    path = tmp_path / "x.yaml"
    with Emulator(upstream=served.url, record=Recorder(path)) as emulator:
        for name in "ab":
            emulator.handle(call(path=f"/v1/Credentials/{name}"))
    served.reset()
    with Emulator(upstream=served.url, record=Recorder(path, mode=mode)) as emulator:
        statuses = [emulator.handle(call(path=f"/v1/Credentials/{name}")).status for name in "ac"]
    assert statuses == [404, 421 if mode in ("none", "once") else 404]
    assert [one.call.path[-1] for one in served.journal] == forwarded
    assert [one.url[-1] for one in read_interactions(path)] == left


@pytest.mark.parametrize("mode", ["all", "new_episodes"])
def test_secrets_in_an_old_cassette_are_not_written_again(tmp_path: Path, served: Emulator, mode: Mode) -> None:
    path = tmp_path / "x.yaml"
    made = Interaction(
        "POST", f"{served.url}/v1/Credentials", (("Content-Type", FORM),), b"Secret=hunter22", 201, "", (), b""
    )
    path.write_text(write_yaml([made]))
    with Emulator(upstream=served.url, record=Recorder(path, mode=mode)) as emulator:
        emulator.handle(call())
        found = emulator.handle(call("POST", form=[("Secret", "hunter22")])).status
    assert found == (201 if mode == "new_episodes" else 400), "it is still found by its pseudonym"
    assert "hunter22" not in path.read_text()
    assert len(read_interactions(path)) == 2


def test_an_old_secret_that_cannot_be_replaced_is_named(tmp_path: Path) -> None:
    made = Interaction("GET", "https://x.test/", (), b"", 200, "", (), b"-----BEGIN RSA PRIVATE KEY-----")
    (tmp_path / "x.yaml").write_text(write_yaml([made]))
    with pytest.raises(UsageError, match=r"x\.yaml, line 2, interactions\[0\], response\.body: contains a PEM block"):
        Recorder(tmp_path / "x.yaml", mode="all")


def test_any_status_of_a_fault_is_recorded(tmp_path: Path) -> None:
    emulator = Emulator(record=tmp_path / "x.yaml", faults=[{"call": "*", "effect": "status", "status": 299}])
    emulator.handle(call())
    emulator.close()
    assert (recorded(tmp_path / "x.yaml").status, recorded(tmp_path / "x.yaml").reason) == (299, "")


def test_mode_none_requires_a_cassette(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        Recorder(tmp_path / "x.yaml", mode="none")


def test_an_invalid_mode_or_name_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected one of: none, once"):
        Recorder(tmp_path / "x.yaml", mode="ever")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"expected a name that ends in \.yaml, \.yml or \.json"):
        Recorder(tmp_path / "x.txt")


def test_an_unreadable_cassette_is_never_overwritten(tmp_path: Path, served: Emulator) -> None:
    (tmp_path / "x.yaml").write_text("interactions: [")
    for mode in ("once", "new_episodes", "all"):
        with pytest.raises(UsageError, match="is not valid YAML"):
            Recorder(tmp_path / "x.yaml", mode=mode)  # type: ignore[arg-type]


def test_a_crash_loses_nothing_that_was_saved(tmp_path: Path, served: Emulator) -> None:
    """Short recordings are saved after every call, without a close."""
    path = tmp_path / "x.json"
    emulator = Emulator(upstream=served.url, record=path)
    for number in range(1, 6):
        emulator.handle(call())
        assert len(read_interactions(path)) == number


def test_with_a_full_disk_clients_get_responses_and_the_recording_is_kept(
    tmp_path: Path, served: Emulator, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    emulator = Emulator(upstream=served.url, record=tmp_path / "x.yaml")

    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        assert emulator.handle(call()).status == 200
        assert "x.yaml: cannot be written: No space left on device" in caplog.text
        with pytest.raises(UsageError, match=r"x\.yaml: cannot be written: No space left on device$"):
            emulator.close()
    assert [path.name for path in tmp_path.iterdir()] == [".notify-mock-key"]
    emulator.close()
    assert len(read_interactions(tmp_path / "x.yaml")) == 1


def test_odd_statuses_and_folded_headers_can_be_read_again(tmp_path: Path, odd: Odd) -> None:
    odd.answers.append(plain(799, b"", ("X-Long", "a\r\n\tb"), ("Content-Length", "0")))
    with Emulator(upstream=odd.url, record=tmp_path / "x.yaml") as emulator:
        emulator.handle(call())
    assert (recorded(tmp_path / "x.yaml").status, recorded(tmp_path / "x.yaml").headers[0]) == (799, ("X-Long", "a b"))


def test_parallel_requests_are_always_in_the_same_order(tmp_path: Path, odd: Odd) -> None:
    texts = []
    for turn in range(2):
        together = threading.Barrier(8)

        def answer(handler: BaseHTTPRequestHandler, together: threading.Barrier = together) -> None:
            together.wait(9)
            plain(200, b"{}")(handler)

        odd.answers.extend([answer] * 8)
        path = tmp_path / f"{turn}.yaml"
        with Emulator(upstream=odd.url, record=path) as emulator, ThreadPoolExecutor(8) as pool:
            order = range(8) if turn else reversed(range(8))
            list(pool.map(lambda number: emulator.handle(call(path=f"/v1/Credentials/{number}")), order))
        texts.append(path.read_text())
    assert texts[0] == texts[1]
    assert [one.url[-1] for one in read_interactions(path)] == list("01234567")


def test_later_requests_come_later() -> None:
    def take(name: str, begun: int, ended: int) -> Take:
        return Take(name, begun, ended, "")

    takes = [take("z", 1, 2), take("c", 3, 6), take("b", 4, 5), take("a", 7, 8), take("d", 0, 9)]
    assert "".join(one.order for one in in_order(takes)) == "dzbca"
    assert in_order([]) == []


def test_the_emulators_own_responses_are_recorded_in_the_same_format(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    emulator = Emulator(record=path)
    made = emulator.client().notify.v1.credentials.create(type="fcm", secret="my-server-key")
    with emulator.faults.add("*", Drop(), times=1), pytest.raises(requests.ConnectionError):
        emulator.client().notify.v1.credentials.list()
    with emulator.faults.add("*", Truncate(5), phase="after", times=1), pytest.raises(requests.RequestException):
        emulator.client().notify.v1.credentials.list()
    emulator.close()
    create, listed = read_interactions(path)
    assert (create.method, create.url, create.reason) == ("POST", "https://notify.twilio.com/v1/Credentials", "CREATED")
    assert (listed.body, listed.extra) == (b'{"met', {"truncated": True})
    assert "my-server-key" not in path.read_text()
    again = Emulator(cassette=path, seed=2).client(*emulator.auth)
    assert again.notify.v1.credentials.create(type="fcm", secret="my-server-key").sid == made.sid


def test_recording_the_emulator_overwrites_a_cassette_only_in_an_explicit_mode(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("version: 1\ninteractions: []\n")
    with pytest.raises(UsageError, match="already exists"):
        Emulator(record=tmp_path / "x.yaml")
    Emulator(record=Recorder(tmp_path / "x.yaml", mode="rewrite")).close()
    with pytest.raises(UsageError, match="leave cassette out"):
        Emulator(record=Recorder(tmp_path / "x.yaml"), upstream="http://127.0.0.1:9", cassette=tmp_path / "x.yaml")


def test_a_secret_that_is_encoded_in_the_response_is_not_written(tmp_path: Path) -> None:
    """The client gets its response; the recorder does not write the entry, and names the field."""
    recorder = Recorder(tmp_path / "x.yaml")
    secret = "correct horse battery"
    body = json.dumps(
        {"message": gzip.compress(secret.encode()).hex(), "echo": "".join(f"%{ord(c):02x}" for c in secret)}
    )
    request = call("POST", form=[("Type", "fcm"), ("Secret", secret)])
    recorder.end(recorder.begin(), request, Answer(201, [("Content-Type", "application/json")], body.encode()))
    with pytest.raises(UsageError, match=r"1 not recorded: POST .*, response\.body: contains a secret") as caught:
        recorder.close()
    assert secret not in str(caught.value)
    assert not (tmp_path / "x.yaml").exists()


def test_secrets_in_compressed_responses_are_replaced(tmp_path: Path, odd: Odd) -> None:
    packed = gzip.compress(json.dumps({"account_sid": ACCOUNT, "secret": "hunter2hunter2"}).encode())
    odd.answers.append(plain(200, packed, ("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))))
    with Emulator(upstream=odd.url, record=tmp_path / "x.yaml") as emulator:
        emulator.handle(call(**{"accept-encoding": "gzip"}))
    one = recorded(tmp_path / "x.yaml")
    text = unpacked(one.headers, one.body).decode()
    assert "hunter2" not in text
    assert ACCOUNT not in text
    assert dict(one.headers)["Content-Length"] == str(len(one.body))
