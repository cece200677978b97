"""The recorder: takes down what is asked and answered, without its secrets, into a cassette that is always whole."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Literal, NamedTuple, get_args

from notify_mock.cassettes.files import read_interactions, write_text
from notify_mock.cassettes.interaction import Interaction, check, interaction_of, phrase
from notify_mock.cassettes.vcr import entry_yaml, join_yaml, write_json
from notify_mock.engine.replay import TRUNCATED, Forward
from notify_mock.playback.cassette import Cassette
from notify_mock.playback.matching import DEFAULT, Matcher
from notify_mock.redaction.keys import find_key
from notify_mock.redaction.lint import refuse_leaks
from notify_mock.redaction.pseudonyms import Pseudonyms
from notify_mock.redaction.redact import redact
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.masking import show_text
from notify_mock.twilio_api.messages import Answer, Call

LOG = logging.getLogger("notify_mock.recorder")

Mode = Literal["none", "once", "new_episodes", "all", "rewrite"]
"""vcrpy's, and pytest-recording's ``rewrite``."""


class Take(NamedTuple):
    """One exchange that was taken down: between which ticks it was under way, and its text."""

    order: str
    begun: int
    ended: int
    interaction: Interaction
    text: str


class Recorder:
    """Records into the file at ``path``, YAML or JSON by its suffix.

    ``mode`` is vcrpy's: ``none`` only plays, ``once`` records where there is no file yet and else only plays,
    ``new_episodes`` plays what is there and records the rest, ``all`` records everything anew and keeps what wasn't
    asked for again, ``rewrite`` begins an empty cassette. ``key`` is that of the pseudonyms. Raises ``UsageError``.
    """

    def __init__(self, path: str | Path, *, mode: Mode = "once", key: str | None = None) -> None:
        if mode not in get_args(Mode):
            raise UsageError("record mode", shown(mode), f"it is one of {', '.join(get_args(Mode))}")
        self.path, self.mode = Path(path), mode
        if self.path.is_dir() or self.path.suffix not in (".yaml", ".yml", ".json"):
            raise UsageError(shown(str(path)), "is no name of a cassette", "it ends in .yaml, .yml or .json")
        exists = self.path.exists()
        self.plays_only = mode == "none" or (mode == "once" and exists)
        is_read = exists and mode != "rewrite"
        self._old = tuple(read_interactions(self.path)) if is_read or mode == "none" else ()
        self.pseudonyms = Pseudonyms(find_key(self.path, key, make=not self.plays_only))
        self._matcher = Matcher(self.pseudonyms, DEFAULT)
        self._kept = [] if self.plays_only else [self._keep(one) for one in self._old]
        self._lock, self._disk = Lock(), Lock()
        self._takes: list[Take] = []
        self._tick = self._saved = 0
        self.refused: list[str] = []

    def __repr__(self) -> str:
        return f"<Recorder {self.path}, {self.mode}: {len(self._takes)} recorded>"

    def cassette(self) -> Cassette:
        """What is to be played meanwhile, and whether what it misses goes to the upstream."""
        plays = self.plays_only or self.mode == "new_episodes"
        miss: Literal["error", "forward"] = "error" if self.plays_only else "forward"
        return Cassette.of(self._old if plays else (), self.pseudonyms, on_miss=miss)

    def forwarding(self, forward: Forward) -> Forward:
        """``forward``, recorded."""

        def recorded(call: Call) -> Interaction:
            begun = self._now()
            interaction = forward(call)
            self._take(begun, interaction)
            return interaction

        return recorded

    def around(self, call: Call, play: Callable[[], Answer]) -> Answer:
        """What the emulator itself answers, recorded. A connection that it breaks without an answer isn't."""
        begun = self._now()
        answer = play()
        if answer.status:
            interaction = interaction_of(call, answer, phrase(answer.status))
            if answer.wire is not None and answer.wire.sent is not None:
                interaction = interaction._replace(extra={TRUNCATED: True})
            self._take(begun, interaction)
        return answer

    def save(self) -> None:
        """Write what has been recorded since. Raises ``UsageError`` where the disk doesn't let it."""
        with self._disk:
            with self._lock:
                takes = list(self._takes)
            if takes:
                write_text(self.path, self._text(in_order(takes)))
            self._saved = len(takes)

    def close(self) -> None:
        """Save. Raises ``UsageError`` that names the fields of what couldn't be written for the secrets in it."""
        if self._saved < len(self._takes):
            self.save()
        LOG.info("%d exchanges recorded in %s", len(self._takes), self.path)
        if self.refused:
            refused, self.refused = self.refused, []
            raise UsageError(str(self.path), f"{len(refused)} not recorded: {'; '.join(refused[:3])}")

    def _now(self) -> int:
        with self._lock:
            self._tick += 1
            return self._tick

    def _take(self, begun: int, interaction: Interaction) -> None:
        """Kept at once, and saved when the file would grow by a tenth, so that long recordings don't write too much."""
        try:
            take = self._written(begun, 0, interaction)
        except UsageError as error:
            where = f"{interaction.method} {show_text(interaction.url.partition('?')[0])}, {error}"
            LOG.error("not recorded: %s", where)
            with self._lock:
                self.refused.append(where)
            return
        with self._lock:
            self._tick += 1
            self._takes.append(take._replace(ended=self._tick))
            is_due = (len(self._takes) - self._saved) * 10 >= len(self._takes)
        if is_due:
            try:
                self.save()
            except UsageError as error:  # the client has its answer all the same; closing tries once more
                LOG.error("not saved: %s", error)

    def _keep(self, old: Interaction) -> Take:
        """An entry that somebody else may have written. Raises ``UsageError`` for a secret that is left in it."""
        try:
            return self._written(0, 0, old)
        except UsageError as error:
            raise error.inside(old.where) from error

    def _written(self, begun: int, ended: int, interaction: Interaction) -> Take:
        """Raises ``UsageError`` that names the field of a secret that is left, or of what can't be in a file."""
        clean = redact(interaction, self.pseudonyms)
        refuse_leaks(clean)
        check(clean)
        return Take(repr(self._matcher.key(clean.call())), begun, ended, clean, entry_yaml(clean))

    def _text(self, takes: list[Take]) -> str:
        """In mode ``all``, of the old entries those stay that weren't asked for again."""
        again = {take.order for take in takes} if self.mode == "all" else ()
        whole = [*(take for take in self._kept if take.order not in again), *takes]
        if self.path.suffix == ".json":
            return write_json([take.interaction for take in whole])
        return join_yaml(take.text for take in whole)


def in_order(takes: list[Take]) -> list[Take]:
    """By time, where one had ended before another began; those under way at the same time by their requests. So the
    same parallel requests give the same cassette, whichever was quicker."""
    waiting = sorted(takes, key=lambda take: take.begun)
    ends = sorted(waiting, key=lambda take: take.ended)
    ready: list[tuple[str, int, Take]] = []
    found: list[Take] = []
    written: set[int] = set()
    first, started = 0, 0
    while len(found) < len(takes):
        while first < len(ends) and ends[first].ended in written:
            first += 1
        while started < len(waiting) and waiting[started].begun < ends[first].ended:
            take = waiting[started]
            heapq.heappush(ready, (take.order, take.begun, take))
            started += 1
        _, _, take = heapq.heappop(ready)
        written.add(take.ended)
        found.append(take)
    return found
