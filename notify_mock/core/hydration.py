"""Records that recorded answers have shown, to start from: what was recorded goes on living."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from notify_mock.cassettes.files import find_files, read_interactions
from notify_mock.cassettes.interaction import Interaction, unpacked
from notify_mock.core.seed_data import SeedRecord
from notify_mock.protocol.products import resolve_endpoint
from notify_mock.resources import RESOURCES
from notify_mock.resources.resource import Resource
from notify_mock.support.usage import UsageError

HydrateOption = str | Path | Sequence["str | Path"]

_SID = re.compile(r"([A-Z]{2})[0-9a-fA-F]{32}")
_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")


def read_hydration(given: HydrateOption) -> tuple[SeedRecord, ...]:
    """The records in the cassettes at ``given``, each kind in the order of its creation. Raises ``UsageError``."""
    if not isinstance(given, (str, Path, Sequence)):
        raise UsageError("hydrate", f"a {type(given).__name__} is no path", "give a cassette or a folder of them")
    paths = [given] if isinstance(given, (str, Path)) else list(given)
    return seeds_of([one for file in find_files(paths) for one in read_interactions(file)])


def account_of(seeds: Sequence[SeedRecord]) -> str | None:
    """The account that was recorded: that of the first record."""
    sids = (str(seed.values.get("account_sid")) for seed in seeds)
    return next((sid for sid in sids if _ACCOUNT.fullmatch(sid)), None)


def seeds_of(interactions: Sequence[Interaction]) -> tuple[SeedRecord, ...]:
    """Later answers win, and what was deleted is gone for good, with what belonged to it. Secrets are those of the
    requests. What no answer has shown, but others belong to, is there all the same."""
    found: dict[str, SeedRecord] = {}
    gone: set[str] = set()
    for interaction in interactions:
        if not 200 <= interaction.status < 300:
            continue
        if interaction.method == "DELETE":
            gone.add(interaction.call().path.rpartition("/")[2].removesuffix(".json"))
        for resource, shown in _shown(interaction):
            known = found[shown["sid"]].values if shown["sid"] in found else {}
            values = {**known, **_values(resource, shown, interaction)}
            found[shown["sid"]] = SeedRecord(resource, values, interaction.where or repr(interaction))
    for seed in list(found.values()):
        above, parent_sid = seed.resource.parent, _parent_sid(seed)
        if above is not None and parent_sid and parent_sid not in found:
            whose = {name: seed.values[name] for name in ("account_sid", "region") if name in seed.values}
            found[parent_sid] = SeedRecord(above, {"sid": parent_sid, **whose}, seed.where)
    alive = [seed for sid, seed in found.items() if sid not in gone and _parent_sid(seed) not in gone]
    return tuple(sorted(alive, key=_order))


def _parent_sid(seed: SeedRecord) -> str:
    """Of what the record belongs to; empty where that is nothing."""
    return next((str(seed.values.get(name) or "") for name in seed.resource.parent_field("")), "")


def _order(seed: SeedRecord) -> tuple[int, str]:
    """What others belong to comes first."""
    return RESOURCES.index(seed.resource), str(seed.values.get("date_created", ""))


def _shown(interaction: Interaction) -> Iterator[tuple[Resource[Any], Mapping[str, Any]]]:
    """The records in an answer, alone or in the array of a list."""
    by_prefix = {resource.prefix: resource for resource in RESOURCES if resource.seed is not None}
    try:
        body = json.loads(unpacked(interaction.headers, interaction.body))
    except ValueError:
        return
    if not isinstance(body, Mapping):
        return
    listed = [one for resource in RESOURCES for one in _list(body.get(resource.key))]
    for shown in (body, *listed):
        sid = _SID.fullmatch(str(shown.get("sid"))) if isinstance(shown, Mapping) else None
        if sid is not None and sid[1] in by_prefix:
            yield by_prefix[sid[1]], shown


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _values(resource: Resource[Any], shown: Mapping[str, Any], interaction: Interaction) -> dict[str, Any]:
    """What the record is known by: the fields of the answer, and those of the request that no answer has."""
    call = interaction.call()
    names = {field.name for field in dataclasses.fields(resource.record)}
    values = {name: value for name, value in shown.items() if name in names}
    values["region"] = resolve_endpoint(call.host, call.path).region
    sent = {_snake(name): value for name, value in call.form.pairs}
    hidden = {name: value for name, value in sent.items() if name in names - set(shown)}
    return {**values, **hidden} if "sid" in shown and interaction.method == "POST" else values


def _snake(name: str) -> str:
    """``ApiKey`` -> ``api_key``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
