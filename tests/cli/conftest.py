"""What commands that run in this process leave behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def restored_logger() -> Iterator[None]:
    """A command sets up the package's log, which would hide the messages that later tests expect."""
    logger = logging.getLogger("notify_mock")
    before = logger.handlers, logger.level, logger.propagate
    yield
    logger.handlers, logger.level, logger.propagate = before
