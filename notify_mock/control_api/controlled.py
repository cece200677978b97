"""What the control API needs of an emulator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from notify_mock.accounts.accounts import Accounts
from notify_mock.control_api.guard import Access
from notify_mock.deliveries.inbox import Deliveries
from notify_mock.deliveries.providers import Providers
from notify_mock.engine.records import Records
from notify_mock.faults.rules import Faults
from notify_mock.journal.journal import Journal
from notify_mock.support.clock import Clock

if TYPE_CHECKING:
    from notify_mock.callbacks.sender import Callbacks


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
    def callbacks(self) -> Callbacks: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def providers(self) -> Providers: ...
    @property
    def records(self) -> tuple[Records[Any], ...]: ...
    def add_records(self, data: Mapping[str, Any], source: str) -> list[Any]: ...
    def reset(self) -> None: ...
    def snapshot(self) -> Any: ...
    def restore(self, snapshot: Any) -> None: ...
