"""Adapter for aiohttp sessions: sends requests to emulated hosts through the emulator's proxy."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from notify_mock.interception.patches import Patch
from notify_mock.interception.routing import Router


def sessions(router: Router) -> list[Patch]:
    from aiohttp.client import ClientSession
    from aiohttp.connector import BaseConnector

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def request(session: Any, method: str, str_or_url: Any, **options: Any) -> Any:
            try:
                url = session._build_url(str_or_url)
            except ValueError:  # the session raises its own error
                return await original(session, method, str_or_url, **options)
            if router.is_emulated(url.raw_host or "", method, str(url)):
                options = {**options, "proxy": router.proxy_url, "proxy_auth": None, "ssl": router.tls_context}
            return await original(session, method, str_or_url, **options)

        return request

    def guard(original: Callable[..., Any]) -> Callable[..., Any]:
        """Checks the hosts of redirects, which aiohttp follows inside the request."""

        @wraps(original)
        async def connect(connector: Any, request: Any, *args: Any, **options: Any) -> Any:
            host = request.url.raw_host or ""
            if (
                router.is_emulated(host, request.method, str(request.url))
                and str(request.proxy).rstrip("/") != router.proxy_url
            ):
                raise router.block(f"blocked a redirect of aiohttp to {host}")
            return await original(connector, request, *args, **options)

        return connect

    return [Patch(ClientSession, "_request", make), Patch(BaseConnector, "connect", guard)]
