"""The MCP server: tools with which an assistant looks at an emulator and arranges it. They use the control API only.

Only ``notify-mock mcp`` imports this. It needs the extra ``mcp``.
"""
