"""The call of Twilio's SDKs that sends the request of an exchange, if there is one."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from notify_mock.engine.routes import RouteMatch, find_route
from notify_mock.journal.exchange import Exchange
from notify_mock.resources.resource import Resource
from notify_mock.snippets.stand_ins import File, stand_in
from notify_mock.snippets.subject import is_secret_like
from notify_mock.twilio_api.paging import PARAMETERS as PAGING

Value = str | int | bool | list[Any] | dict[str, Any] | File

_LISTS = {
    "binding.create": ("Tag",),
    "binding.list": ("Identity", "Tag"),
    "notification.create": ("Identity", "Tag", "ToBinding", "Segment"),
}
"""Parameters that the SDKs take as lists."""

_REQUIRED = {"credential.create": ("Type",), "binding.create": ("Identity", "BindingType", "Address")}
"""Parameters that the SDKs cannot leave out."""

_JSON = ("Data", "Apn", "Gcm", "Fcm", "Sms", "FacebookMessenger", "Alexa")
_FLAGS = ("Sandbox", "LogEnabled", "DeliveryCallbackEnabled")
_NUMBERS = ("Ttl", "PageSize", "Page")
_SID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_METHODS = {"create": "POST", "update": "POST", "fetch": "GET", "list": "GET", "delete": "DELETE"}


class SdkCall(NamedTuple):
    """One call.

    ``product`` and ``version`` are ``chat`` and ``v2``. ``path`` has the names of collections, each with a SID or "".
    ``verb`` is that of the call's name, or ``page`` for a list with paging parameters. ``arguments`` have Twilio's
    names.
    """

    product: str
    version: str
    path: tuple[tuple[str, str], ...]
    verb: str
    arguments: tuple[tuple[str, Value], ...]


def read_sdk_call(exchange: Exchange) -> SdkCall | None:
    """Return the call of the SDKs, or None if they cannot send such a request."""
    match = find_route(exchange.api, exchange.path) if exchange.name else None
    route = match.route(exchange.call.method) if match else None
    if match is None or route is None or exchange.call.defect is not None or not exchange.has_body:
        return None
    verb = route.name.partition(".")[2]
    arguments = _arguments(exchange, route.name, route.resource.parameters(verb))  # type: ignore[arg-type]
    path = _path(route.resource, match)
    if arguments is None or exchange.call.method != _METHODS[verb] or not all(_is_sid(sid) for _, sid in path):
        return None
    product, _, version = exchange.api.partition("/")
    is_page = any(name in PAGING for name, _ in arguments)
    return SdkCall(product, version, path, "page" if is_page else verb, arguments)


def _path(resource: Resource[Any], match: RouteMatch) -> tuple[tuple[str, str], ...]:
    own = (resource.key, match.sid)
    return (own,) if resource.parent is None else ((resource.parent.key, match.parent), own)


def _is_sid(text: str) -> bool:
    return not text or bool(_SID.fullmatch(text) and not is_secret_like(text))


def _arguments(exchange: Exchange, name: str, known: tuple[str, ...]) -> tuple[tuple[str, Value], ...] | None:
    """Return the arguments in the order in which they were sent, without unknown ones; None if they do not fit."""
    sent = exchange.call.parameters
    if any(required not in sent for required in _REQUIRED.get(name, ())):
        return None
    found: list[tuple[str, Value]] = []
    for parameter in dict.fromkeys(key for key, _ in sent.pairs if key in known):
        values = [stand_in(parameter, value, exchange.refusal) or "" for value in sent.all(parameter)]
        if parameter in _LISTS.get(name, ()):
            found.append((parameter, values))
        elif len(values) > 1:
            return None
        else:
            found.append((parameter, _typed(parameter, values[0])))
    return tuple(found)


def _typed(name: str, value: str | File) -> Value:
    """Return the value as somebody would write it in code. The SDKs send the same text for it."""
    if isinstance(value, File):
        return value
    if name in _FLAGS and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if name in _NUMBERS and value.isascii() and value.isdigit() and len(value) < 10 and str(int(value)) == value:
        return int(value)
    if name in _JSON:
        try:
            parsed = json.loads(value)
            json.dumps(parsed, ensure_ascii=False, allow_nan=False).encode()
        except (ValueError, RecursionError):
            return value
        return parsed if isinstance(parsed, dict) else value
    return value
