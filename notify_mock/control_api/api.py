"""The control API under ``/_mock``: which action each path and method has, and its responses."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, jsonify, request

from notify_mock.control_api.actions import advice, calls, deliveries, faults, journal, records, state
from notify_mock.control_api.boundary import error_body
from notify_mock.control_api.controlled import Control, Controlled, Result
from notify_mock.control_api.guard import Refused
from notify_mock.control_api.query import check_query
from notify_mock.support.usage import UsageError, shown

_WITHOUT_TOKEN = ("health",)
"""For health checks of containers, which have no token. Says nothing about what the emulator holds."""

ACTIONS: Mapping[str, Mapping[str, Callable[..., Result]]] = {
    "health": {"GET": state.health},
    "openapi.json": {"GET": state.openapi},
    "about": {"GET": state.about},
    "state": {"GET": state.state},
    "accounts": {"GET": state.accounts},
    "records": {"POST": records.add_records},
    "records/<key>": {"GET": records.records},
    "export": {"GET": records.export},
    "calls": {"POST": calls.make_call},
    "journal": {"GET": journal.journal, "POST": journal.keep_bodies},
    "journal/<number>": {"GET": journal.exchange},
    "deliveries": {"GET": deliveries.deliveries},
    "callbacks": {"GET": deliveries.callbacks, "POST": deliveries.drain_callbacks},
    "reset": {"POST": state.reset},
    "import": {"POST": state.load},
    "clock": {"GET": state.clock, "POST": state.move_clock},
    "faults": {"GET": faults.faults, "POST": faults.add_fault, "DELETE": faults.clear_faults},
    "faults/<name>": {"DELETE": faults.remove_fault},
    "scenarios": {"GET": faults.scenarios},
    "scenarios/<name>": {"DELETE": faults.end_scenario},
    "providers": {"GET": deliveries.providers, "DELETE": deliveries.recover_providers},
    "providers/<name>": {
        "GET": deliveries.provider,
        "POST": deliveries.change_provider,
        "DELETE": deliveries.recover_provider,
    },
    "diagnose": {"POST": advice.diagnose},
    "errors": {"GET": advice.errors},
    "errors/<code>": {"GET": advice.error},
    "checkpoint": {"POST": state.set_checkpoint},
    "checkpoint/<name>": {"POST": state.restore_checkpoint, "DELETE": state.drop_checkpoint},
}
"""The actions by path and method. Each takes the ``Control``, and the name in the path if there is one."""

_PATTERNS = {(pattern.partition("/")[0], "/" in pattern): pattern for pattern in ACTIONS}


def control_view(emulator: Controlled) -> Callable[[str], Response]:
    """Return the Flask view for all paths under ``/_mock/``."""
    control = Control(emulator, os.urandom(32))

    def view(path: str) -> Response:
        try:
            return _respond(*_act(control, request.method, path))
        except Refused as error:
            return _respond(error.status, error_body(error.message, error.field), error.allow)
        except UsageError as error:
            return _respond(400, error_body(str(error), error.where.removeprefix("body, ")))

    return view


def _act(control: Control, method: str, path: str) -> Result:
    """Return the status and JSON for a request. Raises ``Refused`` or ``UsageError``."""
    control.emulator.access.check(request.environ, needs_token=path not in _WITHOUT_TOKEN)
    head, slash, name = path.partition("/")
    pattern = _PATTERNS.get((head, bool(slash)), "")
    actions = ACTIONS.get(pattern)
    if actions is None or (slash and not name):
        raise Refused(404, f"the control API has no path {shown('/_mock/' + path)}; see /_mock/openapi.json")
    action = actions.get("GET" if method == "HEAD" else method)
    if action is None:
        allow = ", ".join([*sorted(actions), *(["HEAD"] if "GET" in actions else [])])
        raise Refused(405, f"method not allowed on /_mock/{pattern}; expected one of: {allow}", allow=allow)
    check_query(pattern, method)
    return action(control, name) if slash else action(control)


def _respond(status: int, content: dict[str, Any] | None, allow: str = "") -> Response:
    response = jsonify(content) if content is not None else Response()
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"  # an export may have secrets
    if content is None:
        del response.headers["Content-Type"]
    if allow:
        response.headers["Allow"] = allow
    return response
