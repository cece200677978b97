"""Reading (strictly) and writing the VCR format, version 1, of vcrpy and pytest-recording, in YAML or JSON."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from notify_mock.cassettes.interaction import FORM, MAX_BODY_BYTES, Interaction, Pairs, check, header
from notify_mock.support.documents import Content, find_lines
from notify_mock.support.usage import UsageError, shown

VERSION = 1
_LISTS = ("interactions", "http_interactions")
"""The second is Ruby VCR's key; its files have no version."""

_OWN_KEYS = frozenset({"request", "response"})
_HEAD = "interactions:\n"
_TAIL = f"version: {VERSION}\n"


def read_vcr(content: Content) -> list[Interaction]:
    """Return the entries of a file. Raises ``UsageError`` with file, line and key."""
    source, value = content.source, content.value
    if not isinstance(value, Mapping):
        remedy = "expected interactions: and a list below it"
        old = isinstance(value, list) and value and isinstance(value[0], Mapping) and "request" in value[0]
        raise UsageError(source, "is a cassette from before VCR version 1" if old else "is not a cassette", remedy)
    key = next((one for one in _LISTS if one in value), None)
    if key is None:
        raise UsageError(source, "has no interactions", "expected {version: 1, interactions: [...]}")
    if key == _LISTS[0] and (value.get("version") != VERSION or isinstance(value.get("version"), bool)):
        wrong = f"version {shown(value['version'])} is not supported" if "version" in value else "has no version"
        raise UsageError(_at(content, "version"), wrong, f"expected version: {VERSION}")
    try:
        return [_interaction(entry, where) for entry, where in content.items(key)]
    except UsageError:
        if not content.lines:  # in JSON, lines are only looked up for an error
            lines = find_lines(Path(source))
            return [_interaction(entry, where) for entry, where in content._replace(lines=lines).items(key)]
        raise


def _at(content: Content, key: str) -> str:
    line = (content.lines or find_lines(Path(content.source))).get((key, -1))
    return f"{content.source}, line {line}" if line else content.source


def _interaction(entry: Mapping[str, Any], where: str) -> Interaction:
    request, answer = _mapping(entry, "request", where), _mapping(entry, "response", where)
    method, url = request.get("method"), request.get("uri", request.get("url"))
    if not isinstance(method, str) or not method.isalpha():
        raise UsageError(f"{where}.request.method", _wrong(method, "an HTTP method"), "expected GET, POST, DELETE, ...")
    if not isinstance(url, str) or not url.lower().startswith(("http://", "https://")):
        raise UsageError(
            f"{where}.request.uri", _wrong(url, "a URL", secret=True), "expected the whole URL, https://..."
        )
    status = answer.get("status")
    code = status.get("code") if isinstance(status, Mapping) else status
    if isinstance(code, bool) or not isinstance(code, int) or not 100 <= code <= 999:
        raise UsageError(f"{where}.response.status.code", _wrong(code, "a status code"), "expected 200, 201, 404, ...")
    reason = status.get("message") if isinstance(status, Mapping) else ""
    headers, body = _headers(request.get("headers"), f"{where}.request.headers"), request.get("body")
    fields = _fields(body)
    if fields and not header(headers, "content-type"):
        headers = (*headers, ("Content-Type", FORM))
    made = Interaction(
        method.upper(),
        url,
        headers,
        _body(urlencode(fields, doseq=True) if fields else body, f"{where}.request.body"),
        code,
        reason if isinstance(reason, str) else "",
        _headers(answer.get("headers"), f"{where}.response.headers"),
        _body(answer.get("body"), f"{where}.response.body"),
        where,
        {key: value for key, value in entry.items() if key not in _OWN_KEYS},
    )
    check(made)
    return made


