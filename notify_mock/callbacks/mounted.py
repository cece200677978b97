"""Calls a WSGI or ASGI app in this process with a callback, without a socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import iscoroutinefunction
from typing import Any
from urllib.parse import unquote, urlsplit

from notify_mock.engine.attempts import Reply, Request

App = Callable[..., Any]
"""WSGI: ``app(environ, start_response)``. ASGI: ``await app(scope, receive, send)``."""


def is_asgi(app: App) -> bool:
    return iscoroutinefunction(app) or iscoroutinefunction(type(app).__call__)


def call_app(app: App, request: Request) -> Reply:
    """Call the app with a callback. Its exceptions propagate, so that tests see them."""
    return Reply(_call_asgi(app, request) if is_asgi(app) else _call_wsgi(app, request))


def _call_wsgi(app: App, request: Request) -> int:
    from werkzeug.test import EnvironBuilder, run_wsgi_app

    parts = urlsplit(request.url)
    environ = EnvironBuilder(
        path=unquote(parts.path) or "/",
        base_url=f"{parts.scheme}://{parts.netloc}",
        query_string=parts.query,
        method="POST",
        headers=list(request.headers.items()),
        data=request.body,
    ).get_environ()
    _, status, _ = run_wsgi_app(app, environ, buffered=True)
    return int(status.partition(" ")[0])


def _call_asgi(app: Callable[..., Awaitable[None]], request: Request) -> int:
    """Call the app in a thread with a new event loop, since the caller may already run in one."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, "notify-mock-callback") as thread:
        return thread.submit(lambda: asyncio.run(_speak_asgi(app, request))).result()


async def _speak_asgi(app: Callable[..., Awaitable[None]], request: Request) -> int:
    parts = urlsplit(request.url)
    headers = {"Host": parts.netloc, "Content-Length": str(len(request.body)), **request.headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": parts.scheme,
        "path": unquote(parts.path) or "/",
        "raw_path": (parts.path or "/").encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 0),
        "server": (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)),
    }
    coming: list[dict[str, Any]] = [{"type": "http.request", "body": request.body, "more_body": False}]
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return coming.pop() if coming else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0] if statuses else 500
