"""Loads records from the responses in cassettes."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from notify_mock.cassettes.files import find_files, read_interactions
from notify_mock.cassettes.interaction import Interaction, unpacked
from notify_mock.engine.seed_data import SeedRecord
from notify_mock.resources import RESOURCES
from notify_mock.resources.resource import Resource
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.products import resolve_endpoint

HydrateOption = str | Path | Sequence["str | Path"]

_SID = re.compile(r"([A-Z]{2})[0-9a-fA-F]{32}")
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")


def read_hydration(given: HydrateOption) -> tuple[SeedRecord, ...]:
    """Return the records in the given cassettes, each kind in the order of creation. Raises ``UsageError``."""
    if not isinstance(given, (str, Path, Sequence)):
        raise UsageError("hydrate", f"expected the path of a cassette or of a folder of cassettes, got {shown(given)}")
    paths = [given] if isinstance(given, (str, Path)) else list(given)
    return seeds_of([interaction for file in find_files(paths) for interaction in read_interactions(file)])


def account_of(seeds: Sequence[SeedRecord]) -> str | None:
    """Return the account that was recorded: that of the first record."""
    sids = (str(seed.values.get("account_sid")) for seed in seeds)
    return next((sid for sid in sids if _ACCOUNT.fullmatch(sid)), None)


def seeds_of(interactions: Sequence[Interaction]) -> tuple[SeedRecord, ...]:
    """Return the records that the responses contain. Secrets come from the requests.

    Later responses take precedence. Deleted records are left out, with the records that belonged to them. A parent
    record that no response contains is created.
    """
    found: dict[str, SeedRecord] = {}
    gone: set[str] = set()
    for interaction in interactions:
        if not 200 <= interaction.status < 300:
            continue
        if interaction.method == "DELETE":
            gone.add(interaction.call().path.rpartition("/")[2].removesuffix(".json"))
        for resource, body in _shown(interaction):
            known = found[body["sid"]].values if body["sid"] in found else {}
            values = {**known, **_values(resource, body, interaction)}
            found[body["sid"]] = SeedRecord(resource, values, interaction.where or repr(interaction))
    for seed in list(found.values()):
        above, parent_sid = seed.resource.parent, _parent_sid(seed)
        if above is not None and parent_sid and parent_sid not in found:
            shared = {name: seed.values[name] for name in ("account_sid", "region") if name in seed.values}
            found[parent_sid] = SeedRecord(above, {"sid": parent_sid, **shared}, seed.where)
    kept = [seed for sid, seed in found.items() if sid not in gone and _parent_sid(seed) not in gone]
    return tuple(sorted(kept, key=_order))


def _parent_sid(seed: SeedRecord) -> str:
    """Return the SID of the parent record, "" if there is none."""
    return next((str(seed.values.get(name) or "") for name in seed.resource.parent_field("")), "")


def _order(seed: SeedRecord) -> tuple[int, str]:
    """Parents come before their children."""
    return RESOURCES.index(seed.resource), str(seed.values.get("date_created", ""))


def _shown(interaction: Interaction) -> Iterator[tuple[Resource[Any], Mapping[str, Any]]]:
    """Yield the records in a response: the body itself, or the items of a list."""
    by_prefix = {resource.prefix: resource for resource in RESOURCES if resource.seed is not None}
    try:
        body = json.loads(unpacked(interaction.headers, interaction.body))
    except (ValueError, RecursionError):
        return
    if not isinstance(body, Mapping):
        return
    listed = [item for resource in RESOURCES for item in _list(body.get(resource.key))]
    for item in (body, *listed):
        sid = _SID.fullmatch(str(item.get("sid"))) if isinstance(item, Mapping) else None
        if sid is not None and sid[1] in by_prefix:
            yield by_prefix[sid[1]], item


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _values(resource: Resource[Any], body: Mapping[str, Any], interaction: Interaction) -> dict[str, Any]:
    """Return the fields of a record: those of the response, and those of the request that the response leaves out."""
    call = interaction.call()
    names = {field.name for field in dataclasses.fields(resource.record)}
    values = {name: value for name, value in body.items() if name in names}
    values["region"] = resolve_endpoint(call.host, call.path).region
    sent = {_snake(name): value for name, value in call.form.pairs}
    hidden = {name: value for name, value in sent.items() if name in names - set(body)}
    return {**values, **hidden} if "sid" in body and interaction.method == "POST" else values


def _snake(name: str) -> str:
    """``ApiKey`` -> ``api_key``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
