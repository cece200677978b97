"""A channel whose client has just gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from notify_mock.server.channel import Channel


class ResetTransport:
    """A transport whose client has reset the connection, which nobody has noticed yet."""

    def __init__(self) -> None:
        self.is_closed = False

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        raise OSError(107, "Transport endpoint is not connected")

    def resume_reading(self) -> None: ...

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize("act", [Channel.close, Channel.end_writing, Channel.close_after_reading])
def test_a_connection_that_the_client_has_reset_is_closed_without_an_error(act: Callable[[Channel], None]) -> None:
    channel = Channel(None, None)  # type: ignore[arg-type]
    transport: Any = ResetTransport()
    channel.transport = transport
    act(channel)
    assert transport.is_closed == (act is Channel.close)
