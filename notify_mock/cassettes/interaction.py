"""A recorded exchange as plain data, independent of the file format."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.messages import Answer, Call, read

Pairs = tuple[tuple[str, str], ...]
"""Headers in the order they were sent, repeated names included."""

MAX_BODY_BYTES = 16 * 1024 * 1024
"""The limit of a body, decompressed."""

FORM = "application/x-www-form-urlencoded"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BROKEN = re.compile(r"[\r\n\0]|[^\x00-\xff]")
_PACKED = {"gzip": (31,), "x-gzip": (31,), "deflate": (47, -15)}
"""Content codings and the matching ``wbits`` of zlib. Some servers send deflate without its header."""

_MAX_MEMBERS = 100
_MAGIC = (b"\x1f\x8b", b"x\x9c", b"x\x01", b"x\xda")
"""How data in gzip and deflate begins."""


class Interaction(NamedTuple):
    """A request and its response.

    ``url`` is absolute. Bodies are joined from their chunks, but still compressed if they were sent so. ``where`` is
    file, line and number for error messages; ``extra`` holds all other keys of the entry (``provenance``, ...).
    """

    method: str
    url: str
    request_headers: Pairs
    request_body: bytes
    status: int
    reason: str
    headers: Pairs
    body: bytes
    where: str = ""
    extra: Mapping[str, Any] = MappingProxyType({})

    def __repr__(self) -> str:
        """Leaves out the query, which may contain a secret."""
        return f"<Interaction {self.method} {self.url.partition('?')[0]} -> {self.status}>"

    def call(self) -> Call:
        """Return the request as a ``Call``."""
        scheme, host, path, query, _ = urlsplit(self.url)
        headers = {name.lower(): value for name, value in self.request_headers}
        target = f"{path or '/'}?{query}" if query else path or "/"
        return read(self.method, target, host=host, headers=headers, body=self.request_body, scheme=scheme)


def check(interaction: Interaction) -> None:
    """Raise ``UsageError`` for an invalid URL, status or header."""
    try:
        split = urlsplit(interaction.url)
        is_url = bool(split.hostname) and (split.port or 1) > 0
    except ValueError:
        is_url = False
    if not is_url or not interaction.url.isprintable():
        raise UsageError(f"{interaction.where}.request.uri", "is not a URL", "expected the whole URL, https://...")
    if not 200 <= interaction.status <= 999:
        wrong = f"{interaction.status} is not the status code of a final response"
        raise UsageError(f"{interaction.where}.response.status.code", wrong, "expected 200, 201, 404, ...")
    for part, headers in (("request", interaction.request_headers), ("response", interaction.headers)):
        for name, value in headers:
            if not _NAME.fullmatch(name) or _BROKEN.search(value):
                where = f"{interaction.where}.{part}.headers"
                raise UsageError(where, "are not valid headers", "names must be tokens, values one line of Latin-1")


def header(headers: Iterable[tuple[str, str]], name: str) -> str:
    """Return the first value of the header ``name`` (given in lower case); "" if it is missing."""
    return next((value for given, value in headers if given.lower() == name), "")


def url_of(call: Call) -> str:
    """Return the URL of a request."""
    query = f"?{urlencode(call.query.pairs)}" if call.query.pairs else ""
    return f"{call.scheme}://{call.host}{quote(call.path)}{query}"


def body_of(call: Call) -> bytes:
    """Return the body of a request: forms are encoded again, other bodies are returned as received."""
    return urlencode(call.form.pairs).encode() if call.form.pairs else call.body


def headers_of(call: Call) -> Pairs:
    """Return the headers of a request in title case, with the content type of ``body_of``."""
    headers = dict(call.headers)
    if call.form.pairs:
        headers["content-type"] = FORM
    return tuple((name.title(), value) for name, value in headers.items())


def interaction_of(call: Call, answer: Answer, reason: str) -> Interaction:
    """Return the exchange of ``call`` and ``answer``."""
    body = answer.body if answer.wire is None else answer.body[: answer.wire.sent]
    return Interaction(
        call.method,
        url_of(call),
        headers_of(call),
        body_of(call),
        answer.status,
        reason,
        tuple(answer.headers),
        b"" if call.method == "HEAD" else body,
    )


class Unpacked(NamedTuple):
    """A body without its content coding, or what could be decompressed of it.

    ``rest`` says what the remaining data is: "" if there is none, "cut off", or "unreadable": damaged, too large,
    compressed more than once, or followed by other data.
    """

    plain: bytes
    rest: Literal["", "cut off", "unreadable"] = ""


def unpack(headers: Iterable[tuple[str, str]], body: bytes) -> Unpacked:
    """Decompress ``body``, if its content coding is gzip or deflate, up to ``MAX_BODY_BYTES``."""
    found = Unpacked(body)
    for bits in _PACKED.get(header(headers, "content-encoding").strip().lower(), ()):
        found = _decompress(body, bits)
        if found.plain or not found.rest:
            break
    return found._replace(rest="unreadable") if found.plain.startswith(_MAGIC) else found


def _decompress(body: bytes, bits: int) -> Unpacked:
    """A body in gzip may have several members (RFC 1952, 2.2)."""
    plain = b""
    for _ in range(_MAX_MEMBERS):
        if not body:
            return Unpacked(plain)
        unpacker = zlib.decompressobj(bits)
        try:
            plain += unpacker.decompress(body, MAX_BODY_BYTES - len(plain) + 1)
        except zlib.error:
            break
        if len(plain) > MAX_BODY_BYTES:
            return Unpacked(b"", "unreadable")
        if not unpacker.eof:
            return Unpacked(plain, "cut off")
        body = unpacker.unused_data
    return Unpacked(plain, "unreadable")


def unpacked(headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """Return ``body`` decompressed, if its content coding is gzip or deflate.

    Returns it unchanged if it cannot be decompressed, is cut off, or would exceed ``MAX_BODY_BYTES``.
    """
    found = unpack(headers, body)
    return body if found.rest == "cut off" or (found.rest and not found.plain) else found.plain


def packed(headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """Return ``body`` compressed with the content coding of ``headers``. Deterministic."""
    coding = header(headers, "content-encoding").strip().lower()
    if coding not in _PACKED:
        return body
    return gzip.compress(body, mtime=0) if coding.endswith("gzip") else zlib.compress(body)
