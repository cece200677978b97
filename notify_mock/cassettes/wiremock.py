"""Reading and writing WireMock stub mappings."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from notify_mock.cassettes.interaction import FORM, Interaction, Pairs, unpacked
from notify_mock.support.documents import Content, find_lines
from notify_mock.support.usage import UsageError, shown

_OWN = "notify-mock"
"""The key in a mapping's ``metadata`` for data that WireMock itself has no field for."""

_HOST, _SCHEME = "notify.twilio.com", "https"
_NOT_SENT = ("content-encoding", "transfer-encoding", "content-length", "connection")


def is_wiremock(content: Content) -> bool:
    """Return whether a file contains a stub mapping, or a list under ``mappings``."""
    value = content.value
    return isinstance(value, Mapping) and ("mappings" in value or {"request", "response"} <= set(value))


def read_wiremock(content: Content) -> list[Interaction]:
    """Return one exchange per mapping. Raises ``UsageError`` for a mapping that matches more than one request or does
    not contain its response."""
    if "mappings" not in content.value:
        return [_read(content.value, content.source)]
    try:
        return [_read(mapping, where) for mapping, where in content.items("mappings")]
    except UsageError:
        content = content._replace(lines=find_lines(Path(content.source)))
        return [_read(mapping, where) for mapping, where in content.items("mappings")]


def _read(mapping: Mapping[str, Any], where: str) -> Interaction:
    try:
        request, answer = mapping["request"], mapping["response"]
        own = (mapping.get("metadata") or {}).get(_OWN) or {}
        status = answer.get("status", 200)
        if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 999:
            raise ValueError(f"{shown(status)} is not a status code")
        method = str(request["method"]).upper()
        if method == "ANY":
            raise ValueError("method ANY is not an HTTP method")
        body, kind = _request_body(request)
        headers = _pairs(own["headers"]) if "headers" in own else kind
        return Interaction(
            method,
            _url(request),
            headers,
            body,
            status,
            str(answer.get("statusMessage") or ""),
            _headers(answer.get("headers") or {}),
            _body(answer),
            where,
            own.get("extra") or {},
        )
    except KeyError as error:
        raise UsageError(where, f"{error} is missing", "expected request and response") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(where, str(error), "expected a mapping for one request and one response") from error


def _url(request: Mapping[str, Any]) -> str:
    path = request.get("url") or request.get("urlPath")
    if not isinstance(path, str):
        raise ValueError("its URL is a pattern" if any("attern" in key for key in request) else "url is missing")
    host, scheme = (request.get("host") or {}).get("equalTo", _HOST), request.get("scheme", _SCHEME)
    port = f":{request['port']}" if "port" in request else ""
    query = urlencode(_equal(request.get("queryParameters") or {}))
    return f"{scheme}://{host}{port}{path}" + (f"?{query}" if query else "")


def _equal(parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the names and values of ``equalTo`` matchers. Raises ``ValueError`` for other matchers."""
    pairs = []
    for name, wanted in parameters.items():
        for matcher in wanted.get("hasExactly", [wanted]):
            if "equalTo" not in matcher:
                raise ValueError(f"{name} is matched by a pattern")
            pairs.append((name, str(matcher["equalTo"])))
    return pairs


def _request_body(request: Mapping[str, Any]) -> tuple[bytes, Pairs]:
    form = _equal(request.get("formParameters") or {})
    if form:
        return urlencode(form).encode(), (("Content-Type", FORM),)
    patterns = request.get("bodyPatterns") or []
    if not patterns:
        return b"", ()
    (pattern,) = patterns
    if "binaryEqualTo" in pattern:
        return b64decode(pattern["binaryEqualTo"]), ()
    if "equalTo" not in pattern:
        raise ValueError("its body is matched by a pattern")
    return str(pattern["equalTo"]).encode(), (("Content-Type", FORM),)


def _body(answer: Mapping[str, Any]) -> bytes:
    for key in ("bodyFileName", "proxyBaseUrl", "fault"):
        if key in answer:
            raise ValueError(f"{key} is not supported in a response")
    if "base64Body" in answer:
        return b64decode(answer["base64Body"])
    return json.dumps(answer["jsonBody"]).encode() if "jsonBody" in answer else str(answer.get("body") or "").encode()


def _headers(headers: Mapping[str, Any]) -> Pairs:
    return tuple(
        (name, str(text)) for name, value in headers.items() for text in (value if isinstance(value, list) else [value])
    )


def _pairs(listed: Sequence[Sequence[str]]) -> Pairs:
    return tuple((str(name), str(value)) for name, value in listed)


def write_wiremock(interactions: Sequence[Interaction]) -> str:
    """Return stub mappings as JSON text. Repeated requests become the steps of a scenario, to keep their order."""
    requests = [_asked(one) for one in interactions]
    keys = [json.dumps(request, sort_keys=True) for request in requests]
    times, turns = Counter(keys), Counter[str]()
    numbers = {key: number for number, key in enumerate(times)}
    mappings: list[dict[str, Any]] = []
    for one, request, key in zip(interactions, requests, keys, strict=True):
        mapping: dict[str, Any] = {"request": request, "response": _answered(one)}
        if times[key] > 1:
            mapping["scenarioName"] = f"{one.method} {urlsplit(one.url).path} ({numbers[key]})"
            mapping["requiredScenarioState"] = f"after {turns[key]}" if turns[key] else "Started"
            turns[key] += 1
            if turns[key] < times[key]:
                mapping["newScenarioState"] = f"after {turns[key]}"
        own = {"headers": [list(pair) for pair in one.request_headers], "extra": dict(one.extra)}
        mappings.append({**mapping, "metadata": {_OWN: own}})
    return json.dumps({"mappings": mappings}, indent=1, default=str) + "\n"


def _asked(one: Interaction) -> dict[str, Any]:
    call, split = one.call(), urlsplit(one.url)
    request: dict[str, Any] = {
        "method": one.method,
        "scheme": split.scheme,
        "host": {"equalTo": split.hostname},
        "urlPath": split.path,
    }
    if split.port:
        request["port"] = split.port
    if call.query.pairs:
        request["queryParameters"] = _matched(call.query.pairs)
    if call.form.pairs:
        request["formParameters"] = _matched(call.form.pairs)
    elif one.request_body:
        request["bodyPatterns"] = [{"binaryEqualTo": b64encode(one.request_body).decode()}]
    return request


def _matched(pairs: Pairs) -> dict[str, Any]:
    by_name: dict[str, list[dict[str, str]]] = {}
    for name, value in pairs:
        by_name.setdefault(name, []).append({"equalTo": value})
    return {name: several[0] if len(several) == 1 else {"hasExactly": several} for name, several in by_name.items()}


def _answered(one: Interaction) -> dict[str, Any]:
    body = unpacked(one.headers, one.body)
    headers: dict[str, Any] = {}
    for name, value in one.headers:
        if name.lower() not in _NOT_SENT:
            headers.setdefault(name, []).append(value)
    answer: dict[str, Any] = {
        "status": one.status,
        "statusMessage": one.reason,
        "headers": {name: several[0] if len(several) == 1 else several for name, several in headers.items()},
    }
    try:
        return {**answer, "body": body.decode()} if body else answer
    except UnicodeDecodeError:
        return {**answer, "base64Body": b64encode(body).decode()}
