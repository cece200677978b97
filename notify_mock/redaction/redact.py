"""Replacing the secrets of a recorded exchange, and everything unknown, with pseudonyms."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlencode, urlsplit, urlunsplit

from notify_mock.cassettes.interaction import FORM, Interaction, Pairs, header, packed, unpack, unpacked
from notify_mock.redaction.leaks import Unsearchable, find_leak, is_lone_token, layers
from notify_mock.redaction.pseudonyms import (
    CALLBACK_URL,
    SHOWN_CALLBACK_URL,
    Pseudonyms,
    basic,
    is_pseudonym,
    split_token,
)
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.masking import PLAIN, is_secret
from notify_mock.twilio_api.messages import Params

PLAIN_HEADERS = frozenset(
    [
        *("accept", "accept-charset", "accept-encoding", "accept-language", "connection"),
        *("content-encoding", "content-length", "content-type", "date", "host", "origin"),
        *("transfer-encoding", "user-agent", "x-twilio-client"),
    ]
)
"""Request headers that are kept as they are, unless they look like a secret."""

MIN_SECRET_LENGTH = 8
"""Minimum length of a secret that is replaced in the rest of its exchange; shorter ones would match by chance."""

MAX_SECRETS = 100
"""Maximum number of secrets of an exchange that is written; others have one to five."""

_STRING = r"[^\"\\]*(?:\\.[^\"\\]*)*"
_JSON_PAIR = re.compile(rf'"({_STRING})(?:"\s*:\s*"({_STRING}))?"?', re.DOTALL)
"""A JSON string, with its value if it is the name of a string. A string that is cut off ends with the text.

