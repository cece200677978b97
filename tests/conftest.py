"""What most tests share: a PEM pair made for real, and a way to speak HTTP without a client library's opinions."""

from __future__ import annotations

import datetime
import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
import yaml  # noqa: F401 - pytester forgets what a test imports, and its C extension can't be imported twice
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from notify_mock import Answer, Emulator
from notify_mock.authority.authority import FOLDER_VARIABLE
from notify_mock.protocol.messages import read
from notify_mock.support.waits import Hold

pytest_plugins = ["pytester"]

SHARED = Path(__file__).parents[2] / "shared"


class Pair(NamedTuple):
    """A certificate and its key, in PEM; ``pkcs1`` is the same key in the older form."""

    certificate: str
    private_key: str
    pkcs1: str


def make_pair(*, expired: bool = False) -> Pair:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Apple Push Services: com.example.chat")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=1 if expired else 36500))
        .sign(key, hashes.SHA256())
    )

    def pem(kind: serialization.PrivateFormat) -> str:
        return key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()).decode()

    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        pem(serialization.PrivateFormat.PKCS8),
        pem(serialization.PrivateFormat.TraditionalOpenSSL),
    )


@pytest.fixture(scope="session", autouse=True)
def ca_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A certificate authority of this session's own, for child processes too; nothing is left on the machine."""
    folder = tmp_path_factory.mktemp("ca")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder))
        yield folder


@pytest.fixture(scope="session")
def pair() -> Pair:
    return make_pair()


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def apn(pair: Pair) -> dict[str, str]:
    """The secrets of an apn credential, as parameters."""
    return {"Certificate": pair.certificate, "PrivateKey": pair.private_key}


def ask(emulator: Emulator, method: str, target: str, host: str = "notify.twilio.com", **parameters: Any) -> Answer:
    """The answer to a call of the default account. A list repeats its parameter."""
    headers = {"authorization": basic(*emulator.auth), "content-type": "application/x-www-form-urlencoded"}
    body = urlencode(parameters, doseq=True).encode()
    return emulator.handle(read(method, target, host=host, headers=headers, body=body, scheme="https"))


class Raw(NamedTuple):
    """An answer as it stood on the wire."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.headers]

    def header(self, name: str) -> str:
        return dict(self.headers)[name]


def split(answer: bytes) -> Raw:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    return Raw(status, [tuple(line.split(": ", 1)) for line in lines], body)  # type: ignore[misc]


def send(url: str, data: bytes) -> Raw:
    """Write ``data`` on a new connection and read until the server closes it."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=20) as connection:
        connection.sendall(data)
        chunks = []
        while chunk := connection.recv(65536):
            chunks.append(chunk)
    return split(b"".join(chunks))


@pytest.fixture
def served() -> Iterator[Emulator]:
    """An emulator on a server of its own."""
    with Emulator() as emulator:
        yield emulator


def waits(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Released once for every call that begins to be held."""
    begun = threading.Semaphore(0)
    wait = Hold.wait

    def waiting(hold: Hold, seconds: float, gone: Callable[[], bool] = lambda: False) -> None:
        begun.release()
        wait(hold, seconds, gone)

    monkeypatch.setattr(Hold, "wait", waiting)
    return begun
