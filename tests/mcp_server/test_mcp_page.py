"""The page about the MCP server: its configurations, and its table of tools."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from helpers.mcp_tools import needs_mcp, server_for
from helpers.paths import ROOT

from notify_mock import Emulator

PAGE = (ROOT / "docs" / "mcp.md").read_text()
CONFIGURATIONS = re.findall(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def row(tool: Any) -> str:
    changes = "no" if tool.annotations.read_only_hint else "yes"
    parameters = ", ".join(f"`{name}`" for name in tool.input_schema["properties"])
    summary = re.split(r"(?<=\.) ", tool.description.partition("\n\n")[0].replace("\n", " "))[0]
    return f"| `{tool.name}` | {summary} | {parameters} | {changes} |"


@needs_mcp
def test_the_table_has_the_tools_and_their_parameters(served: Emulator) -> None:
    from mcp import Client

    async def tools() -> list[Any]:
        async with Client(server_for(served)) as client:
            return list((await client.list_tools()).tools)

    rows = [row(tool) for tool in asyncio.run(tools())]
    expected = "\n".join(["| tool | what it does | parameters | changes something |", "|---|---|---|---|", *rows])
    found = re.search(r"<!-- tools: compared.*? -->\n(.*?)\n?<!-- tools: end -->", PAGE, re.DOTALL)
    assert found is not None
    assert found[1] == expected, expected


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_a_configuration_starts_the_command_with_options_that_it_has(text: str) -> None:
    from notify_mock.cli.mcp import mcp

    ((key, servers),) = json.loads(text).items()
    assert key in ("mcpServers", "servers")
    server = servers["notify-mock"]
    assert ("type" in server) == (key == "servers")  # VS Code's
    assert server["command"].endswith("notify-mock")
    name, *arguments = server["args"]
    assert name == "mcp"
    mcp.make_context(name, arguments)
    known = {one.envvar for one in mcp.params}
    assert set(server.get("env", {})) <= known


def test_there_is_a_configuration_for_each_of_the_clients() -> None:
    assert len(CONFIGURATIONS) == 4
    assert all(name in PAGE for name in ("Claude Code", "Claude Desktop", "Cursor", "VS Code"))
