"""Call the tools of the MCP server with the library's own client. ``mcp`` is imported only when a test calls one."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import pytest

from notify_mock import Emulator
from notify_mock.control_api.client import ControlClient

needs_mcp = pytest.mark.skipif(find_spec("mcp") is None, reason="the extra mcp is not installed")
CONNECTION = "Connect like this."

Asked = tuple[str, Mapping[str, Any]]


def ask_all(target: Any, *asked: Asked) -> list[Any]:
    """Return the results of the tools of ``target``, which is a server of the library's or a transport to one."""
    from mcp import Client

    async def session() -> list[Any]:
        async with Client(target) as client:
            return [await client.call_tool(name, dict(arguments)) for name, arguments in asked]

    return asyncio.run(session())


def server_for(emulator: Emulator, token: str | None = None) -> Any:
    from notify_mock.mcp_server.server import make_server

    return make_server(ControlClient(emulator.url, token), CONNECTION)


def ask(emulator: Emulator, tool: str, **arguments: Any) -> dict[str, Any]:
    """Return what the tool returns. Fails if that is an error."""
    (result,) = ask_all(server_for(emulator), (tool, arguments))
    assert not result.is_error, result.content[0].text
    content: dict[str, Any] = result.structured_content
    return content


def refused(emulator: Emulator, tool: str, token: str | None = None, **arguments: Any) -> str:
    """Return the error of the tool."""
    (result,) = ask_all(server_for(emulator, token), (tool, arguments))
    assert result.is_error, result.structured_content
    return str(result.content[0].text)


def process(*arguments: str, **variables: str) -> Any:
    """Return a transport to a new process of ``notify-mock mcp``."""
    from mcp import StdioServerParameters
    from mcp.client.stdio import stdio_client

    command = [*COMMAND[1:], *arguments]
    return stdio_client(StdioServerParameters(command=sys.executable, args=command, env={**os.environ, **variables}))


COMMAND = (sys.executable, "-m", "notify_mock", "mcp")
