"""The whole state of an emulator, in one object with one reset."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from notify_mock.accounts.account import Account, generate_account
from notify_mock.accounts.accounts import Accounts
from notify_mock.deliveries.inbox import Deliveries
from notify_mock.deliveries.outbox import Outbox
from notify_mock.deliveries.providers import Providers
from notify_mock.faults import Unused
from notify_mock.faults.rules import Faults
from notify_mock.journal.journal import Journal
from notify_mock.replay.playback import Playback
from notify_mock.store.collections import Store
from notify_mock.support.changes import Changes
from notify_mock.support.clock import Clock, Moment
from notify_mock.support.ids import Sids
from notify_mock.twilio_api.channels import CALLBACK_NAME, CALLBACK_PARAMETERS, DELIVERY_NAMES, DELIVERY_PARAMETERS
from notify_mock.twilio_api.known_parameters import CallParameters


class State:
    """Clock, SIDs, accounts, store, journal, faults, playback, deliveries, providers and outbox.

    SIDs and the default account are generated from the seed; ``default_account`` overrides its SID and token. If there
    are ``accounts``, the default account is the one of them with that SID, or the first. ``changes`` tells of what the
    journal and the deliveries do not tell of.
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
        call_parameters: CallParameters,
        unused_faults: Unused,
        default_account: tuple[str, str] = ("", ""),
        legacy_fcm: bool = False,
    ) -> None:
        self.changes = Changes()
        self.clock = Clock(frozen, self.changes)
        self.sids = Sids(seed)
        sid, token = default_account
        generated_sid, generated_token = generate_account(self.sids)
        default = Account(sid or generated_sid, token or generated_token)
        accounts = tuple(sorted(accounts, key=lambda account: account.sid != sid))
        self.store = Store()
        self.accounts = Accounts(default, accounts, self.store.has_collections)
        answered = {**call_parameters, CALLBACK_NAME: CALLBACK_PARAMETERS}
        self.journal = Journal(lock, answered, journal_limit, keep_bodies=keep_bodies)
        matched = {**call_parameters, **dict.fromkeys(DELIVERY_NAMES, DELIVERY_PARAMETERS)}
        self.faults = Faults(lock, self.clock, self.sids, self.accounts, matched, unused_faults, self.changes)
        self.playback = Playback(lock)
        self.deliveries = Deliveries(lock)
        self.providers = Providers(lock, legacy_fcm=legacy_fcm)
        self.outbox = Outbox(self.changes)
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

    def reset_account(self, sid: str) -> None:
        """Remove the records, requests and deliveries of one account, and its callbacks that wait."""
        notifications = {record.sid for one in self.store.collections("notification", sid) for record in one}
        self.store.remove_account(sid)
        self.journal.remove_account(sid)
        self.deliveries.remove_account(sid, notifications)
        self.outbox.remove_account(sid)

    def snapshot(self) -> tuple[Any, ...]:
        return tuple(part.snapshot() for part in self._parts)

    def restore(self, snapshots: tuple[Any, ...]) -> None:
        for part, snapshot in zip(self._parts, snapshots, strict=True):
            part.restore(snapshot)
