"""What the connections of one server share."""

from __future__ import annotations

import asyncio
from typing import Any

from notify_mock.http1.requests import LOG
from notify_mock.server.connections import Connections
from notify_mock.server.loop import Commits, new_loop
from notify_mock.server.proxy import Policy
from notify_mock.server.responder import Served
from notify_mock.server.tls import Tls
from notify_mock.support.address import Address


class Context:
    """The event loop, the open connections, and what they serve. ``address`` is where the server listens."""

    def __init__(self, address: Address, policy: Policy, tls: Tls) -> None:
        self.address, self.policy, self.tls = address, policy, tls
        self.mounted: Served | None = None
        self.loop = new_loop()
        self.loop.set_exception_handler(_log_bug)
        self.connections = Connections(self.loop)
        self.commits = Commits(self.loop)


def _log_bug(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what went wrong in a callback of the loop, with its traceback."""
    error = context.get("exception")
    level = LOG.debug if isinstance(error, OSError) else LOG.error
    level("%s", context["message"], exc_info=error)
