"""The VCR format, version 1, in YAML or JSON: as vcrpy and pytest-recording write it, read strictly."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from notify_mock.cassettes.interaction import MAX_BODY_BYTES, Interaction, Pairs, check
from notify_mock.support.files import Content, find_lines
from notify_mock.support.usage import UsageError, shown

VERSION = 1
_LISTS = ("interactions", "http_interactions")
"""The second is Ruby's, whose files have no version."""

_OWN_KEYS = frozenset({"request", "response"})
_MAX_EXTRA = 10_000
_HEAD = "interactions:\n"
_TAIL = f"version: {VERSION}\n"


def read_vcr(content: Content) -> list[Interaction]:
    """The entries of a file. Raises ``UsageError`` with file, line and key."""
    source, value = content.source, content.value
    if not isinstance(value, Mapping):
        remedy = "it begins with interactions: and a list below it"
        old = isinstance(value, list) and value and isinstance(value[0], Mapping) and "request" in value[0]
        raise UsageError(source, "is a cassette of before VCR's version 1" if old else "is no cassette", remedy)
    key = next((one for one in _LISTS if one in value), None)
    if key is None:
        raise UsageError(source, "has no interactions", "a cassette is {version: 1, interactions: [...]}")
    if key == _LISTS[0] and (value.get("version") != VERSION or isinstance(value.get("version"), bool)):
        wrong = f"version {shown(value['version'])} isn't known" if "version" in value else "has no version"
        raise UsageError(_at(content, "version"), wrong, f"write version: {VERSION}, the only one there is")
    try:
        return [_interaction(entry, where) for entry, where in content.items(key)]
    except UsageError:
        if not content.lines:  # JSON: the lines are worth looking for once there is an error
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
        raise UsageError(f"{where}.request.method", _wrong(method), "it is GET, POST, DELETE, ...")
    if not isinstance(url, str) or not url.lower().startswith(("http://", "https://")):
        raise UsageError(f"{where}.request.uri", _wrong(url, secret=True), "it is the whole URL, https://...")
    status = answer.get("status")
    code = status.get("code") if isinstance(status, Mapping) else status
    if isinstance(code, bool) or not isinstance(code, int) or not 100 <= code <= 999:
        raise UsageError(f"{where}.response.status.code", _wrong(code), "it is 200, 201, 404, ...")
    reason = status.get("message") if isinstance(status, Mapping) else ""
    made = Interaction(
        method.upper(),
        url,
        _headers(request.get("headers"), f"{where}.request.headers"),
        _body(request.get("body"), f"{where}.request.body"),
        code,
        reason if isinstance(reason, str) else "",
        _headers(answer.get("headers"), f"{where}.response.headers"),
        _body(answer.get("body"), f"{where}.response.body"),
        where,
        _extra(entry, where),
    )
    check(made)
    return made


def _extra(entry: Mapping[str, Any], where: str) -> dict[str, Any]:
    """What else the entry says. Raises ``UsageError`` where YAML's aliases make it endless or huge."""
    extra = {key: value for key, value in entry.items() if key not in _OWN_KEYS}
    waiting, seen = list(extra.values()), 0
    while waiting:
        value = waiting.pop()
        waiting += value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
        seen += 1
        if seen > _MAX_EXTRA:
            raise UsageError(f"{where}, {', '.join(map(str, extra))}", "is too much", "keep notes short")
    return extra


def _mapping(entry: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    found = entry.get(key)
    if not isinstance(found, Mapping):
        raise UsageError(f"{where}.{key}", "is missing" if found is None else "is no mapping", "record it again")
    return found


def _wrong(value: object, *, secret: bool = False) -> str:
    """A URL isn't repeated: its query may be a secret."""
    if value is None:
        return "is missing"
    return f"a {type(value).__name__} is none" if secret else f"{shown(value)} is none"


def _headers(value: Any, where: str) -> Pairs:
    """A mapping of names to texts or lists of them, or a list of pairs."""
    if not value:
        return ()
    items = value.items() if isinstance(value, Mapping) else value
    found: list[tuple[str, str]] = []
    try:
        for name, several in items:
            for one in several if isinstance(several, list) else (several,):
                found.append((name, one if type(one) is str else _text(one)))
            if type(name) is not str:
                raise TypeError
    except (TypeError, ValueError) as error:
        raise UsageError(where, "are no headers", "write each as Name: [text]") from error
    return tuple(found)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (int, float)):
        return str(value)
    raise TypeError


def _body(value: Any, where: str) -> bytes:
    """Nothing, text, bytes, or a mapping with ``string`` or ``base64_string``."""
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
        raise UsageError(where, f"a {type(value).__name__} is no body", "write {string: text}")
    if len(value) > MAX_BODY_BYTES:
        raise UsageError(where, f"has {len(value)} bytes", f"the limit is {MAX_BODY_BYTES}")
    return value


def _from_base64(text: str, where: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise UsageError(f"{where}.base64_string", "isn't base64", "encode the bytes again") from error


def entry_yaml(interaction: Interaction) -> str:
    """One entry as it stands in a YAML cassette."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump([_plain(interaction)], Dumper=dumper, sort_keys=False, allow_unicode=False, width=10**6)
    return text


def join_yaml(entries: Iterable[str]) -> str:
    """The cassette of such entries."""
    text = "".join(entries)
    return (_HEAD + text if text else "interactions: []\n") + _TAIL


def write_yaml(interactions: Sequence[Interaction]) -> str:
    return join_yaml(entry_yaml(one) for one in interactions)


def write_json(interactions: Sequence[Interaction]) -> str:
    """The same in JSON. Bytes that are no text stand under ``base64_string``, which vcrpy doesn't know."""
    entries = [_plain(one, binary=False) for one in interactions]
    return json.dumps({"version": VERSION, "interactions": entries}, indent=1, default=str) + "\n"


def _plain(interaction: Interaction, *, binary: bool = True) -> dict[str, Any]:
    return {
        "request": {
            "method": interaction.method,
            "uri": interaction.url,
            "body": _shown_body(interaction.request_body, binary=binary)["string"]
            if interaction.request_body
            else None,
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


def _request_body(body: bytes, *, binary: bool) -> Any:
    """vcrpy has no ``string`` there."""
    shown_body = _shown_body(body, binary=binary)
    return shown_body.get("string", shown_body) if body else None


def _shown_body(body: bytes, *, binary: bool) -> dict[str, Any]:
    try:
        return {"string": body.decode()}
    except UnicodeDecodeError:
        return {"string": body} if binary else {"base64_string": b64encode(body).decode()}
