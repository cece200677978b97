"""The control API under ``/_mock``: for tools that arrange and inspect the emulator, not for what it emulates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import urlsplit

from flask import Response, jsonify, request

from notify_mock import __version__
from notify_mock.accounts import Accounts
from notify_mock.clock import Clock
from notify_mock.exchange import Exchange
from notify_mock.faults.book import Faults
from notify_mock.journal import Journal
from notify_mock.records import Records
from notify_mock.usage import UsageError

TOKEN_HEADER = "X-Notify-Mock-Token"  # noqa: S105 - a header's name

_LARGEST = 256 * 1024
_MOST_CHECKPOINTS = 100

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
    """A control request that isn't obeyed."""

    def __init__(self, status: int, message: str, field: str = "") -> None:
        self.status, self.message, self.field = status, message, field
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
            "faults": [rule.describe() for rule in emulator.faults],
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
        return 200, {"faults": [rule.describe() for rule in self._emulator.faults]}

    def add_fault(self) -> _Result:
        return 201, self._emulator.faults.read(_body(), "body").describe()

    def clear_faults(self) -> _Result:
        self._emulator.faults.clear()
        return 204, None

    def remove_fault(self, name: str) -> _Result:
        if name not in self._emulator.faults:
            raise _Refused(404, f"no rule {name!r}", "name")
        self._emulator.faults.remove(name)
        return 204, None

    def set_checkpoint(self) -> _Result:
        name = _name(_body())
        if name not in self._checkpoints and len(self._checkpoints) >= _MOST_CHECKPOINTS:
            raise _Refused(409, f"there are {_MOST_CHECKPOINTS} checkpoints already; delete one", "name")
        self._checkpoints[name] = self._emulator.snapshot()
        return 201, {"name": name}

    def restore_checkpoint(self, name: str) -> _Result:
        self._emulator.restore(self._checkpoint(name))
        return 200, {"name": name}

    def drop_checkpoint(self, name: str) -> _Result:
        self._checkpoint(name)
        del self._checkpoints[name]
        return 204, None

    def answer(self, method: str, path: str) -> _Result:
        """The status and JSON for a request. Raises ``_Refused`` or ``UsageError``."""
        head, _, name = path.partition("/")
        asked = f"{head}/<name>" if name else head
        actions = ACTIONS.get(asked)
        if actions is None:
            raise _Refused(404, f"the control API has no {path!r}; see /_mock/openapi.json")
        if method not in actions:
            raise _Refused(405, f"{asked} takes {', '.join(sorted(actions))}")
        _check_origin()
        _check_token(self._emulator.control_token)
        return actions[method](self, name) if name else actions[method](self)

    def _now(self) -> dict[str, str]:
        return {"now": self._emulator.clock.now().isoformat()}

    def _checkpoint(self, name: str) -> Any:
        if name not in self._checkpoints:
            raise _Refused(404, f"no checkpoint {name!r}", "name")
        return self._checkpoints[name]


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
        try:
            status, content = control.answer(request.method, path)
        except _Refused as error:
            status, content = error.status, _error(error.message, error.field)
        except UsageError as error:
            status, content = 400, _error(str(error), error.where.rpartition(", ")[2])
        response = jsonify(content) if content is not None else Response()
        response.status_code = status
        return response

    return view


def _error(message: str, field: str) -> dict[str, Any]:
    return {"error": {"message": message} | ({"field": field} if field else {})}


def _check_origin() -> None:
    """Any page in a browser can reach a loopback port, so a foreign Origin or Host is refused (DNS rebinding)."""
    host = urlsplit(f"//{request.environ.get('HTTP_HOST', '127.0.0.1')}").hostname or ""
    if _is_loopback(_listens_on()) and not _is_loopback(host):
        raise _Refused(403, f"Host {host!r} is foreign; ask for 127.0.0.1 or localhost", "Host")
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.environ.get("HTTP_HOST"):
        raise _Refused(403, "the control API takes no requests from pages of another origin", "Origin")


def _check_token(token: str | None) -> None:
    """Needed where it is set, and always where the server listens on more than loopback."""
    if token is None and _is_loopback(_listens_on()):
        return
    import hmac

    given = request.headers.get(TOKEN_HEADER, "")
    if token is None or not hmac.compare_digest(given.encode(), token.encode()):
        raise _Refused(401, f"this needs the control token, in the header {TOKEN_HEADER}", TOKEN_HEADER)


def _listens_on() -> str:
    return str(request.environ.get("SERVER_NAME", "127.0.0.1"))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _body() -> dict[str, Any]:
    if (request.content_length or 0) > _LARGEST:
        raise _Refused(413, f"the body is over the limit of {_LARGEST} bytes")
    content = request.get_json(force=True, silent=True)
    if not isinstance(content, dict):
        raise _Refused(400, "the body must be a JSON object")
    return content


def _name(body: Mapping[str, Any]) -> str:
    name = body.get("name", "default")
    if not isinstance(name, str) or not name or set(body) - {"name"}:
        raise _Refused(400, "give a name, or nothing for the default one", "name")
    return name


def _move(clock: Clock, body: Mapping[str, Any]) -> None:
    acts: dict[str, Callable[[Any], None]] = {"freeze": clock.freeze, "set": clock.set, "advance": clock.advance}
    if len(body) != 1:
        raise _Refused(400, 'give one of "freeze", "set", "advance", "resume"', "clock")
    ((act, value),) = body.items()
    if act == "resume" and value is True:
        clock.resume()
    elif act in acts:
        try:
            acts[act](value)
        except UsageError as error:
            raise UsageError(act, error.wrong, error.remedy) from error
    else:
        raise _Refused(400, 'give one of "freeze", "set", "advance" with a value, or "resume": true', act)


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
        "sid": exchange.sid,
        "status": exchange.status,
        "code": exchange.code,
        "reason": exchange.reason or None,
        "faults": list(exchange.faults),
        "played": exchange.played,
    }
