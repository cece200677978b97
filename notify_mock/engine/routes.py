"""The route table: maps API, path and method to a named call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from notify_mock.engine.verbs import VERBS, RequestContext, Result
from notify_mock.resources import RESOURCES
from notify_mock.resources.resource import Resource, Verb
from notify_mock.twilio_api.known_parameters import CallParameters

_METHODS: Mapping[Verb, str] = {"create": "POST", "fetch": "GET", "list": "GET", "update": "POST", "delete": "DELETE"}
_ON_COLLECTION = ("create", "list")


def _notify(context: RequestContext) -> Result:
    """Import the delivery code with the first notification, because most emulators have none."""
    from notify_mock.engine.dispatch import notify

    return notify(context)


OWN: Mapping[str, Callable[[RequestContext], Result]] = {"notification.create": _notify}
"""Calls with their own handler instead of that of their verb."""


class Route(NamedTuple):
    """One call: its name, where it is found, and its handler."""

    name: str
    method: str
    api: str
    pattern: str
    resource: Resource[Any]
    handler: Callable[[RequestContext], Result]


class RouteMatch(NamedTuple):
    """A path of the API: its routes by method, the SID in the path ("" for a collection), and the SID of the parent
    record ("" if there is none)."""

    routes: Mapping[str, Route]
    sid: str
    collection_path: str
    parent: str

    def route(self, method: str) -> Route | None:
        """Return the route for ``method``. HEAD is handled as GET (inferred)."""
        return self.routes.get("GET" if method == "HEAD" else method)

    def allow(self) -> tuple[str, ...]:
        """Return the methods of this path, for an Allow header."""
        head = ("HEAD",) if "GET" in self.routes else ()
        return (*sorted(self.routes), *head, "OPTIONS")


def _make_routes() -> tuple[Route, ...]:
    routes = []
    for resource in RESOURCES:
        for verb in resource.verbs:
            pattern = _collection_path(resource) + ("" if verb in _ON_COLLECTION else "/<sid>")
            for api in resource.apis:
                name = f"{resource.name}.{verb}"
                routes.append(Route(name, _METHODS[verb], api, pattern, resource, OWN.get(name, VERBS[verb])))
    return tuple(routes)


def _collection_path(resource: Resource[Any]) -> str:
    """Return the pattern of the collection's path, such as ``/Services/<service_sid>/Bindings``."""
    if resource.parent is None:
        return f"/{resource.path}"
    return f"{_collection_path(resource.parent)}/<{resource.parent.name}_sid>/{resource.path}"


ROUTES = _make_routes()
"""Every call of every API. Flask's ``url_map`` is made from it."""

CALL_PARAMETERS: CallParameters = {
    f"{resource.name}.{verb}": resource.parameters(verb) for resource in RESOURCES for verb in resource.verbs
}
CALL_NAMES = tuple(CALL_PARAMETERS)


def _shape(path: str) -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
    """Return the collection names of a path, whether it ends in a SID, and its SIDs (every second segment)."""
    segments = path[1:].split("/")
    return tuple(segments[0::2]), len(segments) % 2 == 0, tuple(segments[1::2])


_TABLE: dict[tuple[str, tuple[str, ...], bool], dict[str, Route]] = {}
for _route in ROUTES:
    _names, _is_item, _ = _shape(_route.pattern)
    _TABLE.setdefault((_route.api, _names, _is_item), {})[_route.method] = _route


@lru_cache(maxsize=256)
def find_route(api: str, path: str) -> RouteMatch | None:
    """Return the match for ``path`` (without version), or None. Path and SIDs are case-sensitive (documented).

    A ``.json`` suffix (documented) and one trailing slash (observed) are removed.
    """
    bare = path.removesuffix("/").removesuffix(".json")
    names, is_item, sids = _shape(bare)
    routes = _TABLE.get((api, names, is_item))
    if routes is None or "" in sids:
        return None
    if not is_item:
        return RouteMatch(routes, "", bare, sids[-1] if sids else "")
    return RouteMatch(routes, sids[-1], bare[: -len(sids[-1]) - 1], sids[-2] if len(sids) > 1 else "")
