"""The control API under ``/_mock``: for tools that arrange and inspect the emulator, not for what it emulates."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol

from flask import Response, jsonify, request

from notify_mock import __version__
from notify_mock.accounts import Accounts
from notify_mock.call import Answer
from notify_mock.clock import Clock
from notify_mock.exchange import Exchange
from notify_mock.faults.book import Faults
from notify_mock.journal import Journal
from notify_mock.records import Records
from notify_mock.redaction import MASK, is_secret, show_text
from notify_mock.usage import UsageError, nearest, shown

if TYPE_CHECKING:
    from notify_mock.faults.rule import Rule

TOKEN_HEADER = "X-Notify-Mock-Token"  # noqa: S105 - a header's name

_LARGEST = 256 * 1024
_MOST_CHECKPOINTS = 100
_TARGET = re.compile(r"/_mock(?:[/?]|\Z)")
_HOST = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::[0-9]*)?")
_COUNTS = ("seen", "fired")
"""What an answer says of a rule that is no part of it; it may be sent back, and is passed over."""

_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "null": (type(None),),
}

_Result = tuple[int, dict[str, Any] | None]
"""Status and JSON; None for an empty body."""


class Controlled(Protocol):
    """What can be controlled: an emulator."""

    seed: int | str
    control_token: str | None

    @property
    def clock(self) -> Clock: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def faults(self) -> Faults: ...
    @property
    def credentials(self) -> Records[Any]: ...
    def reset(self) -> None: ...
    def snapshot(self) -> Any: ...
    def restore(self, snapshot: Any) -> None: ...


class _Refused(Exception):
    """A control request that isn't obeyed; ``allow`` are the methods that would be."""

    def __init__(self, status: int, message: str, field: str = "", allow: str = "") -> None:
        self.status, self.message, self.field, self.allow = status, message, field, allow
        super().__init__(message)


class Control:
    """What can be asked of one emulator: ``ACTIONS`` by method and path, the path's own name last."""

    def __init__(self, emulator: Controlled) -> None:
        self._emulator = emulator
        self._checkpoints: dict[str, Any] = {}

    def health(self) -> _Result:
        emulator = self._emulator
        return 200, {"status": "ok", "version": __version__, "seed": emulator.seed, **self._now()}

    def openapi(self) -> _Result:
        from notify_mock.openapi import document

        return 200, document(request.scheme + "://" + request.environ.get("HTTP_HOST", ""))

    def state(self) -> _Result:
        emulator = self._emulator
        return 200, {
            "seed": emulator.seed,
            **self._now(),
            "strict": emulator.accounts.strict,
            "default_account": emulator.accounts.default.sid,
            "credentials": [_show_record(record) for record in emulator.credentials.values()],
            "requests": len(emulator.journal),
            "faults": [_show_rule(rule) for rule in emulator.faults],
        }

    def journal(self) -> _Result:
        return 200, {"exchanges": [_show_exchange(exchange) for exchange in self._emulator.journal]}

    def reset(self) -> _Result:
        self._emulator.reset()
        return 200, {"status": "ok"}

    def clock(self) -> _Result:
        return 200, self._now()

    def move_clock(self) -> _Result:
        _move(self._emulator.clock, _body())
        return 200, self._now()

    def faults(self) -> _Result:
        return 200, {"faults": [_show_rule(rule) for rule in self._emulator.faults]}

    def add_fault(self) -> _Result:
        given = _body()
        _check_rule(given)
        rule = {key: value for key, value in given.items() if key not in _COUNTS}
        return 201, _show_rule(self._emulator.faults.read(rule, "body"))

    def clear_faults(self) -> _Result:
        self._emulator.faults.clear()
        return 204, None

    def remove_fault(self, name: str) -> _Result:
        try:
            self._emulator.faults.remove(name)
        except UsageError as error:
            raise _Refused(404, str(error), "name") from error
        return 204, None

    def set_checkpoint(self) -> _Result:
        name = _name(_body(default="{}"))
        if name not in self._checkpoints and len(self._checkpoints) >= _MOST_CHECKPOINTS:
            raise _Refused(409, f"there are {_MOST_CHECKPOINTS} checkpoints already; delete one", "name")
        self._checkpoints[name] = self._emulator.snapshot()
        return 201, {"name": name}

    def restore_checkpoint(self, name: str) -> _Result:
        self._emulator.restore(_found(name, self._checkpoints.get(name)))
        return 200, {"name": name}

    def drop_checkpoint(self, name: str) -> _Result:
        _found(name, self._checkpoints.pop(name, None))
        return 204, None

    def answer(self, method: str, path: str) -> _Result:
        """The status and JSON for a request. Raises ``_Refused`` or ``UsageError``."""
        _check_origin()
        _check_token(self._emulator.control_token)
        head, slash, name = path.partition("/")
        asked = f"{head}/<name>" if slash else head
        actions = ACTIONS.get(asked)
        if actions is None or (slash and not name):
            raise _Refused(404, f"the control API has no path {shown('/_mock/' + path)}; see /_mock/openapi.json")
        action = actions.get("GET" if method == "HEAD" else method)
        if action is None:
            allow = ", ".join([*sorted(actions), *(["HEAD"] if "GET" in actions else [])])
            raise _Refused(405, f"/_mock/{asked} takes {allow}", allow=allow)
        return action(self, name) if slash else action(self)

    def _now(self) -> dict[str, str]:
        return {"now": self._emulator.clock.now().isoformat()}


