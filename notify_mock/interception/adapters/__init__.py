"""The adapters: which module triggers each of them when it is imported, and what it patches."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from notify_mock.interception.adapters.aiohttp import sessions
from notify_mock.interception.adapters.connections import standard, urllib3
from notify_mock.interception.adapters.httpx import httpx, httpx2
from notify_mock.interception.adapters.sdk import async_client, sync_client
from notify_mock.interception.adapters.sockets import guard
from notify_mock.interception.patches import Patch
from notify_mock.interception.routing import Router

ADAPTERS: Mapping[str, Callable[[Router], list[Patch]]] = {
    "socket": guard,
    "http.client": standard,
    "urllib3.connection": urllib3,
    "twilio.http.http_client": sync_client,
    "twilio.http.async_http_client": async_client,
    "httpx": httpx,
    "httpx2": httpx2,
    "aiohttp.client": sessions,
}
