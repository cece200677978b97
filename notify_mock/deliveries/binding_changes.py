"""The bindings of devices that a provider reports as unregistered: Twilio disables or deletes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from notify_mock.deliveries.delivery import Delivery
from notify_mock.store.collections import Key, Store

_MAX_NAMED = 3


def disable_bindings(store: Store, region: str, failed: Iterable[Delivery], now: float) -> str:
    """Leave the bindings of ``failed`` out of later notifications, and return a note of it. Skips those that no longer
    exist."""
    disabled = []
    for one in failed:
        collection = store.collection(_key(one, region))
        binding = collection.get(one.binding_sid or "")
        if binding is not None:
            collection.replace(replace(binding, disabled=True), now)
            disabled.append(one)
    return _note("disabled", disabled)


def delete_bindings(store: Store, region: str, failed: Iterable[Delivery], now: float) -> str:
    """Delete those bindings of ``failed`` that Twilio deletes, and return a note of it. Skips those that no longer
    exist."""
    deleted = []
    for one in failed:
        key = _key(one, region)
        if one.binding_change == "deleted" and store.collection(key).get(one.binding_sid or "") is not None:
            store.remove(key, one.binding_sid or "", now)
            deleted.append(one)
    return _note("deleted", deleted)


def _key(delivery: Delivery, region: str) -> Key:
    return Key("binding", delivery.account_sid, region, delivery.service_sid)


def _note(change: str, failed: Sequence[Delivery]) -> str:
    """Return ``deleted BS1 (52141)``; of many, only the first are named."""
    named = ", ".join(f"{one.binding_sid} ({one.code})" for one in failed[:_MAX_NAMED])
    more = len(failed) - _MAX_NAMED
    return f"{change} {named}" + (f" and {more} more" if more > 0 else "") if failed else ""
