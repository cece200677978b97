"""One recorded exchange as plain data, whatever the format of its file."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Mapping
from http.client import responses
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.messages import Answer, Call, read

Pairs = tuple[tuple[str, str], ...]
"""Headers in the order of the wire, repeated names kept."""

MAX_BODY_BYTES = 16 * 1024 * 1024
"""Bytes of a body, unpacked."""

FORM = "application/x-www-form-urlencoded"
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BROKEN = re.compile(r"[\r\n\0]|[^\x00-\xff]")
_PACKED = {"gzip": 31, "x-gzip": 31, "deflate": 47}
"""Content codings, and what zlib calls them."""


class Interaction(NamedTuple):
    """A request and the answer that it got.

    ``url`` is absolute. Bodies are the bytes of the wire, without chunks but as packed as they came. ``where`` names
    file, line and number for errors; ``extra`` is what else the entry says (``provenance``, ``recorded_at``, ...).
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
        """Without the query, which may hold a secret."""
        return f"<Interaction {self.method} {self.url.partition('?')[0]} -> {self.status}>"

    def call(self) -> Call:
        """The request as a front would have read it."""
        scheme, host, path, query, _ = urlsplit(self.url)
        headers = {name.lower(): value for name, value in self.request_headers}
        target = f"{path or '/'}?{query}" if query else path or "/"
        return read(self.method, target, host=host, headers=headers, body=self.request_body, scheme=scheme)


def check(interaction: Interaction) -> None:
    """Raises ``UsageError`` for a URL that is none, and for what no HTTP message can have."""
    try:
        split = urlsplit(interaction.url)
        is_url = bool(split.hostname) and (split.port or 1) > 0
    except ValueError:
        is_url = False
    if not is_url or not interaction.url.isprintable():
        raise UsageError(f"{interaction.where}.request.uri", "isn't a URL", "it is the whole URL, https://...")
    if not 200 <= interaction.status <= 999:
        wrong = f"{interaction.status} is no status of an answer"
        raise UsageError(f"{interaction.where}.response.status.code", wrong, "it is 200, 201, 404, ...")
    for part, headers in (("request", interaction.request_headers), ("response", interaction.headers)):
        for name, value in headers:
            if not _NAME.fullmatch(name) or _BROKEN.search(value):
                where = f"{interaction.where}.{part}.headers"
                raise UsageError(where, "have what no header can", "names are tokens, values one line of Latin-1")


def phrase(status: int) -> str:
    """The reason phrase in capitals, as Twilio's gateway writes it (observed); "" for a status without one."""
    return responses.get(status, "").upper()


def header(headers: Iterable[tuple[str, str]], name: str) -> str:
    """The first value of ``name``, in any case; "" where there is none."""
    return next((value for one, value in headers if one.lower() == name), "")


def url_of(call: Call) -> str:
    """The URL that a client asked for."""
    query = f"?{urlencode(call.query.pairs)}" if call.query.pairs else ""
    return f"{call.scheme}://{call.host}{quote(call.path)}{query}"


def body_of(call: Call) -> bytes:
    """The request's body: a form is written anew, what isn't read is there as it came."""
    return urlencode(call.form.pairs).encode() if call.form.pairs else call.body


def headers_of(call: Call) -> Pairs:
    """The request's headers with their usual capitals, and the content type that ``body_of`` has."""
    headers = dict(call.headers)
    if call.form.pairs:
        headers["content-type"] = FORM
    return tuple((name.title(), value) for name, value in headers.items())


def interaction_of(call: Call, answer: Answer, reason: str) -> Interaction:
    """What a front played."""
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


def unpacked(headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """``body`` without its content coding, where that is gzip or deflate and the bytes are indeed packed.

    A body that doesn't unpack, or to more than ``MAX_BODY_BYTES``, is given back as it is.
    """
    window = _PACKED.get(header(headers, "content-encoding").strip().lower())
    if window is None or not body:
        return body
    unpacker = zlib.decompressobj(window)
    try:
        plain = unpacker.decompress(body, MAX_BODY_BYTES)
    except zlib.error:
        return body
    return plain if unpacker.eof else body


def packed(headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """The other way: the same bytes each time."""
    coding = header(headers, "content-encoding").strip().lower()
    if coding not in _PACKED:
        return body
    return gzip.compress(body, mtime=0) if coding.endswith("gzip") else zlib.compress(body)