Every quotation mark outside a string starts a match, so no part of the text is read twice.
"""

_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9.+-]{1,60}", re.IGNORECASE)
_SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|password|api-?key")


class Taints:
    """The secrets of one exchange and their pseudonyms, to replace them wherever they occur.

    Every text is searched for every secret. So that a request cannot make this slow, only the first ``MAX_SECRETS`` are
    kept, and the exchange ``is_full``.
    """

    def __init__(self) -> None:
        self._pseudonyms: dict[str, str] = {}
        self._forms: dict[str, tuple[str, ...]] = {}
        self.is_full = False

    def add(self, secret: str, pseudonym: str) -> str:
        """Add a secret and return its pseudonym."""
        if len(secret) >= MIN_SECRET_LENGTH and secret != pseudonym and secret not in self._pseudonyms:
            if len(self._pseudonyms) < MAX_SECRETS:
                self._pseudonyms[secret] = pseudonym
                self._forms[secret] = _forms(secret)
            else:
                self.is_full = True
        return pseudonym

    def clean(self, text: str) -> str:
        """Return ``text`` with its secrets, plain or encoded, replaced by pseudonyms. Longer secrets go first."""
        for secret in sorted(self._pseudonyms, key=len, reverse=True):
            for form in self._forms[secret]:
                text = text.replace(form, self._pseudonyms[secret])
        return text

    def are_in(self, text: str) -> bool:
        """Return whether ``text`` still contains a secret, in any encoding, or is too large to know."""
        try:
            return bool(self._pseudonyms) and any(
                secret in layer for layer in layers(text) for secret in self._pseudonyms
            )
        except Unsearchable:
            return True

    def __bool__(self) -> bool:
        return bool(self._pseudonyms)


def _forms(secret: str) -> tuple[str, ...]:
    """Return a secret in clear and as encoded in JSON, URLs and base64."""
    data = secret.encode("utf-8", "surrogatepass")
    forms = (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(data),
        quote(data, safe=""),
        quote_plus(data),
        b64encode(data).decode().rstrip("="),
        urlsafe_b64encode(data).decode().rstrip("="),
    )
    return tuple(dict.fromkeys(forms))


def redact_pairs(pairs: Pairs, pseudonyms: Pseudonyms, taints: Taints) -> Pairs:
    """Return parameters as they are written to a cassette and compared."""
    found = [
        (pseudonyms.name(name, value), taints.add(value, pseudonyms.parameter(name, value))) for name, value in pairs
    ]
    for token in (split_token(value)[1] for name, value in pairs if name == CALLBACK_URL):
        taints.add(token, pseudonyms.secret(token))
    return tuple((name, taints.clean(value)) for name, value in found) if taints else tuple(found)


def redact(interaction: Interaction, pseudonyms: Pseudonyms) -> Interaction:
    """Return ``interaction`` as it may be written to disk.

    Raises ``UsageError`` with the field if the response contains a secret of the request in a form that cannot be
    replaced, or if there are too many secrets to search for.
    """
    taints = Taints()
    call = interaction.call()
    for name, value in interaction.request_headers:
        for secret in _parts(name.lower(), value):
            taints.add(secret, pseudonyms.secret(secret))
    body, kind = _request_body(interaction, call.form, pseudonyms, taints)
    url = _url(interaction.url, call.query, pseudonyms, taints)
    headers = _request_headers(interaction.request_headers, pseudonyms, taints, kind, len(body))
    answer_headers, answer = _answer(interaction, pseudonyms, taints)
    if taints.is_full:
        wrong = f"contains more than {MAX_SECRETS} texts that may be secrets"
        raise UsageError("exchange", wrong, "the entry is not written to the cassette")
    return interaction._replace(
        url=taints.clean(url),
        request_headers=tuple((name, taints.clean(value)) for name, value in headers),
        request_body=body,
        reason=taints.clean(interaction.reason),
        headers=answer_headers,
        body=answer,
    )


def _request_body(interaction: Interaction, form: Params, pseudonyms: Pseudonyms, taints: Taints) -> tuple[bytes, str]:
    """Return the body, and its content type if that has changed. A body that is not a form becomes one pseudonym."""
    body = interaction.request_body
    if not body:
        return b"", ""
    if not form.pairs:
        text = unpacked(interaction.request_headers, body).decode("utf-8", "replace")
        for secret in _texts(text):
            taints.add(secret, pseudonyms.secret(secret))
        return pseudonyms.secret(body.decode("latin-1")).encode(), ""
    pairs = redact_pairs(form.pairs, pseudonyms, taints)
    if pairs == form.pairs and header(interaction.request_headers, "content-type").startswith(FORM):
        return body, ""
    return urlencode(pairs).encode(), FORM


def _parts(name: str, value: str) -> tuple[str, ...]:
    """Return the secrets in a header: user and password, the token after a scheme, the values of cookies."""
    if name == "authorization":
        user, password = basic(value)
        if not user and not password:
            return (value.partition(" ")[2],)
        return (password,) if user.startswith(("AC", "SK")) else (user, password, f"{user}:{password}")
    if name in ("cookie", "set-cookie"):
        return (value.partition("=")[2], *(part.partition("=")[2].strip() for part in value.split(";")))
    return ()


def _texts(text: str) -> Iterator[str]:
    """Yield what may be a secret in a body that is not a form: all of it, its decoded forms, and its values, if it can
    be read as a form or JSON."""
    with suppress(Unsearchable):
        yield from layers(text)
    yield from (value for name, value in parse_qsl(text, errors="replace") if name not in PLAIN)
    try:
        waiting: list[tuple[str, Any]] = [("", json.loads(text))]
    except (ValueError, RecursionError):
        return
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((str(key), one) for key, one in value.items())
        elif isinstance(value, list):
            waiting.extend((name, one) for one in value)
        elif isinstance(value, str) and name not in PLAIN:
            yield value


def _url(url: str, query: Params, pseudonyms: Pseudonyms, taints: Taints) -> str:
    scheme, host, path, raw, _ = urlsplit(url)
    path = "/".join(_segment(one, pseudonyms, taints) for one in path.split("/"))
    pairs = redact_pairs(query.pairs, pseudonyms, taints)
    if pairs != query.pairs:
        raw = urlencode(pairs)
    elif raw and not query.pairs:
        for secret in _texts(raw):
            taints.add(secret, pseudonyms.secret(secret))
        raw = pseudonyms.secret(raw)
    return urlunsplit((scheme, host.rpartition("@")[2], path, raw, ""))


def _segment(segment: str, pseudonyms: Pseudonyms, taints: Taints) -> str:
    if find_leak(segment) or is_lone_token(segment):
        plain = unquote(segment)
        return taints.add(plain, pseudonyms.secret(plain))
    return pseudonyms.sids(segment)


def _request_headers(headers: Pairs, pseudonyms: Pseudonyms, taints: Taints, kind: str, length: int) -> Pairs:
    def plain(name: str, value: str) -> str:
        lower = name.lower()
        if lower == "authorization":
            return taints.add(value, pseudonyms.authorization(value))
        if lower == "content-length":
            return str(length)
        if lower == "content-type":
            media = value.partition(";")[0].strip()
            return kind or (media if _MEDIA_TYPE.fullmatch(media) else pseudonyms.secret(value))
        if lower in PLAIN_HEADERS and not find_leak(value) and not is_lone_token(value):
            return pseudonyms.sids(value)
        return taints.add(value, pseudonyms.secret(value))

    return tuple((name, plain(name, value)) for name, value in headers)


def _answer(interaction: Interaction, pseudonyms: Pseudonyms, taints: Taints) -> tuple[Pairs, bytes]:
    old = unpacked(interaction.headers, interaction.body)
    text = old.decode("utf-8", "surrogateescape")
    text = _JSON_PAIR.sub(lambda match: _json_text(match, pseudonyms, taints), text)
    text = taints.clean(pseudonyms.sids(text))
    headers = tuple((name, _answer_header(name, value, pseudonyms, taints)) for name, value in interaction.headers)
    found = unpack(interaction.headers, interaction.body)
    bodies = [text, found.plain.decode("utf-8", "replace")] if found.rest == "cut off" else [text]
    fields = [
        *(("response.body", one) for one in bodies),
        *((f"response.headers.{name}", one) for name, one in headers),
    ]
    for field, value in fields:
        if taints.are_in(value):
            raise UsageError(field, "contains a secret of the request", "the entry is not written to the cassette")
    new = text.encode("utf-8", "surrogateescape")
    if new == old:
        return headers, interaction.body
    body = packed(interaction.headers, new)
    headers = _with_length(headers, len(body) - len(interaction.body))
    return headers, body


def json_texts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the names and string values in JSON, both still escaped, wherever they are. Reads text that is cut off."""
    return ((match[1], match[2]) for match in _JSON_PAIR.finditer(text) if match[2] is not None)


