"""What the control API needs of an emulator, and what its actions act on and return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from notify_mock.accounts.accounts import Accounts
from notify_mock.control_api.guard import Access
from notify_mock.deliveries.inbox import Deliveries
from notify_mock.deliveries.providers import Providers
from notify_mock.engine.records import Records
from notify_mock.engine.steps import Wait
from notify_mock.faults.rules import Faults
from notify_mock.journal.journal import Journal
from notify_mock.support.clock import Clock
from notify_mock.twilio_api.messages import Answer, Call

if TYPE_CHECKING:
    from notify_mock.callbacks.sender import Callbacks
    from notify_mock.engine.attempts import Attempts
    from notify_mock.replay.playback import Playback

Result = tuple[int, dict[str, Any] | None]
"""Status and JSON; None for an empty body."""


class Controlled(Protocol):
    """An emulator, as far as the control API uses it."""

    seed: int | str
    access: Access

    @property
    def clock(self) -> Clock: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def faults(self) -> Faults: ...
    @property
    def cassette(self) -> Playback | None: ...
    @property
    def callbacks(self) -> Callbacks: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def providers(self) -> Providers: ...
    @property
    def records(self) -> tuple[Records[Any], ...]: ...
    def add_records(self, data: Mapping[str, Any], source: str) -> list[Any]: ...
    def handle(self, call: Call, wait: Wait | None = None) -> Answer: ...
    @property
    def degraded(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def checkpoints(self) -> Mapping[str, Any]: ...
    def set_checkpoint(self, name: str) -> None: ...
    def restore_checkpoint(self, name: str) -> None: ...
    def drop_checkpoint(self, name: str) -> None: ...
    def export(self, *, with_secrets: bool = True) -> dict[str, Any]: ...
    def load(self, data: Mapping[str, Any], source: str) -> None: ...
    def reset(self, account: str | None = None) -> None: ...
    def keep_bodies(self, keep: bool) -> None: ...


class Control(NamedTuple):
    """One emulator, and the key of the pseudonyms in texts to copy."""

    emulator: Controlled
    key: bytes
