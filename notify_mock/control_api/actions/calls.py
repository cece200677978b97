"""The action that makes a call of the emulated API, for whoever does not know the account's token."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import request

from notify_mock.control_api.actions.journal import find_exchange
from notify_mock.control_api.controlled import Control, Controlled, Result
from notify_mock.control_api.guard import Refused
from notify_mock.control_api.json import read_object
from notify_mock.support.usage import nearest, shown
from notify_mock.support.waits import HeldCall, Released
from notify_mock.twilio_api.channels import CALLBACK_NAME
from notify_mock.twilio_api.errors import EntityTooLarge, HeadersTooLarge, MalformedRequest, UriTooLong
from notify_mock.twilio_api.hosts import is_twilio, plain
from notify_mock.twilio_api.messages import Call, Params

_KEYS = ("method", "path", "account", "params", "repeat")
_UNREADABLE = (MalformedRequest, EntityTooLarge, UriTooLong, HeadersTooLarge)
PATH, MAX_PATH = r"^(/|https://)[^?#\x00-\x1f\x7f]*$", 5000
METHODS = ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS")


def make_call(control: Control) -> Result:
    given, emulator = read_object(), control.emulator
    for key in given:
        if key not in _KEYS:
            raise Refused(400, f"unknown key {shown(key)}; {nearest(key, _KEYS)}", key)
    call = _repeated(emulator, given) if "repeat" in given else _read(emulator, given)
    try:
        answer = emulator.handle(call, _wait)
    except Released:
        raise Refused(409, "the emulator was reset while a fault rule held the call; make it again") from None
    number = next((one.number for one in reversed(list(emulator.journal)) if one.call.headers is call.headers), None)
    is_broken = answer.wire is not None and (answer.wire.ending != "" or answer.wire.sent is not None)
    return 200, {
        "status": None if is_broken else answer.status,
        "headers": [list(pair) for pair in answer.headers],
        "body": "" if is_broken else answer.body.decode(errors="replace"),
        "number": number,
    }


def _wait(seconds: float, held: HeldCall) -> None:
    held.wait(seconds)


def _repeated(emulator: Controlled, given: Mapping[str, Any]) -> Call:
    """Return a copy of a call in the journal, as it was sent."""
    number = given["repeat"]
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise Refused(400, f"repeat: expected the number of an exchange, got {shown(number)}", "repeat")
    if len(given) > 1:
        raise Refused(400, "repeat must be the only key", "repeat")
    exchange = find_exchange(emulator.journal, number, "repeat")
    if exchange.name == CALLBACK_NAME:
        raise Refused(400, f"repeat: exchange {number} is a delivery callback, which the emulator sent", "repeat")
    if not exchange.has_body or exchange.refusal in _UNREADABLE:
        why_not = "could not be read" if exchange.has_body else "had a large body, which was not kept"
        raise Refused(400, f"repeat: exchange {number} {why_not}; send method, path and params", "repeat")
    return exchange.call._replace(headers=dict(exchange.call.headers))


def _read(emulator: Controlled, given: Mapping[str, Any]) -> Call:
    """Raises ``Refused``."""
    for key in ("method", "path"):
        if not isinstance(given.get(key), str):
            wrong = f"expected text, got {shown(given[key])}" if key in given else "is missing"
            raise Refused(400, f"{key}: {wrong}", key)
    method, path = given["method"], given["path"]
    if method not in METHODS:
        raise Refused(400, f"method: expected one of: {', '.join(METHODS)}, got {shown(method)}", "method")
    scheme, host, path = _split(path)
    params = Params(_pairs(given.get("params", {})))
    headers = {
        "host": host,
        "authorization": _authorization(emulator, given.get("account")),
        "user-agent": "notify-mock",
        "content-type": "application/x-www-form-urlencoded",
    }
    call = Call(method, host, path, headers=headers, scheme=scheme)
    return call._replace(query=params) if call.reads_query else call._replace(form=params)


def _split(path: str) -> tuple[str, str, str]:
    """Return scheme, host and path. Raises ``Refused``."""
    if len(path) > MAX_PATH or not re.fullmatch(PATH, path):
        expected = "expected a path such as /v1/Services, or https:// and a host of Twilio's"
        raise Refused(400, f"path: {expected}, without ? and #; write the query as params", "path")
    if path.startswith("/"):
        return request.scheme, request.environ.get("HTTP_HOST", "127.0.0.1"), path
    try:
        parts = urlsplit(path)
        host = parts.hostname or ""
    except ValueError:
        parts, host = None, ""
    if parts is None or parts.scheme != "https" or not is_twilio(plain(host)) or parts.netloc.lower() != host:
        raise Refused(400, "path: expected a path such as /v1/Services, or https:// and a host of Twilio's", "path")
    return "https", host, parts.path or "/"


def _pairs(given: Any) -> tuple[tuple[str, str], ...]:
    """Return the parameters of a mapping of names to a text or texts, or of a list of pairs. Raises ``Refused``."""
    pairs: list[Any] = []
    if isinstance(given, dict):
        for name, value in given.items():
            pairs += [(name, one) for one in (value if isinstance(value, list) else [value])]
    elif isinstance(given, list):
        pairs = [tuple(pair) if isinstance(pair, list) else None for pair in given]
    else:
        raise Refused(400, f"params: expected a mapping or a list of [name, value], got {shown(given)}", "params")
    for pair in pairs:
        if pair is None or len(pair) != 2 or not all(isinstance(text, str) for text in pair):
            raise Refused(400, "params: expected names and values that are text; write numbers in quotes", "params")
    return tuple(pairs)


def _authorization(emulator: Controlled, account_sid: Any) -> str:
    """Return the header by which the account is authenticated. Raises ``Refused``."""
    accounts = emulator.accounts
    sid = accounts.default.sid if account_sid is None else account_sid
    if not isinstance(sid, str) or not sid.startswith("AC") or (accounts.strict and sid not in accounts):
        known = ", ".join(account.sid for account in accounts) if accounts.strict else "a SID that begins with AC"
        raise Refused(400, f"account: there is no account {shown(sid)}; expected {known}", "account")
    token = accounts[sid].auth_token if sid in accounts else "token"
    return "Basic " + b64encode(f"{sid}:{token}".encode()).decode()