def _mapping(entry: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    found = entry.get(key)
    if not isinstance(found, Mapping):
        raise UsageError(f"{where}.{key}", "is missing" if found is None else "is not a mapping", "record it again")
    return found


def _wrong(value: object, expected: str, *, secret: bool = False) -> str:
    """Return what is wrong with a value. A URL is not repeated: its query may contain a secret."""
    if value is None:
        return "is missing"
    return f"is not {expected}" if secret else f"{shown(value)} is not {expected}"


def _headers(value: Any, where: str) -> Pairs:
    """Return the headers from a mapping of names to strings or lists of strings, or from a list of pairs."""
    if not value:
        return ()
    items = value.items() if isinstance(value, Mapping) else value
    found: list[tuple[str, str]] = []
    try:
        for name, values in items:
            for text in values if isinstance(values, list) else (values,):
                found.append((name, text if type(text) is str else _text(text)))
            if type(name) is not str:
                raise TypeError
    except (TypeError, ValueError) as error:
        raise UsageError(where, "are not headers", "write each header as Name: [text]") from error
    return tuple(found)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (int, float)):
        return str(value)
    raise TypeError


def _body(value: Any, where: str) -> bytes:
    """Return a body from None, a string, bytes, or a mapping with ``string`` or ``base64_string``."""
    if isinstance(value, Mapping):
        if isinstance(value.get("base64_string"), str):
            value = _from_base64(value["base64_string"], where)
        else:
            value = value.get("string")
    if value is None:
        return b""
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    if not isinstance(value, bytes):
        raise UsageError(where, f"expected a string, got {type(value).__name__}", "write {string: text}")
    if len(value) > MAX_BODY_BYTES:
        raise UsageError(where, f"has {len(value)} bytes", f"the limit is {MAX_BODY_BYTES}")
    return value


def _fields(body: Any) -> list[tuple[str, Any]]:
    """Return the fields of a form. vcrpy writes those of aiohttp, and so of the SDK's async client, as a mapping or a
    list of pairs."""
    if isinstance(body, Mapping) and not {"string", "base64_string"} & set(body):
        return list(body.items())
    if isinstance(body, list) and all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in body):
        return [(name, value) for name, value in body]
    return []


def _from_base64(text: str, where: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise UsageError(f"{where}.base64_string", "is not base64", "encode the bytes again") from error


def entry_yaml(interaction: Interaction) -> str:
    """Return an entry as the text of a YAML cassette."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump([_plain(interaction)], Dumper=dumper, sort_keys=False, allow_unicode=False, width=10**6)
    return text


def join_yaml(entries: Iterable[str]) -> str:
    """Return the cassette that consists of these entries."""
    text = "".join(entries)
    return (_HEAD + text if text else "interactions: []\n") + _TAIL


def write_yaml(interactions: Sequence[Interaction]) -> str:
    """Return a cassette in YAML."""
    return join_yaml(entry_yaml(interaction) for interaction in interactions)


def entry_json(interaction: Interaction) -> str:
    """Return an entry as the text of a JSON cassette. Bytes that are not UTF-8 are under ``base64_string``, which vcrpy
    does not know."""
    return json.dumps(_plain(interaction, binary=False), indent=1, default=str).replace("\n", "\n  ")


def join_json(entries: Iterable[str]) -> str:
    """Return the cassette that consists of these entries."""
    text = ",\n  ".join(entries)
    listed = f"[\n  {text}\n ]" if text else "[]"
    return f'{{\n "version": {VERSION},\n "interactions": {listed}\n}}\n'


def write_json(interactions: Sequence[Interaction]) -> str:
    """Return a cassette in JSON."""
    return join_json(entry_json(interaction) for interaction in interactions)


def _plain(interaction: Interaction, *, binary: bool = True) -> dict[str, Any]:
    return {
        "request": {
            "method": interaction.method,
            "uri": interaction.url,
            "body": _asked_body(interaction.request_body, binary=binary),
            "headers": _by_name(interaction.request_headers),
        },
        "response": {
            "status": {"code": interaction.status, "message": interaction.reason},
            "headers": _by_name(interaction.headers),
            "body": _shown_body(interaction.body, binary=binary),
        },
        **interaction.extra,
    }


def _by_name(headers: Pairs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return found


def _asked_body(body: bytes, *, binary: bool) -> Any:
    """Return a request's body as vcrpy writes it, without a mapping around it if it can be written as it is."""
    shown_body = _shown_body(body, binary=binary)
    return shown_body.get("string", shown_body) or None


def _shown_body(body: bytes, *, binary: bool) -> dict[str, Any]:
    try:
        return {"string": body.decode()}
    except UnicodeDecodeError:
        return {"string": body} if binary else {"base64_string": b64encode(body).decode()}
