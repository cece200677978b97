"""Reads seed data from YAML, JSON or plain Python data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

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


class SeedRecord(NamedTuple):
    """One record to add, and its location for error messages."""

    resource: Resource[Any]
    values: Mapping[str, Any]
    where: str


def read_data(given: DataOption, source: str = "data") -> tuple[SeedRecord, ...]:
    """Return the records in the order in which they are added. Raises ``UsageError`` with file, line and key;
    ``add_seeds`` checks the fields of the records. ``source`` is the location of a mapping."""
    if isinstance(given, Mapping):
        content = Content(given, source, {})
    elif isinstance(given, (str, Path)):
        content = read_file(Path(given))
    else:
        raise UsageError("data", f"expected a mapping or the path of a file, got {shown(given)}")
    keys = {resource.key: resource for resource in RESOURCES if resource.seed is not None}
    if not isinstance(content.value, Mapping):
        raise UsageError(content.source, "is not a mapping", f"expected lists under {', '.join(keys)}")
    only_known(content.source, content.value, keys)
    read = [SeedRecord(keys[key], item, where) for key in content.value for item, where in content.items(key)]
    _refuse_masks(read, content.source)
    return tuple(sorted(read, key=lambda seed: RESOURCES.index(seed.resource)))


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


def add_seeds(seeds: tuple[SeedRecord, ...], state: State) -> list[Any]:
    """Add the records and return them. Raises ``UsageError`` for the first invalid one, without adding any."""
    store, sids = state.store.snapshot(), state.sids.snapshot()
    try:
        return [add_record(state, seed.resource, seed.values, seed.where) for seed in seeds]
    except UsageError:
        state.store.restore(store)
        state.sids.restore(sids)
        raise
