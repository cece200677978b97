"""A server that speaks nothing but HTTP/2 over TLS, and answers with what a fake answers."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

Answer = Callable[[httpx.Request], httpx.Response]


def certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 and its key into one file, and return its path."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "fake APNs")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    pem = serialization.Encoding.PEM
    text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(text + made.sign(key, hashes.SHA256()).public_bytes(pem))
    return path


@contextmanager
def serving(answer: Answer, pem: Path) -> Iterator[str]:
    """Serve one connection in a thread, and give its URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.set_alpn_protocols(["h2"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, context, answer), daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


def _serve(listener: socket.socket, context: ssl.SSLContext, answer: Answer) -> None:
    accepted, _ = listener.accept()
    with suppress(ConnectionError), context.wrap_socket(accepted, server_side=True) as connection:
        protocol = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        protocol.initiate_connection()
        heads: dict[int, list[tuple[str, str]]] = {}
        bodies: dict[int, bytes] = {}
        connection.sendall(protocol.data_to_send())
        while received := connection.recv(65536):
            for event in protocol.receive_data(received):
                if isinstance(event, RequestReceived):
                    heads[event.stream_id], bodies[event.stream_id] = event.headers, b""
                elif isinstance(event, DataReceived):
                    bodies[event.stream_id] += event.data
                elif isinstance(event, StreamEnded):
                    request = _request(heads.pop(event.stream_id), bodies.pop(event.stream_id))
                    _send(protocol, event.stream_id, answer(request))
            connection.sendall(protocol.data_to_send())


def _request(head: list[tuple[str, str]], body: bytes) -> httpx.Request:
    pseudo = {name: value for name, value in head if name.startswith(":")}
    headers = [(name, value) for name, value in head if not name.startswith(":")]
    url = f"{pseudo[':scheme']}://{pseudo[':authority']}{pseudo[':path']}"
    return httpx.Request(pseudo[":method"], url, headers=headers, content=body)


def _send(protocol: H2Connection, stream: int, response: httpx.Response) -> None:
    headers = [(name.lower(), value) for name, value in response.headers.items()]
    protocol.send_headers(stream, [(":status", str(response.status_code)), *headers], end_stream=not response.content)
    if response.content:
        protocol.send_data(stream, response.content, end_stream=True)
