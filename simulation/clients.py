"""A client that changes records of its own, and checks what it is told."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable

from notify_mock.command_log.calls import POSITION_HEADER
from notify_mock.twilio_api.messages import Answer, Call, Params
from simulation.scheduler import Broken, Scheduler
from simulation.servers import Server

AUTHORIZATION = "Basic QUMxMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE6dG9rZW4="
GONE = None


def call(method: str, path: str, form: dict[str, str] | None = None, *, strong: bool = False) -> Call:
    headers = {"authorization": AUTHORIZATION}
    if strong:
        headers[POSITION_HEADER.lower()] = "latest"
    pairs = tuple((form or {}).items())
    return Call(method, "notify.twilio.com", f"/v1{path}", form=Params(pairs), headers=headers)


class Client:
    """Makes one call after another. ``possible`` has what each of its records may be called now: the last name that was
    acknowledged, and those whose answers were lost; None stands for a record that is gone."""

    def __init__(self, scheduler: Scheduler, servers: list[Server], number: int) -> None:
        self._scheduler, self._servers, self._number = scheduler, servers, number
        self._calls = 0
        self.is_stopped = False
        self.possible: dict[str, set[str | None]] = {}
        self.created: dict[str, str] = {}
        """Names of acknowledged creates, and their SIDs."""
        self._unknown: dict[str, set[str | None]] = {}
        """What may have happened to a record, or may still happen, as the answer was lost."""
        self.position = 0
        """The position of its last acknowledged write, or a later one."""
        self._next()

    def _next(self) -> None:
        if not self.is_stopped:
            self._scheduler.after(self._scheduler.random.uniform(0, 0.3), self._act)

    def _act(self) -> None:
        random = self._scheduler.random
        server = random.choice(self._servers)
        known = [sid for sid, names in self.possible.items() if names != {GONE}]
        kind = (
            random.choice(["create", "create", "update", "delete", "fetch", "visit", "strong", "strong"])
            if known
            else "create"
        )
        self._calls += 1
        name = f"{self._number}-{self._calls}"
        sid = random.choice(known) if known else ""
        act: Callable[[], None] = {
            "create": lambda: self._create(server, name),
            "update": lambda: self._change(server, sid, name),
            "delete": lambda: self._change(server, sid, GONE),
            "fetch": lambda: self._fetch(server, sid, strong=False),
            "strong": lambda: self._fetch(server, sid, strong=True),
            "visit": lambda: self._visit(server),
        }[kind]
        if server.engine is None:
            self._next()
        else:
            server.act(act)
            if server.engine is None:
                self._next()

    def _play(self, server: Server, made: Call, answered: Callable[[Answer], None], lost: Callable[[], None]) -> None:
        """``answered`` takes an answer that is not a 503. Some get lost on their way, or the server crashes."""
        over: list[bool] = []

        def done(answer: Answer | None) -> None:
            if over:
                return
            over.append(True)
            if answer is None or answer.status == 503 or self._scheduler.chance(0.03):
                lost()
            else:
                if made.method != "GET":
                    self.position = max(self.position, server.position)
                answered(answer)
            self._next()

        engine = server.engine
        self._scheduler.after(30.0, lambda: done(None) if not over else None)
        server.play(made, done)
        if server.engine is not engine:
            done(None)

    def _create(self, server: Server, name: str) -> None:
        def answered(answer: Answer) -> None:
            _expect(answer, 201, name)
            sid = json.loads(answer.body)["sid"]
            self.created[name] = sid
            self.possible[sid] = {name}

        form = {"Type": "fcm", "Secret": "s", "FriendlyName": name}
        self._play(server, call("POST", "/Credentials", form), answered, lambda: None)

    def _change(self, server: Server, sid: str, name: str | None) -> None:
        before = set(self.possible[sid])
        self.possible[sid] |= {name}

        def answered(answer: Answer) -> None:
            if answer.status == 404:
                if GONE not in before:
                    raise Broken(f"{sid} is gone, and was {before}")
                self.possible[sid] = {GONE}
                return
            _expect(answer, 204 if name is GONE else 200, sid)
            unknown = self._unknown.get(sid, set())
            self.possible[sid] = {GONE} if name is GONE else {name, *unknown}

        def lost() -> None:
            self._unknown.setdefault(sid, set()).add(name)

        made = call("DELETE", f"/Credentials/{sid}") if name is GONE else None
        made = made or call("POST", f"/Credentials/{sid}", {"FriendlyName": str(name)})
        self._play(server, made, answered, lost)

    def _fetch(self, server: Server, sid: str, *, strong: bool) -> None:
        possible, least, is_new = self.possible[sid], self.position, server.position >= self.position

        def answered(answer: Answer) -> None:
            found = json.loads(answer.body)["friendly_name"] if answer.status == 200 else GONE
            _expect(answer, 200 if found else 404, sid)
            position = int(dict(answer.headers).get(POSITION_HEADER, 0))
            if strong and position < least:
                raise Broken(f"a strong read at {position} missed a write that was acknowledged at {least}")
            if (strong or is_new) and found not in possible:
                raise Broken(f"{server.name} read {found} for {sid}, expected one of {possible}")

        self._play(server, call("GET", f"/Credentials/{sid}", strong=strong), answered, lambda: None)

    def _visit(self, server: Server) -> None:
        """Read with an account that the servers may not know yet."""
        user = f"AC{self._scheduler.random.randint(0, 9):032}:{self._number}"
        authorization = "Basic " + b64encode(user.encode()).decode()
        made = call("GET", "/Credentials")._replace(headers={"authorization": authorization})
        self._play(server, made, lambda answer: _expect(answer, 200, user), lambda: None)


def _expect(answer: Answer, status: int, what: str) -> None:
    if answer.status != status:
        raise Broken(f"{what}: expected {status}, got {answer.status} {answer.body!r}")
