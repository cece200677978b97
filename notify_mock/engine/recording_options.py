"""The options that name recordings. The code that reads them is imported only if they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notify_mock.engine.replay import Forward
from notify_mock.engine.seed_data import SeedRecord
from notify_mock.support.usage import UsageError

if TYPE_CHECKING:
    from notify_mock.engine.hydration import HydrateOption
    from notify_mock.replay.cassette import Cassette, CassetteOption


def read_cassette_option(given: CassetteOption | None, forward: Forward | None) -> Cassette | None:
    """Return the cassette to play. Raises ``UsageError``."""
    if given is None:
        return None
    from notify_mock.replay.cassette import read_cassette

    cassette = read_cassette(given)
    if cassette.on_miss == "forward" and forward is None:
        raise UsageError("on_miss", "forward requires an upstream", 'give upstream="https://..."')
    return cassette


def read_hydrate_option(given: HydrateOption | None, default_sid: str) -> tuple[tuple[SeedRecord, ...], str]:
    """Return the records in the cassettes, and the account that was recorded ("" if there is none).

    If ``default_sid`` is not "", the records of that account belong to ``default_sid`` instead. Raises ``UsageError``.
    """
    if given is None:
        return (), ""
    from notify_mock.engine.hydration import account_of, read_hydration

    seeds = read_hydration(given)
    recorded = account_of(seeds) or ""
    if not default_sid:
        return seeds, recorded
    return tuple(
        seed._replace(values={**seed.values, "account_sid": default_sid})
        if seed.values.get("account_sid") == recorded
        else seed
        for seed in seeds
    ), recorded
