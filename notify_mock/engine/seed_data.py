"""Reads seed data from YAML, JSON or plain Python data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from notify_mock.engine.records import add_record
from notify_mock.engine.state import State
from notify_mock.resources import RESOURCES
from notify_mock.resources.resource import Resource, shown_values
from notify_mock.support.documents import Content, read_file
from notify_mock.support.masked_url import MASK
from notify_mock.support.usage import UsageError, only_known, shown

DataOption = Mapping[str, Any] | str | Path
"""``{"credentials": [{"type": "fcm", "secret": "..."}, ...]}``, or the path of a YAML or JSON file that holds it."""


_MAX_SHOWN = 10
_OTHER_KEYS = ("accounts", "strict", "expired_tokens", "sids", "clock", "providers", "faults")


class SeedRecord(NamedTuple):
    """One record to add, and its location for error messages."""

    resource: Resource[Any]
    values: Mapping[str, Any]
    where: str


class OtherSeeds(Protocol):
    """What the data holds besides records."""

    @property
    def has_accounts(self) -> bool: ...
    def begin(self, state: State) -> None: ...
    def end(self, state: State) -> None: ...


Seeds = tuple[SeedRecord | OtherSeeds, ...]


def read_data(given: DataOption, source: str = "data", *, records_only: bool = False) -> Seeds:
    """Return the seeds in the order in which they are added, the records last. Raises ``UsageError`` with file, line
    and key; ``add_seeds`` checks the fields. ``source`` is the location of a mapping."""
    if isinstance(given, Mapping):
        content = Content(given, source, {})
    elif isinstance(given, (str, Path)):
        content = read_file(Path(given))
    else:
        raise UsageError("data", f"expected a mapping or the path of a file, got {shown(given)}")
    keys = {resource.key: resource for resource in RESOURCES if resource.seed is not None}
    if not isinstance(content.value, Mapping):
        raise UsageError(content.source, "is not a mapping", f"expected lists under {', '.join(keys)}")
    only_known(content.source, content.value, keys if records_only else (*keys, *_OTHER_KEYS))
    read = [
        SeedRecord(keys[key], item, where) for key in content.value if key in keys for item, where in content.items(key)
    ]
    _refuse_masks(read, content.source)
    records = sorted(read, key=lambda seed: RESOURCES.index(seed.resource))
    if content.value.keys() <= keys.keys():
        return tuple(records)
    from notify_mock.engine.seeds.reading import OtherData

    return OtherData(content), *records


def _refuse_masks(seeds: list[SeedRecord], source: str) -> None:
    """Refuse data that was copied from where secrets are masked. Raises ``UsageError``, which lists what is missing."""
    masked = [
        f"{seed.where}.{name}"
        for seed in seeds
        for name, value in seed.values.items()
        if isinstance(value, str) and MASK in value
    ]
    if masked:
        others = [one.removeprefix(f"{source}, ") for one in masked[1:_MAX_SHOWN]]
        others += [f"{len(masked) - _MAX_SHOWN} more"] if len(masked) > _MAX_SHOWN else []
        remedy = "write the secret, or leave the key out" + (f" (also: {', '.join(others)})" if others else "")
        raise UsageError(masked[0], f"{MASK} is a masked secret", remedy)


def write_data(resource: Resource[Any], records: Iterable[Any], *, with_secrets: bool) -> list[dict[str, Any]]:
    """Return records as seed data. Without their secrets, they are masked, so that ``read_data`` refuses them."""
    known = fields(resource.record)
    return [_written(record, known, masked={} if with_secrets else shown_values(record)) for record in records]


def _written(record: Any, known: tuple[Field[Any], ...], masked: Mapping[str, Any]) -> dict[str, Any]:
    """``masked`` has the fields as they are shown, and is empty to write all."""
    given: dict[str, Any] = {}
    for field in known:
        value = getattr(record, field.name)
        if value is None or (value == "" and field.default == ""):
            continue
        if masked:
            value = masked.get(field.name, MASK)
        plain = list(value) if isinstance(value, tuple) else value
        given[field.name.removeprefix("given_")] = value.isoformat() if isinstance(value, datetime) else plain
    return given


def add_seeds(seeds: Seeds, state: State) -> list[Any]:
    """Add everything, and return the records. Raises ``UsageError`` for what is invalid, without adding anything."""
    records = [seed for seed in seeds if isinstance(seed, SeedRecord)]
    others = [seed for seed in seeds if not isinstance(seed, SeedRecord)]
    undo = _undo(state, whole=bool(others))
    try:
        for other in others:
            other.begin(state)
        added = [add_record(state, seed.resource, seed.values, seed.where) for seed in records]
        for other in others:
            other.end(state)
    except UsageError:
        undo()
        raise
    return added


def _undo(state: State, *, whole: bool) -> Callable[[], None]:
    """Return a function that restores records and SIDs, or the whole state."""
    if whole:
        before = state.snapshot()
        return lambda: state.restore(before)
    store, sids = state.store.snapshot(), state.sids.snapshot()

    def undo() -> None:
        state.store.restore(store)
        state.sids.restore(sids)

    return undo