ACTIONS: Mapping[str, Mapping[str, Callable[..., _Result]]] = {
    "health": {"GET": Control.health},
    "openapi.json": {"GET": Control.openapi},
    "state": {"GET": Control.state},
    "journal": {"GET": Control.journal},
    "reset": {"POST": Control.reset},
    "clock": {"GET": Control.clock, "POST": Control.move_clock},
    "faults": {"GET": Control.faults, "POST": Control.add_fault, "DELETE": Control.clear_faults},
    "faults/<name>": {"DELETE": Control.remove_fault},
    "checkpoint": {"POST": Control.set_checkpoint},
    "checkpoint/<name>": {"POST": Control.restore_checkpoint, "DELETE": Control.drop_checkpoint},
}


def control_view(emulator: Controlled) -> Callable[[str], Response]:
    """The Flask view for everything under ``/_mock/``."""
    control = Control(emulator)

    def view(path: str) -> Response:
        path += "/" if request.path.endswith("/") and not path.endswith("/") else ""
        try:
            return _respond(*control.answer(request.method, path))
        except _Refused as error:
            return _respond(error.status, _error(error.message, error.field), error.allow)
        except UsageError as error:
            return _respond(400, _error(str(error), error.where.removeprefix("body, ")))

    return view


def is_control(target: str) -> bool:
    """Whether a path or request target belongs to the control API."""
    return bool(_TARGET.match(target))


def refusal(status: int, message: str) -> Answer:
    """The answer to a control request that can't even be read."""
    body = json.dumps(_error(message, "body")).encode()
    return Answer(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))], body)


def _respond(status: int, content: dict[str, Any] | None, allow: str = "") -> Response:
    response = jsonify(content) if content is not None else Response()
    response.status_code = status
    if content is None:
        del response.headers["Content-Type"]
    if allow:
        response.headers["Allow"] = allow
    return response


def _error(message: str, field: str) -> dict[str, Any]:
    return {"error": {"message": message} | ({"field": field} if field else {})}


def _check_origin() -> None:
    """Any page in a browser can reach a loopback port, so a foreign Origin or Host is refused (DNS rebinding).

    The port in Host may be any, since a container or a tunnel changes it; names are what can be rebound. An Origin on
    another port is another origin.
    """
    host = str(request.environ.get("HTTP_HOST", "127.0.0.1"))
    found = _HOST.fullmatch(host)
    if _is_local() and not (found and _is_loopback(found[1].strip("[]"))):
        raise _Refused(403, f"Host {shown(host)} is foreign; ask for 127.0.0.1 or localhost", "Host")
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
        raise _Refused(403, "the control API takes no requests from pages of another origin", "Origin")


def _check_token(token: str | None) -> None:
    """Needed where it is set, and always where the server listens on more than loopback."""
    if not token:
        if _is_local():
            return
        raise _Refused(401, "beyond loopback this needs a control token; start with control_token", TOKEN_HEADER)
    import hmac

    given = request.headers.get(TOKEN_HEADER, "")
    if not hmac.compare_digest(given.encode("latin-1", "replace"), token.encode()):
        raise _Refused(401, f"this needs the control token, in the header {TOKEN_HEADER}", TOKEN_HEADER)


def _is_local() -> bool:
    """Whether the server listens on loopback only; a caller from elsewhere shows that it doesn't."""
    environ = request.environ
    return all(_is_loopback(str(environ.get(name, "127.0.0.1"))) for name in ("SERVER_NAME", "REMOTE_ADDR"))


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _body(default: str = "") -> dict[str, Any]:
    """The JSON object in the request; ``default`` stands for an empty body."""
    content = _parse(_read() or default)
    if not isinstance(content, dict):
        raise _Refused(400, "the body must be a JSON object", "body")
    return content


