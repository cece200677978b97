"""Preparing a comparison: the recorded call, and an emulator that holds the records its response shows."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from notify_mock.cassettes.interaction import Interaction, unpacked
from notify_mock.engine.engine import Engine
from notify_mock.engine.hydration import seeds_of
from notify_mock.engine.routes import find_route
from notify_mock.push_keys.apn_pair import ApnPair, apn_pair
from notify_mock.redaction.pseudonyms import stands_for_pem
from notify_mock.resources.resource import Resource
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.messages import Call, Params
from notify_mock.twilio_api.products import resolve_endpoint

MakePair = Callable[[], ApnPair]

_SID = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
_GIVEN = ("accounts", "data", "faults", "frozen")
_MINIMAL_VALUES: Mapping[str, Mapping[str, Any]] = {
    "credential": {"type": "fcm"},
    "binding": {"identity": "somebody", "binding_type": "sms", "address": "+15005550006"},
}
"""The required values of a record."""


def note(recorded: Interaction, key: str) -> Mapping[str, Any]:
    """Return the mapping under ``key`` of an entry. Raises ``UsageError`` if it is not a mapping."""
    found = recorded.extra.get(key) or {}
    if not isinstance(found, Mapping):
        raise UsageError(f"{recorded.where}.{key}", "is not a mapping", "write name: value")
    return found


def recorded_call(recorded: Interaction, pair: MakePair = apn_pair) -> Call:
    """Return the recorded call, ready to send to an emulator.

    If its Authorization was filtered out, that of the recorded account is used, except for a 401. Pseudonyms of
    certificates and private keys are replaced with real ones.
    """
    call = recorded.call()
    form = Params(tuple((name, _real(name, value, pair)) for name, value in call.form.pairs))
    headers = dict(call.headers)
    if "authorization" not in headers and recorded.status != HTTPStatus.UNAUTHORIZED:
        account = _ACCOUNT.search(unpacked(recorded.headers, recorded.body).decode("utf-8", "replace"))
        user = account[0] if account else "AC" + "0" * 32
        headers["authorization"] = "Basic " + b64encode(f"{user}:token".encode()).decode()
    return call._replace(form=form, headers=headers)


def arrange(recorded: Interaction, call: Call) -> tuple[Engine, tuple[str, ...]]:
    """Return an emulator with the records that the response shows and the options under ``given`` of the entry, and
    the reason if it cannot hold these records. Raises ``UsageError`` if ``given`` is not valid."""
    given = note(recorded, "given")
    if set(given) - set(_GIVEN) or not isinstance(given.get("data", {}), Mapping):
        raise UsageError(f"{recorded.where}.given", "is not valid", f"use any of: {', '.join(_GIVEN)}")
    engine = Engine(seed="fidelity", **given)
    endpoint = resolve_endpoint(call.host, call.path)
    match = find_route(endpoint.api, endpoint.path)
    if match is None:
        return engine, ()
    resource = next(iter(match.routes.values())).resource
    owner = {"account_sid": _account(engine, call), "region": endpoint.region}
    data = dict(given.get("data", {}))
    if resource.parent is not None and recorded.status < HTTPStatus.BAD_REQUEST:
        data[resource.parent.key] = [*data.get(resource.parent.key, ()), {"sid": match.parent, **owner}]
    if recorded.status != HTTPStatus.CREATED and resource.seed is not None:
        parent_field = resource.parent_field(match.parent)
        records = [{**values, **parent_field, **owner} for values in _records(recorded, call, resource)]
        data[resource.key] = [*data.get(resource.key, ()), *records]
    try:
        return Engine(seed="fidelity", **{**given, "data": data}), ()
    except UsageError as error:
        return engine, (f"a recorded record cannot be loaded: {error}",)


def _account(engine: Engine, call: Call) -> str:
    with engine.checkpoint():
        engine.handle(call._replace(method="GET"))
        account_sid = engine.journal.last.account_sid
    return account_sid or engine.auth[0]


def _records(recorded: Interaction, call: Call, resource: Resource[Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the records that the response shows or deletes, and one on each side that its page links lead to."""
    seeds = [seed.values for seed in seeds_of([recorded]) if seed.resource is resource]
    shown = [{key: value for key, value in values.items() if value is not None} for values in seeds]
    other = (
        {key: value for key, value in shown[0].items() if key != "sid"}
        if shown
        else _MINIMAL_VALUES.get(resource.name, {})
    )
    token, body = call.query.get("PageToken") or "", unpacked(recorded.headers, recorded.body)
    behind = {"sid": token[2:]} if _SID.fullmatch(token[2:]) else {}
    if token.startswith("PA") or b'"previous_page_url": "' in body:
        yield {**other, **(behind if token.startswith("PA") else {})}
    if recorded.method == "DELETE" and recorded.status < 300:
        yield {**other, "sid": call.path.rpartition("/")[2].removesuffix(".json")}
    yield from shown
    if token.startswith("PB") or b'"next_page_url": "' in body:
        yield {**other, **(behind if token.startswith("PB") else {})}


def _real(name: str, value: str, pair: MakePair) -> str:
    if not stands_for_pem(value):
        return value
    return pair().certificate if name == "Certificate" else pair().private_key
