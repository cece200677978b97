"""The control API under ``/_mock``, to inspect and arrange the emulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

from notify_mock.control_api.boundary import error_body
from notify_mock.control_api.controlled import Controlled
from notify_mock.control_api.guard import Refused
from notify_mock.control_api.json import (
    check_masks,
    check_rule,
    read_object,
    show_alert,
    show_callback,
    show_exchange,
    show_record,
    show_rule,
)
from notify_mock.control_api.query import check_query, read_query
from notify_mock.deliveries.providers import Provider
from notify_mock.support.clock import Clock
from notify_mock.support.renamed import log_renamed, with_new_key
from notify_mock.support.usage import UsageError, is_near, nearest, shown
from notify_mock.support.version import __version__

if TYPE_CHECKING:
    from notify_mock.faults.rule import Rule

_MAX_CHECKPOINTS = 100
_COUNTS = ("seen", "fired")
"""Keys of a rule in a response that are not part of it. Ignored when sent back."""

_WITHOUT_TOKEN = ("health",)
"""For health checks of containers, which have no token. Says nothing about what the emulator holds."""

_Result = tuple[int, dict[str, Any] | None]
"""Status and JSON; None for an empty body."""


class Control:
    """The actions on one emulator, found in ``ACTIONS`` by path and method."""

    def __init__(self, emulator: Controlled) -> None:
        self._emulator = emulator
        self._checkpoints: dict[str, Any] = {}

    def health(self) -> _Result:
        return 200, {"status": "ok", "version": __version__}

    def openapi(self) -> _Result:
        from notify_mock.control_api.openapi import document

        return 200, document(request.scheme + "://" + request.environ.get("HTTP_HOST", ""))

    def state(self) -> _Result:
        emulator = self._emulator
        return 200, {
            "seed": emulator.seed,
            **self._now(),
            "strict": emulator.accounts.strict,
            "default_account": emulator.accounts.default.sid,
            **{
                records.resource.key: [show_record(record) for record in records.values()]
                for records in emulator.records
            },
            "requests": len(emulator.journal),
            "faults": [show_rule(rule) for rule in emulator.faults],
        }

    def add_records(self) -> _Result:
        data = read_object()
        for key, items in data.items():
            check_masks(key, items)
        added = self._emulator.add_records(data, "body")
        kinds = [one.resource for one in self._emulator.records if one.resource.seed is not None]
        return 201, {kind.key: [show_record(one) for one in added if type(one) is kind.record] for kind in kinds}

    def journal(self) -> _Result:
        given = read_query("journal")
        after, limit = given.pop("after", 0), given.pop("limit", None)
        try:
            found = self._emulator.journal.calls(given.pop("call", "*"), **given)
        except UsageError as error:
            raise UsageError("call", error.wrong, error.remedy) from error
        found = [exchange for exchange in found if exchange.number > after]
        return 200, {"exchanges": [show_exchange(exchange) for exchange in found[:limit]]}

    def deliveries(self) -> _Result:
        inbox = self._emulator.deliveries
        return 200, {
            "deliveries": [delivery.describe() for delivery in inbox.find(**read_query("deliveries"))],
            "alerts": [show_alert(alert) for alert in inbox.alerts],
        }

    def callbacks(self) -> _Result:
        return 200, {"callbacks": [show_callback(callback) for callback in self._emulator.callbacks.waiting]}

    def drain_callbacks(self) -> _Result:
        return 200, {"exchanges": [show_exchange(exchange) for exchange in self._emulator.callbacks.drain()]}

    def reset(self) -> _Result:
        self._emulator.reset()
        return 200, {"status": "ok"}

    def clock(self) -> _Result:
        return 200, self._now()

    def move_clock(self) -> _Result:
        _move(self._emulator.clock, read_object())
        return 200, self._now()

    def faults(self) -> _Result:
        return 200, {"faults": [show_rule(rule) for rule in self._emulator.faults]}

    def add_fault(self) -> _Result:
        given = read_object()
        if "scenario" in given:
            return self._add_scenario(given)
        _check_kind(given)
        check_rule(given)
        rule = {key: value for key, value in given.items() if key not in _COUNTS}
        rule = with_new_key(rule, "door", "api", "POST /_mock/faults: ", log_renamed)
        return 201, show_rule(self._emulator.faults.read(rule, "body"))

    def _add_scenario(self, given: Mapping[str, Any]) -> _Result:
        """Add all rules of a scenario, or none if one is invalid."""
        from notify_mock.faults.readers import read_scenario

        if set(given) != {"scenario"} or not isinstance(given["scenario"], str):
            raise Refused(400, "scenario must be a name, and the only key", "scenario")
        added: list[Rule] = []
        try:
            for rule, where in read_scenario(given["scenario"]):
                added.append(self._emulator.faults.read(rule, where))
        except UsageError:
            for partial in added:
                self._emulator.faults.remove(partial.name)
            raise
        return 201, {"faults": [show_rule(rule) for rule in added]}

    def clear_faults(self) -> _Result:
        self._emulator.faults.clear()
        return 204, None

    def remove_fault(self, name: str) -> _Result:
        try:
            self._emulator.faults.remove(name)
        except UsageError as error:
            raise Refused(404, str(error), "name") from error
        return 204, None

    def providers(self) -> _Result:
        return 200, {name: provider.describe() for name, provider in self._emulator.providers.by_name.items()}

    def recover_providers(self) -> _Result:
        self._emulator.providers.reset()
        return 204, None

    def provider(self, name: str) -> _Result:
        return 200, self._provider(name).describe()

    def change_provider(self, name: str) -> _Result:
        provider = self._provider(name)
        provider.change(read_object())
        return 200, provider.describe()

    def recover_provider(self, name: str) -> _Result:
        self._provider(name).recover()
        return 204, None

    def _provider(self, name: str) -> Provider:
        known = self._emulator.providers.by_name
        if name not in known:
            raise Refused(404, f"there is no provider {shown(name)}; {nearest(name, known)}", "name")
        return known[name]

    def set_checkpoint(self) -> _Result:
        name = _name(read_object(default="{}"))
        if name not in self._checkpoints and len(self._checkpoints) >= _MAX_CHECKPOINTS:
            raise Refused(409, f"there are already {_MAX_CHECKPOINTS} checkpoints; delete one first", "name")
        self._checkpoints[name] = self._emulator.snapshot()
        return 201, {"name": name}

    def restore_checkpoint(self, name: str) -> _Result:
        self._emulator.restore(_found(name, self._checkpoints.get(name)))
        return 200, {"name": name}

    def drop_checkpoint(self, name: str) -> _Result:
        _found(name, self._checkpoints.pop(name, None))
        return 204, None

    def answer(self, method: str, path: str) -> _Result:
        """Return the status and JSON for a request. Raises ``Refused`` or ``UsageError``."""
        self._emulator.access.check(request.environ, needs_token=path not in _WITHOUT_TOKEN)
        head, slash, name = path.partition("/")
        pattern = f"{head}/<name>" if slash else head
        actions = ACTIONS.get(pattern)
        if actions is None or (slash and not name):
            raise Refused(404, f"the control API has no path {shown('/_mock/' + path)}; see /_mock/openapi.json")
        action = actions.get("GET" if method == "HEAD" else method)
        if action is None:
            allow = ", ".join([*sorted(actions), *(["HEAD"] if "GET" in actions else [])])
            raise Refused(405, f"method not allowed on /_mock/{pattern}; expected one of: {allow}", allow=allow)
        check_query(pattern)
        return action(self, name) if slash else action(self)

    def _now(self) -> dict[str, str]:
        return {"now": self._emulator.clock.now().isoformat()}


ACTIONS: Mapping[str, Mapping[str, Callable[..., _Result]]] = {
    "health": {"GET": Control.health},
    "openapi.json": {"GET": Control.openapi},
    "state": {"GET": Control.state},
    "records": {"POST": Control.add_records},
    "journal": {"GET": Control.journal},
    "deliveries": {"GET": Control.deliveries},
    "callbacks": {"GET": Control.callbacks, "POST": Control.drain_callbacks},
    "reset": {"POST": Control.reset},
    "clock": {"GET": Control.clock, "POST": Control.move_clock},
    "faults": {"GET": Control.faults, "POST": Control.add_fault, "DELETE": Control.clear_faults},
    "faults/<name>": {"DELETE": Control.remove_fault},
    "providers": {"GET": Control.providers, "DELETE": Control.recover_providers},
    "providers/<name>": {
        "GET": Control.provider,
        "POST": Control.change_provider,
        "DELETE": Control.recover_provider,
    },
    "checkpoint": {"POST": Control.set_checkpoint},
    "checkpoint/<name>": {"POST": Control.restore_checkpoint, "DELETE": Control.drop_checkpoint},
}


def control_view(emulator: Controlled) -> Callable[[str], Response]:
    """Return the Flask view for all paths under ``/_mock/``."""
    control = Control(emulator)

    def view(path: str) -> Response:
        try:
            return _respond(*control.answer(request.method, path))
        except Refused as error:
            return _respond(error.status, error_body(error.message, error.field), error.allow)
        except UsageError as error:
            return _respond(400, error_body(str(error), error.where.removeprefix("body, ")))

    return view


def _respond(status: int, content: dict[str, Any] | None, allow: str = "") -> Response:
    response = jsonify(content) if content is not None else Response()
    response.status_code = status
    if content is None:
        del response.headers["Content-Type"]
    if allow:
        response.headers["Allow"] = allow
    return response


def _check_kind(given: Mapping[str, Any]) -> None:
    """Refuse a misspelt ``scenario``, which would otherwise be a rule without an effect."""
    for key in given:
        if "effect" not in given and is_near(key, "scenario"):
            raise Refused(400, f"unknown key {shown(key)}; did you mean scenario?", key)


def _name(body: Mapping[str, Any]) -> str:
    for key in body:
        if key != "name":
            raise Refused(400, f"unknown key {shown(key)}; expected one of: name", key)
    name = body.get("name", "default")
    if not isinstance(name, str) or not name:
        raise Refused(400, "name: must be non-empty text; leave it out for the default checkpoint", "name")
    return name


def _found(name: str, checkpoint: Any) -> Any:
    if checkpoint is None:
        raise Refused(404, f"there is no checkpoint {shown(name)}", "name")
    return checkpoint


def _move(clock: Clock, body: Mapping[str, Any]) -> None:
    acts: dict[str, Callable[[Any], None]] = {"freeze": clock.freeze, "set": clock.set, "advance": clock.advance}
    for key in body:
        if key not in (*acts, "resume"):
            raise Refused(400, f"unknown key {shown(key)}; {nearest(key, (*acts, 'resume'))}", key)
    if len(body) != 1:
        raise Refused(400, "expected exactly one of: advance, freeze, resume, set", next(iter(body), "body"))
    ((act, value),) = body.items()
    if act in acts:
        try:
            acts[act](value)
        except UsageError as error:
            raise UsageError(act, error.wrong, error.remedy) from error
    elif value is True:
        clock.resume()
    else:
        raise Refused(400, "resume: must be true", act)
