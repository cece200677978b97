"""The sessions of aiohttp: a request for an emulated host goes through the emulator's proxy."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from notify_mock.patches import Patch
from notify_mock.switchboard import Switchboard


def sessions(board: Switchboard) -> list[Patch]:
    from aiohttp.client import ClientSession

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def request(session: Any, method: str, str_or_url: Any, **options: Any) -> Any:
            url = session._build_url(str_or_url)
            if board.takes(url.raw_host or "", method, str(url)):
                options = {**options, "proxy": board.proxy_url, "proxy_auth": None, "ssl": board.trust}
            return await original(session, method, str_or_url, **options)

        return request

    return [Patch(ClientSession, "_request", make)]
