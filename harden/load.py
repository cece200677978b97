"""Many clients at once: no record is lost or duplicated, and no page walk misses one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from random import Random
from time import monotonic
from urllib.parse import urlsplit

from harden.table import ENOUGH, Result
from harden.target import Client, Reply, Target

THREADS = 64
_CREATES = 25
_UNTOUCHED = 100
PATH = "/v1/Credentials"


def run(seconds: float, seed: int) -> Result:
    """Repeat rounds of creates, updates, deletes and page walks by 64 clients."""
    end = monotonic() + seconds
    failures: list[str] = []
    calls = rounds = 0
    with Target(log_level="warning") as target:
        while not calls or (monotonic() < end and len(failures) < ENOUGH):
            calls += _round(target, Random(f"{seed}/{rounds}"), failures)
            rounds += 1
        failures += [f"traceback: {last}" for last in target.tracebacks()]
    return Result(f"load, {THREADS} clients", calls, "calls", failures)


def _round(target: Target, random: Random, failures: list[str]) -> int:
    """Three clients in four write, the others walk the pages meanwhile. Returns the number of calls."""
    walkers = THREADS // 4
    with target.client() as client:
        untouched = [create(client, "untouched").content["sid"] for _ in range(_UNTOUCHED)]
    seeds = [random.random() for _ in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        walks = [pool.submit(_walk_often, target, Random(one), untouched, failures) for one in seeds[:walkers]]
        writes = [pool.submit(_write, target, Random(one), failures) for one in seeds[walkers:]]
        kept = [sid for write in writes for sid in write.result()]
        calls = _UNTOUCHED + len(writes) * _CREATES * 2 + sum(walk.result() for walk in walks)
    with target.client() as client:
        found, pages = walk(client, random.randint(1, 1000))
    failures += differences("after the round", [*untouched, *kept], found)
    target.control("POST", "reset")
    return calls + pages


def _write(target: Target, random: Random, failures: list[str]) -> list[str]:
    """Create records, update or delete each, and return the SIDs of those that must exist."""
    kept: list[str] = []
    try:
        with target.client() as client:
            for number in range(_CREATES):
                made = create(client, str(number))
                path = f"{PATH}/{made.content.get('sid')}"
                if random.random() < 0.5:
                    done, expected = client.call("DELETE", path), 204
                else:
                    done, expected = client.call("POST", path, {"FriendlyName": "updated"}), 200
                    kept.append(made.content["sid"])
                if (made.status, done.status) != (201, expected):
                    failures.append(f"a create and its change returned {made} and {done}")
    except (OSError, HTTPException) as error:
        failures.append(f"a writing client lost its connection: {error!r}")
    return kept


def create(client: Client, name: str) -> Reply:
    return client.call("POST", PATH, {"Type": "fcm", "Secret": "key", "FriendlyName": name})


def _walk_often(target: Target, random: Random, untouched: Sequence[str], failures: list[str]) -> int:
    """Walk the pages a few times while others change, and return the number of pages."""
    pages = 0
    for _ in range(3):
        try:
            with target.client() as client:
                found, number = walk(client, random.choice([7, 50, 200]))
        except (OSError, HTTPException) as error:
            failures.append(f"a reading client lost its connection: {error!r}")
            continue
        pages += number
        failures += [f"a page walk returned {sid} more than once" for sid, count in Counter(found).items() if count > 1]
        failures += [f"a page walk missed {sid}" for sid in set(untouched) - set(found)]
    return pages


def walk(client: Client, size: int) -> tuple[list[str], int]:
    """Return the SIDs of all pages in their order, and the number of pages."""
    found: list[str] = []
    pages, target = 0, f"{PATH}?PageSize={size}"
    while target:
        page = client.call("GET", target).content
        found += [record["sid"] for record in page["credentials"]]
        link = urlsplit(page["meta"]["next_page_url"] or "")
        target = f"{link.path}?{link.query}" if link.path else ""
        pages += 1
    return found, pages


def differences(when: str, expected: Iterable[str], found: Iterable[str]) -> list[str]:
    """Return which of the expected names were lost, and which were found twice or are unknown."""
    wanted, counted = Counter(expected), Counter(found)
    lost = [f"{when}, {name} was lost" for name in wanted - counted]
    return lost + [f"{when}, {name} is duplicated or unknown" for name in counted - wanted]
