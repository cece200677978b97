"""One simulation: servers, clients and a store with trouble, and the promises that must hold after each step."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch

from notify_mock.command_log import follower, opening
from notify_mock.engine.attempts import Attempt
from notify_mock.faults.decision import Phase
from notify_mock.support import clock
from notify_mock.twilio_api.messages import Answer
from simulation.clients import Client, call
from simulation.scheduler import Broken, Scheduler
from simulation.servers import Server
from simulation.store import Store, Way

_TROUBLE_SECONDS, _QUIET_SECONDS = 5.0, 60.0


class Seen(NamedTuple):
    """How much happened in one simulation."""

    steps: int
    entries: int
    acknowledged: int
    crashes: int
    callbacks: int


def _mend(way: Way) -> None:
    way.is_cut = False


class World:
    """Everything that a seed decides."""

    def __init__(self, seed: int, schedulers: list[Scheduler]) -> None:
        self.scheduler = Scheduler(seed)
        schedulers.append(self.scheduler)
        random = self.scheduler.random
        self.store = Store(self.scheduler)
        self.witness = Server(self.scheduler, self.store, "witness", self._sent)
        self.witness.start(follows=False)
        names = ("one", "two", "three")[: random.randint(1, 3)]
        self.servers = [Server(self.scheduler, self.store, name, self._sent, self._crashed) for name in names]
        self.facts: dict[int, Any] = {}
        self.sent: Counter[str] = Counter()
        self.tokens: dict[tuple[str, int], str] = {}
        self.steps = self.crashes = 0
        self._is_healed = False
        self._trouble = random.choice([0.0, 0.02, 0.1])
        for server in self.servers:
            self._start(server)
        self.clients = [Client(self.scheduler, self.servers, number) for number in range(random.randint(1, 3))]
        self._notify()
        self.scheduler.after(0.5, self._disturb)

    def run(self) -> Seen:
        """Raises ``Broken``."""
        end = self.scheduler.now + _TROUBLE_SECONDS
        while self.scheduler.next(end):
            self._check()
        self._heal()
        self._settle()
        self._check_end()
        acknowledged = sum(len(client.created) for client in self.clients)
        return Seen(self.steps, len(self.store.entries), acknowledged, self.crashes, sum(self.sent.values()))

    def _settle(self) -> None:
        """Go on until nothing is left to do, or for so long that something is wrong."""
        end = self.scheduler.now + _QUIET_SECONDS
        self.scheduler.after(2.0, lambda: None)
        while self.scheduler.now < end and self.scheduler.next(end):
            self._check()
            if self.scheduler.now > end - _QUIET_SECONDS + 2 and self._is_settled():
                return

    def _is_settled(self) -> bool:
        last = len(self.store.entries)
        servers = (self.witness, *self.servers)
        return all(
            one.position == last and not one.log._machine.is_busy and not one.log.problem for one in servers
        ) and (self.witness.engine is None or not self.witness.engine.attempts.waiting())

    # --- what happens -------------------------------------------------------------------------------------------------

    def _start(self, server: Server) -> None:
        server.start()
        server.way.trouble = self._trouble

    def _notify(self) -> None:
        """Let there be callbacks to send: a service, a binding and notifications, with every call repeated until it is
        answered."""
        found: dict[str, str] = {}

        def send() -> None:
            server = self.scheduler.random.choice(self.servers)
            service = found.get("service")
            form = {"FriendlyName": "s", "MessagingServiceSid": "MG" + "0" * 32}
            path = "/Services"
            if service is not None:
                path = f"/Services/{service}/Notifications"
                form = {"Body": "b", "ToBinding": '{"binding_type": "sms", "address": "+4912"}'}
                form["DeliveryCallbackUrl"] = "http://localhost:5000/hook"
            server.act(lambda: server.play(call("POST", path, form), note))
            if not self._is_healed:
                self.scheduler.after(0.9, send)

        def note(answer: Answer | None) -> None:
            if answer is not None and answer.status == 201:
                found.setdefault("service", json.loads(answer.body)["sid"])

        self.scheduler.after(0.1, send)

    def _crashed(self, server: Server) -> None:
        self.crashes += 1
        self.scheduler.after(self.scheduler.random.uniform(0, 3), lambda: self._start(server))

    def _sent(self, server: Server, attempt: Attempt) -> None:
        if server.log._machine.senders[:1] != [server.log.server]:
            raise Broken(f"{server.name} sends a callback, and {server.log._machine.senders} should")
        callback = attempt.callback
        key = callback.notification_sid, callback.sequence
        token = attempt.request.headers["I-Twilio-Idempotency-Token"]
        if self.tokens.setdefault(key, token) != token:
            raise Broken(f"{key} was sent with two tokens")
        self.sent[token] += 1

    def _disturb(self) -> None:
        """Do something to a server or to the store, and plan the next time."""
        if self._is_healed:
            return
        random = self.scheduler.random
        server = random.choice(self.servers)
        kind = random.choice(
            ["crash", "crash", "stop", "cut", "long cut", "full", "snapshot", "faults", "faults", "clock", "end"]
        )
        if kind == "crash" and server.engine is not None:
            server.crash()
        elif kind == "stop":
            server.stop()
            self.scheduler.after(random.uniform(0, 3), lambda: self._start(server))
        elif kind.endswith("cut") and server.engine is not None:
            way = server.way
            way.is_cut = True
            self.scheduler.after(random.uniform(2, 4) if kind == "long cut" else 0.5, lambda: _mend(way))
        elif kind == "full":
            self.store.is_full = True
            self.scheduler.after(random.uniform(0, 1), self._make_room)
        elif kind == "snapshot":
            server.act(lambda: server.log.snapshot())
        elif kind == "faults":
            server.act(lambda: self._add_fault(server))
        elif kind == "clock":
            server.act(lambda: server.engine.clock.advance(5) if server.engine is not None else None)
        elif kind == "end":
            server.act(lambda: server.engine.faults.clear() if server.engine is not None else None)
        self.scheduler.after(random.uniform(0.1, 0.9), self._disturb)

    def _add_fault(self, server: Server) -> None:
        random = self.scheduler.random
        engine = server.engine
        if engine is None:
            return
        name = random.choice(["credential.create", "credential.fetch", "*"])
        phases: tuple[Phase, ...] = random.choice([("before",), ("after",), ("before", "after")])
        for phase in phases:
            seconds = random.choice([0.2, 1.0])
            engine.faults.add(name, "delay", seconds=seconds, times=3, phase=phase, unused="ignore")

    def _make_room(self) -> None:
        self.store.is_full = False

    def _heal(self) -> None:
        """End all trouble."""
        self._is_healed = True
        self.scheduler.after(0.0, self._make_room)
        self._trouble = 0.0
        for client in self.clients:
            client.is_stopped = True
        for server in self.servers:
            self._start(server)
            server.way.is_cut, server.way.trouble = False, 0.0

    # --- what must hold -----------------------------------------------------------------------------------------------

    def _check(self) -> None:
        """Check what must hold after every step."""
        self.steps += 1
        for entry in self.store.after(self.witness.position):
            self.witness.log.catch_up([entry])
            self.facts[entry.position] = self.witness.facts()
            self._check_attempts()
        for server in self.servers:
            if server.position > server.seen:
                server.seen = server.position
                if server.facts() != self.facts[server.position]:
                    raise Broken(f"{server.name} has another state at position {server.position}")

    def _check_attempts(self) -> None:
        """No callback is taken twice at once."""
        machine = self.witness.log._machine
        taken = [(one.callback.number, one.callback.attempt) for one in machine.attempts.values()]
        if len(set(taken)) < len(taken):
            raise Broken(f"a callback is being sent twice: {taken}")

    def _check_end(self) -> None:
        """Check what must hold once there is no more trouble."""
        end = len(self.store.entries)
        for server in (self.witness, *self.servers):
            if server.position != end or server.content() != self.witness.content():
                raise Broken(f"{server.name} is at position {server.position} of {end}, or has another state there")
            if server.log.problem or server.log._machine.is_busy:
                raise Broken(f"{server.name}: {server.log.problem or 'calls or callbacks never end'}")
        engine = self.witness.engine
        records = engine.credentials.values() if engine is not None else ()
        names = Counter(record.friendly_name for record in records)
        if names.most_common(1)[:1] and names.most_common(1)[0][1] > 1:
            raise Broken(f"there are records twice: {names.most_common(3)}")
        if [record.date_created for record in records] != sorted(record.date_created for record in records):
            raise Broken("time went back")
        found = {record.sid: record.friendly_name for record in records}
        for client in self.clients:
            for sid, possible in client.possible.items():
                if found.get(sid) not in possible:
                    raise Broken(f"{sid} is {found.get(sid)}, expected one of {possible}")
        if engine is not None and (engine.attempts.waiting() or len(self.sent) < len(engine.notifications)):
            raise Broken(f"{len(engine.attempts.waiting())} callbacks were not sent, {len(self.sent)} were")


def run(seed: int) -> Seen:
    """Raises ``Broken``, which names the seed."""
    scheduled: list[Scheduler] = []
    with _simulated(scheduled):
        world = World(seed, scheduled)
        try:
            return world.run()
        except Broken as error:
            raise Broken(f"seed {seed}, step {world.steps}: {error}") from error


@contextmanager
def _simulated(schedulers: list[Scheduler]) -> Iterator[None]:
    """Let engines use ways to the simulated store, virtual time and no threads."""

    def time() -> float:
        return schedulers[0].time()

    logger = logging.getLogger("notify_mock.state")
    with ExitStack() as stack:
        stack.enter_context(patch.object(opening, "open_store", lambda state, until: state))
        stack.enter_context(patch.object(follower.Follower, "start", lambda self: None))
        stack.enter_context(patch.object(follower, "_now", time))
        stack.enter_context(patch.object(follower, "STAY_SECONDS", 0.3))
        stack.enter_context(patch.object(clock, "time", SimpleNamespace(time=time)))
        stack.enter_context(patch.object(logger, "disabled", True))
        yield