def _read() -> str:
    too_long = _Refused(413, f"the body is over the limit of {_LARGEST} bytes", "body")
    if (request.content_length or 0) > _LARGEST:
        raise too_long
    data = request.stream.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise too_long
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _Refused(400, "the body isn't UTF-8", "body") from error


def _parse(text: str) -> Any:
    try:
        content = json.loads(text, parse_constant=_no_constant)
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise _Refused(400, "the body has half a character (a lone surrogate)", "body") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _Refused(400, f"the body isn't JSON: {error.msg}, {where}", "body") from error
    except (ValueError, RecursionError) as error:
        raise _Refused(400, "the body has a number or a nesting that isn't read", "body") from error
    return content


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _name(body: Mapping[str, Any]) -> str:
    for key in body:
        if key != "name":
            raise _Refused(400, f"unknown key {shown(key)}; it is name", key)
    name = body.get("name", "default")
    if not isinstance(name, str) or not name:
        raise _Refused(400, "name: is no text; leave it out for the default one", "name")
    return name


def _found(name: str, checkpoint: Any) -> Any:
    if checkpoint is None:
        raise _Refused(404, f"no checkpoint {shown(name)}", "name")
    return checkpoint


def _check_rule(given: Mapping[str, Any]) -> None:
    """Types as the OpenAPI document has them, and no masked secret: it would be taken for a glob. Raises
    ``_Refused``, without the value, which may be a secret."""
    from notify_mock.openapi import rule_fields

    known = rule_fields(given.get("effect"))
    for key, value in given.items():
        types = known.get(key, {"type": "string"} if key[:1].isupper() else {}).get("type", ())
        types = (types,) if isinstance(types, str) else types
        if types and not _is_one_of(types, value):
            raise _Refused(400, f"{key}: a {type(value).__name__} is not possible here; give {' or '.join(types)}", key)
        if MASK in (value.values() if isinstance(value, dict) else (value,)):
            raise _Refused(400, f"{key}: {MASK} stands for a secret; give the secret itself", key)


def _is_one_of(types: tuple[str, ...], value: Any) -> bool:
    if isinstance(value, bool):
        return "boolean" in types
    return any(isinstance(value, _JSON_TYPES.get(name, ())) for name in types)


def _move(clock: Clock, body: Mapping[str, Any]) -> None:
    acts: dict[str, Callable[[Any], None]] = {"freeze": clock.freeze, "set": clock.set, "advance": clock.advance}
    for key in body:
        if key not in (*acts, "resume"):
            raise _Refused(400, f"unknown key {shown(key)}; {nearest(key, (*acts, 'resume'))}", key)
    if len(body) != 1:
        raise _Refused(400, 'give one of "freeze", "set", "advance" and "resume"', next(iter(body), "body"))
    ((act, value),) = body.items()
    if act in acts:
        try:
            acts[act](value)
        except UsageError as error:
            raise UsageError(act, error.wrong, error.remedy) from error
    elif value is True:
        clock.resume()
    else:
        raise _Refused(400, "resume: is true or isn't given", act)


def _show_rule(rule: Rule) -> dict[str, Any]:
    """A rule as it may be sent again, but for masked secrets and a function of Python's."""
    content = {key: _plain(value) for key, value in rule.describe().items()}
    if "new_token" in content:
        content["new_token"] = MASK
    if "headers" in content:
        content["headers"] = {
            name: MASK if is_secret(name) or "token" in name or "cookie" in name else value
            for name, value in content["headers"].items()
        }
    return content if rule.match.predicate is None else {**content, "predicate": True}


def _plain(value: Any) -> Any:
    """``value`` in JSON: rules that were made in Python may hold more."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _show_record(record: Any) -> dict[str, Any]:
    """A record without its secrets."""
    names = ("sid", "account_sid", "region", "type", "friendly_name", "sandbox")
    dates = {name: getattr(record, name).isoformat() for name in ("date_created", "date_updated")}
    return {name: getattr(record, name) for name in names} | dates


def _show_exchange(exchange: Exchange) -> dict[str, Any]:
    """An exchange without secrets."""
    return {
        "number": exchange.number,
        "time": exchange.time.isoformat(),
        "call": exchange.name,
        "request": str(exchange.call),
        "account_sid": exchange.account_sid or None,
        "door": exchange.door or None,
        "region": exchange.region,
        "sid": show_text(exchange.sid) if exchange.sid else None,
        "status": exchange.status,
        "code": exchange.code,
        "reason": show_text(exchange.reason) if exchange.reason else None,
        "faults": list(exchange.faults),
        "played": exchange.played,
    }