def _json_text(match: re.Match[str], pseudonyms: Pseudonyms, taints: Taints) -> str:
    """Replace a string whose name says that it is a secret, or the secrets in a callback URL. ``meta.key`` of a list is
    not one."""
    name, value = match.groups()
    if value and name == SHOWN_CALLBACK_URL:
        new = pseudonyms.parameter(CALLBACK_URL, value)
    elif value and name != "key" and is_secret(name) and not is_pseudonym(value):
        new = taints.add(value, pseudonyms.secret(value))
    else:
        return match[0]
    return match.string[match.start() : match.start(2)] + new + match.string[match.end(2) : match.end()]


def _answer_header(name: str, value: str, pseudonyms: Pseudonyms, taints: Taints) -> str:
    if is_secret_header(name):
        return taints.add(value, pseudonyms.secret(value))
    return taints.clean(pseudonyms.sids(value))


def is_secret_header(name: str) -> bool:
    """Return whether a header with this name holds a secret."""
    return bool(_SECRET_HEADER.search(name.lower()))


def _with_length(headers: Pairs, change: int) -> Pairs:
    """Add ``change`` to the Content-Length. A wrong length stays wrong by the same amount."""
    return tuple(
        (name, str(int(value) + change) if name.lower() == "content-length" and value.isdigit() else value)
        for name, value in headers
    )
