"""Adapter for the transports of httpx and httpx2: sends requests to emulated hosts through the emulator's proxy."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import ModuleType
from typing import Any

from notify_mock.interception.patches import Patch
from notify_mock.interception.routing import Router


def httpx(router: Router) -> list[Patch]:
    import httpx as library

    return _transports(library, router)


def httpx2(router: Router) -> list[Patch]:
    import httpx2 as library

    return _transports(library, router)


def _transports(library: ModuleType, router: Router) -> list[Patch]:
    """Use a new transport per request, since a transport can't be shared between event loops."""

    def own(made: type) -> Any:
        once = library.Limits(max_keepalive_connections=0)
        return made(proxy=router.proxy_url, verify=router.tls_context, trust_env=False, limits=once)

    def sync(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def handle_request(transport: Any, request: Any) -> Any:
            if router.is_emulated(request.url.host, request.method, str(request.url)):
                transport = own(library.HTTPTransport)
            return original(transport, request)

        return handle_request

    def concurrent(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def handle_async_request(transport: Any, request: Any) -> Any:
            if router.is_emulated(request.url.host, request.method, str(request.url)):
                transport = own(library.AsyncHTTPTransport)
            return await original(transport, request)

        return handle_async_request

    return [
        Patch(library.HTTPTransport, "handle_request", sync),
        Patch(library.AsyncHTTPTransport, "handle_async_request", concurrent),
    ]
