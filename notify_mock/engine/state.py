"""The whole state of an emulator, in one object with one reset."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from notify_mock.accounts.account import Account
from notify_mock.accounts.accounts import Accounts
from notify_mock.deliveries.inbox import Deliveries
from notify_mock.deliveries.outbox import Outbox
from notify_mock.deliveries.providers import Providers
from notify_mock.faults import Unused
from notify_mock.faults.rules import Faults
from notify_mock.journal.journal import Journal
from notify_mock.replay.playback import Playback
from notify_mock.store.collections import Store
from notify_mock.support.clock import Clock, Moment
from notify_mock.support.ids import Sids
from notify_mock.twilio_api.channels import CALLBACK_NAME, DELIVERY_NAMES


class State:
    """Clock, SIDs, accounts, store, journal, faults, playback, deliveries, providers and outbox.

    SIDs and the default account are generated from the seed; ``account_sid`` overrides the SID of that account.
    """

    def __init__(
        self,
        lock: AbstractContextManager[bool],
        *,
        seed: int | str,
        accounts: tuple[Account, ...],
        frozen: Moment | None,
        journal_limit: int,
        keep_bodies: bool,
        call_names: tuple[str, ...],
        unused_faults: Unused,
        account_sid: str | None = None,
    ) -> None:
        self.clock = Clock(frozen)
        self.sids = Sids(seed)
        default = Account(account_sid or "AC" + self.sids.hex("account"), self.sids.hex("auth token"))
        self.store = Store()
        self.accounts = Accounts(default, accounts, self.store.has_collections)
        self.journal = Journal(lock, (*call_names, CALLBACK_NAME), journal_limit, keep_bodies=keep_bodies)
        names = (*call_names, *DELIVERY_NAMES)
        self.faults = Faults(lock, self.clock, self.sids, self.accounts, names, unused_faults)
        self.playback = Playback(lock)
        self.deliveries = Deliveries(lock)
        self.providers = Providers(lock)
        self.outbox = Outbox()
        self._parts: tuple[Any, ...] = (
            self.clock,
            self.sids,
            self.accounts,
            self.store,
            self.journal,
            self.faults,
            self.playback,
            self.deliveries,
            self.providers,
            self.outbox,
        )

    def reset(self) -> None:
        for part in self._parts:
            part.reset()

    def snapshot(self) -> tuple[Any, ...]:
        return tuple(part.snapshot() for part in self._parts)

    def restore(self, snapshots: tuple[Any, ...]) -> None:
        for part, snapshot in zip(self._parts, snapshots, strict=True):
            part.restore(snapshot)
