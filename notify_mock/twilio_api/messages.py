"""A request and its response as plain data, the same for every client and server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes

from notify_mock.twilio_api.errors import EntityTooLarge, MalformedRequest, TwilioError, UriTooLong
from notify_mock.twilio_api.headers import ERROR_JSON, Headers, edge
from notify_mock.twilio_api.masking import show_pairs, show_text

BODY_LIMIT = 1024 * 1024
"""Maximum bytes of a request body; a larger one is a 413. Source: Notify's limit of 1 MB per request (documented)."""

TARGET_LIMIT = 64 * 1024 - 512
"""Maximum characters of a request target; a longer one is a 414. The server reads request lines of up to 64 KiB."""

_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS")
"""Methods whose body the emulated API does not read. Of all others, it does not read the query."""

_MAX_PARAMETERS = 20_000
_HEADER_BYTES, _PAIR_BYTES = 160, 64
_PATH_COPIES = 4
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Params:
    """Parameters in the order they were sent, with repeated names. The ``repr`` masks secrets."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: tuple[tuple[str, str], ...] = ()) -> None:
        self.pairs = pairs

    def all(self, name: str) -> list[str]:
        """Return every value of ``name``. Names are case-sensitive, as Twilio's are (observed)."""
        return [value for key, value in self.pairs if key == name]

    def get(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of ``name``."""
        return next((value for key, value in self.pairs if key == name), default)

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return any(key == name for key, _ in self.pairs)

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self.pairs))

    def __len__(self) -> int:
        return len(self.pairs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Params) and self.pairs == other.pairs

    def __hash__(self) -> int:
        return hash(self.pairs)

    def __repr__(self) -> str:
        return f"<Params {show_pairs(self.pairs)}>"


NONE = Params()


class Call(NamedTuple):
    """One request.

    ``path`` is decoded and has no query; ``headers`` have lower-case names; ``scheme`` and ``host`` are those that the
    client used. ``defect`` is the error response for a request that could not be read. A body that is not a form is
    kept in ``body``, and ``unread`` is its content type.
    """

    method: str
    host: str
    path: str
    query: Params = NONE
    form: Params = NONE
    headers: Mapping[str, str] = MappingProxyType({})
    scheme: str = "https"
    defect: TwilioError | None = None
    unread: str = ""
    body: bytes = b""

    @property
    def reads_query(self) -> bool:
        """Whether the emulated API reads the query and not the body."""
        return self.method in _WITHOUT_BODY

    @property
    def parameters(self) -> Params:
        """The parameters that the emulated API reads: the form, or the query of a method without a body."""
        return self.query if self.reads_query else self.form

    @property
    def not_read(self) -> str:
        """What is not read of the request, for people; "" if everything is."""
        if self.reads_query:
            return f"body of a {self.method} not read" if self.form or self.body else ""
        return f"query of a {show_text(self.method)} not read" if self.query else ""

    def __repr__(self) -> str:
        return f"<Call {self}>"

    def size(self) -> int:
        """Return about how much memory the texts of the request take, in bytes."""
        headers, pairs = self.headers, self.form.pairs + self.query.pairs
        size = _PATH_COPIES * len(self.path) + len(self.body) + _HEADER_BYTES * len(headers)
        size += len("".join(headers)) + len("".join(headers.values()))
        if pairs:
            size += sum(_PAIR_BYTES + name.__sizeof__() + value.__sizeof__() for name, value in pairs)
        return size

    def __str__(self) -> str:
        """Return method, path and parameters on one line, with secrets masked, and what was not read."""
        line = f"{show_text(self.method)} {show_text(self.path)}"
        if self.query:
            line += f"?{show_pairs(self.query.pairs, '&')}"
        if self.form and not self.reads_query:
            line += f" {show_pairs(self.form.pairs)}"
        return f"{line} ({self.not_read})" if self.not_read else line


class Wire(NamedTuple):
    """How to treat the connection when sending the response.

    ``ending``: close it without a response (``drop``) or reset it (``reset``). ``sent``: close it after this many bytes
    of the body. ``pieces`` and ``over``: send the body in this many pieces, spread over this many seconds.
    """

    ending: Literal["", "drop", "reset"] = ""
    sent: int | None = None
    pieces: int = 1
    over: float = 0.0


class Answer(NamedTuple):
    """One response. ``headers`` are in wire order, without ``Connection``.

    ``body`` is set for HEAD too; servers leave it out. ``wire`` is None for an ordinary response.
    """

    status: int
    headers: Headers
    body: bytes
    wire: Wire | None = None


def edge_answer(error: TwilioError, at: float) -> Answer:
    """Return the response to an error that does not come from the gateway. ``at`` is in seconds since 1970."""
    body = error.body()
    return Answer(error.status, edge(at=at, content_type=ERROR_JSON, length=len(body), extra=error.headers), body)


def read(
    method: str,
    target: str,
    *,
    host: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    scheme: str = "http",
    defect: TwilioError | None = None,
) -> Call:
    """Return the call for a request as received.

    ``target`` is the request target in Latin-1, still percent-encoded; ``headers`` have lower-case names. Never raises:
    an unreadable request gets a ``defect``. JSON bodies are not read, as at Twilio (observed), so that required
    parameters are missing.
    """
    raw_path, _, raw_query = target.partition("?")
    path, query, form = "", NONE, NONE
    kind = headers.get("content-type", "").partition(";")[0].strip().lower() if body else ""
    try:
        if len(target) > TARGET_LIMIT:
            raise UriTooLong(f"the request target has {len(target)} characters, the limit is {TARGET_LIMIT}")
        path = _decode_path(raw_path)
        query = _decode_pairs(raw_query, "query string")
        if len(body) > BODY_LIMIT:
            raise EntityTooLarge(f"the body has {len(body)} bytes, the limit is {BODY_LIMIT}")
        if body and kind == _FORM:
            form = _decode_pairs(body.decode("latin-1"), "body")
        elif body and kind == _MULTIPART:
            form = _decode_multipart(headers["content-type"], body)
    except TwilioError as error:
        defect = defect or error
        path = path or show_text(raw_path)
    unread = kind if body and kind not in (_FORM, _MULTIPART) else ""
    return Call(method, host, path, query, form, headers, scheme, defect, unread, body if unread else b"")


def origin_form(target: str) -> str:
    """Return ``/path`` for ``http://host/path``, and a target that begins with a slash unchanged."""
    return target if target.startswith("/") else "/" + target.partition("://")[2].partition("/")[2]


def _decode_path(raw: str) -> str:
    raw = origin_form(raw)
    if raw.isascii() and "%" not in raw:
        return raw
    if _BAD_ESCAPE.search(raw):
        raise MalformedRequest("a % in the path is not followed by two hex digits", what="invalid percent-encoding")
    try:
        return unquote_to_bytes(raw.encode("latin-1")).decode("utf-8")
    except UnicodeError as error:
        raise MalformedRequest("the path is not UTF-8", what="invalid UTF-8") from error


def _decode_pairs(raw: str, where: str) -> Params:
    if not raw:
        return NONE
    if _BAD_ESCAPE.search(raw):
        raise MalformedRequest(f"a % in the {where} is not followed by two hex digits", what="invalid percent-encoding")
    try:
        text = raw if raw.isascii() else raw.encode("latin-1").decode("utf-8")
        return Params(tuple(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_PARAMETERS)))
    except UnicodeError as error:
        raise MalformedRequest(f"the {where} is not UTF-8", what="invalid UTF-8") from error
    except ValueError as error:
        raise MalformedRequest(
            f"the {where} has more than {_MAX_PARAMETERS} parameters", what="too many parameters"
        ) from error


def _decode_multipart(content_type: str, body: bytes) -> Params:
    from io import BytesIO

    from werkzeug.exceptions import RequestEntityTooLarge
    from werkzeug.formparser import FormDataParser
    from werkzeug.http import parse_options_header

    mimetype, options = parse_options_header(content_type)
    try:
        body.decode("utf-8")
        parser = FormDataParser(
            stream_factory=lambda *_, **__: BytesIO(),
            silent=False,
            max_form_memory_size=BODY_LIMIT,
            max_form_parts=_MAX_PARAMETERS,
        )
        _, form, _ = parser.parse(BytesIO(body), mimetype, len(body), options)
    except UnicodeDecodeError as error:
        raise MalformedRequest("a multipart field is not UTF-8", what="invalid UTF-8") from error
    except RequestEntityTooLarge as error:
        raise MalformedRequest("the multipart body has too many parts", what="too many parameters") from error
    except ValueError as error:
        raise MalformedRequest("the multipart body does not match its boundary", what="invalid multipart") from error
    if None in form:  # werkzeug's key for a part without a name
        raise MalformedRequest("a multipart field has no name", what="invalid multipart")
    return Params(tuple((name, value) for name, values in form.lists() for value in values))
