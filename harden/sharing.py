"""Three servers that share a state while some of them are killed: nothing acknowledged is lost, doubled or missed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPException
from random import Random
from time import monotonic

from harden.table import ENOUGH, Result
from harden.target import SECONDS, Client, Target, authorization
from harden.valkey import Valkey, find_valkey

_SERVERS, _CLIENTS, _PAGE = 3, 64, 20
_LIST = f"/v1/Credentials?PageSize={_PAGE}"
_KILL_SECONDS = 3.0
_FORM = {"Type": "fcm", "Secret": "secret-of-a-test"}


def run(seconds: float, seed: int) -> Result:
    """Share a state for ``seconds``, half of them at most for the check at the end."""
    return share(seconds, seed)


def share(seconds: float, seed: int, clients: int = _CLIENTS) -> Result:
    """Let ``clients`` create, read, delete and list credentials through three servers, of which some are killed."""
    name = "servers that share a state (kill -9)"
    if find_valkey() is None:
        return Result(name, 0, "calls", skipped="no Valkey or Redis server is installed")
    with Valkey("--appendonly", "yes") as valkey, _Servers(valkey.url(), seed) as servers:
        everyone = [_Client(servers, number, seed) for number in range(clients)]
        end = monotonic() + seconds
        with ThreadPoolExecutor(clients) as pool:
            jobs = [pool.submit(one.run, end, everyone) for one in everyone]
            while monotonic() < end:
                threading.Event().wait(min(_KILL_SECONDS, max(0.0, end - monotonic())))
                if monotonic() < end:
                    servers.kill_one()
            failures = [problem for job in jobs for problem in job.result()]
        for one in everyone:
            failures += one.check()
        failures += servers.tracebacks()
    calls: Counter[str] = sum((one.calls for one in everyone), Counter())
    note = ", ".join(f"{count:,} {kind}" for kind, count in calls.items())
    return Result(name, sum(calls.values()), "calls", failures[:ENOUGH], f"{servers.kills} kills, {note}")


class _Servers:
    """The servers, each of which may be another process a moment later."""

    def __init__(self, url: str, seed: int) -> None:
        self._url, self._random = url, Random(f"{seed}/kills")
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self.kills = 0
        self.targets = [self._start() for _ in range(_SERVERS)]

    def __enter__(self) -> _Servers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def kill_one(self) -> None:
        """Kill a server, and start another in its place."""
        number = self._random.randrange(_SERVERS)
        self.targets[number].kill()
        self.kills += 1
        self.targets[number] = self._start()

    def tracebacks(self) -> list[str]:
        return [f"a server failed: {line}" for target in self.targets for line in target.tracebacks()]

    def _start(self) -> Target:
        return self._stack.enter_context(Target("--state", self._url, log_level="warning"))


class _Client:
    """A client with an account of its own. ``stored`` has the SIDs by name of what was acknowledged and not deleted."""

    def __init__(self, servers: _Servers, number: int, seed: int) -> None:
        self._servers, self._random = servers, Random(f"{seed}/{number}")
        self.account = f"AC{number:032x}"
        self.stored: dict[str, str] = {}
        self._unknown: set[str] = set()
        self._made = 0
        self._clients: dict[tuple[str, int], Client] = {}
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()

    def run(self, end: float, everyone: list[_Client]) -> list[str]:
        """Make calls until ``end``. Returns what was wrong."""
        wrong: list[str] = []
        while monotonic() < end and not wrong:
            other = self._random.choice(everyone)
            act = self._random.random()
            try:
                if act < 0.45:
                    self._create()
                elif act < 0.5:
                    self._delete()
                elif act < 0.97:
                    wrong += self._read(other)
                else:
                    wrong += self._walk()
            except (OSError, HTTPException):
                self.calls["cut off"] += 1
        for client in self._clients.values():
            client.close()
        return wrong

    def check(self) -> list[str]:
        """Return what is lost or doubled on each server, at the end."""
        wrong = []
        for target in self._servers.targets:
            with target.client(self.account) as client:
                names = Counter(_names(client, self.account))
            wrong += [f"{name} is lost" for name in self.stored.keys() - names.keys()]
            wrong += [f"{name} is there {count} times" for name, count in names.items() if count > 1]
            wrong += [f"{name} was not created" for name in names.keys() - self.stored.keys() - self._unknown]
        return wrong

    def _create(self) -> None:
        self._made += 1
        name = f"{self.account[-2:]}-{self._made}"
        self._unknown.add(name)
        with self._call() as client:
            reply = client.call("POST", "/v1/Credentials", {**_FORM, "FriendlyName": name})
        if reply.status == 201:
            with self._lock:
                self.stored[name] = reply.content["sid"]
            self.calls["creates"] += 1

    def _delete(self) -> None:
        if not self.stored:
            return
        name = self._random.choice(list(self.stored))
        with self._lock:
            sid = self.stored.pop(name)
        with self._call() as client:
            client.call("DELETE", f"/v1/Credentials/{sid}")
        self.calls["deletes"] += 1

    def _read(self, other: _Client) -> list[str]:
        """Read something of another client's that was acknowledged, through any server, under strong consistency."""
        with other._lock:
            newest = list(other.stored.items())[-3:]
            found = self._random.choice(newest) if newest else None
        if found is None:
            return []
        with self._call() as client:
            reply = client.call("GET", f"/v1/Credentials/{found[1]}", headers=_strong(other.account))
        self.calls["strong reads"] += 1
        if reply.status != 404 or found[0] not in other.stored:
            return []
        return [f"a strong read missed {found[0]}"]

    def _walk(self) -> list[str]:
        """List everything, each page through another server."""
        expected, found, path = set(self.stored), Counter[str](), _LIST
        while path:
            with self._call() as client:
                reply = client.call("GET", path, headers=_strong(self.account))
            if reply.status != 200:
                return []
            found.update(one["friendly_name"] for one in reply.content["credentials"])
            path = _path(reply.content["meta"]["next_page_url"])
        self.calls["page walks"] += 1
        gaps = [f"a page walk missed {name}" for name in expected - found.keys()]
        return gaps + [f"a page walk had {name} {count} times" for name, count in found.items() if count > 1]

    @contextmanager
    def _call(self) -> Iterator[Client]:
        """Lend a client of a server that is chosen at random."""
        address = self._random.choice(self._servers.targets).address
        if address not in self._clients:
            self._clients[address] = Client(address, self.account)
        try:
            yield self._clients[address]
        except (OSError, HTTPException):
            self._clients.pop(address).close()
            raise


def _strong(account: str) -> dict[str, str]:
    return {"Authorization": authorization(account), "X-Notify-Mock-Position": "latest"}


def _names(client: Client, account: str) -> Iterator[str]:
    path, end = _LIST, monotonic() + SECONDS
    while path and monotonic() < end:
        reply = client.call("GET", path, headers=_strong(account))
        if reply.status == 200:
            yield from (one["friendly_name"] for one in reply.content["credentials"])
            path = _path(reply.content["meta"]["next_page_url"])


def _path(url: str | None) -> str:
    return "/" + url.split("/", 3)[3] if url else ""
