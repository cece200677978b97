"""The recorder: writes exchanges, without their secrets, to a cassette that is complete at any time."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock
from typing import Literal, get_args

from notify_mock.cassettes.files import read_interactions
from notify_mock.cassettes.interaction import Interaction, check, interaction_of
from notify_mock.cassettes.vcr import entry_json, entry_yaml, join_json, join_yaml
from notify_mock.engine.replay import TRUNCATED, Forward
from notify_mock.recording.cassette_file import CassetteFile
from notify_mock.recording.takes import Take, in_order
from notify_mock.redaction.keys import find_key
from notify_mock.redaction.lint import refuse_leaks
from notify_mock.redaction.pseudonyms import Pseudonyms
from notify_mock.redaction.redact import redact
from notify_mock.replay.cassette import Cassette
from notify_mock.replay.matching import DEFAULT, Matcher
from notify_mock.support.counted import counted
from notify_mock.support.files import MAX_CASSETTE_BYTES, MIB
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.headers import phrase
from notify_mock.twilio_api.masking import show_text
from notify_mock.twilio_api.messages import Answer, Call

LOG = logging.getLogger("notify_mock.recorder")

Mode = Literal["none", "once", "new_episodes", "all", "rewrite"]
"""The modes of vcrpy, and ``rewrite`` of pytest-recording."""


_MAX_BYTES = MAX_CASSETTE_BYTES - MIB
"""The limit of all entries, with room for what is between them."""


class Recorder:
    """Records into the file at ``path``, YAML or JSON by its suffix.

    The ``mode`` decides what is recorded. ``none``: nothing. ``once``: everything if the file does not exist, else
    nothing. ``new_episodes``: calls that are not in the cassette. ``all``: everything; old entries that are not
    requested again stay. ``rewrite``: everything, into an empty cassette. ``none``, ``once`` and ``new_episodes`` play
    the existing entries. ``key`` is the key of the pseudonyms. Until ``close``, no other recorder can record the file.
    Raises ``UsageError``.
    """

    def __init__(self, path: str | Path, *, mode: Mode = "once", key: str | None = None) -> None:
        if mode not in get_args(Mode):
            raise UsageError(
                "record mode", f"unknown mode {shown(mode)}", f"expected one of: {', '.join(get_args(Mode))}"
            )
        self.path, self.mode = Path(path), mode
        is_special = self.path.exists() and not self.path.is_file()
        if is_special or self.path.suffix not in (".yaml", ".yml", ".json"):
            raise UsageError(
                shown(str(path)), "is not a cassette file", "expected a name that ends in .yaml, .yml or .json"
            )
        self._is_json = self.path.suffix == ".json"
        self._file = CassetteFile(self.path)
        try:
            self._old = self._begin()
            self.pseudonyms = Pseudonyms(find_key(self.path, key, make=not self.plays_only))
            self._matcher = Matcher(self.pseudonyms, DEFAULT)
            self._kept = [] if self.plays_only else [self._keep(entry) for entry in self._old]
        except UsageError:
            self._file.release()
            raise
        self._lock, self._disk = Lock(), Lock()
        self._takes: list[Take] = []
        self._size = sum(len(take.text) for take in self._kept)
        self._tick = self._saved = 0
        self.refused: list[str] = []

    def __repr__(self) -> str:
        return f"<Recorder {self.path}, {self.mode}: {len(self._takes)} recorded>"

    def _begin(self) -> tuple[Interaction, ...]:
        """Decide what to record, and return the existing entries. Reserves the file if it will be written."""
        if self.mode != "none" and not (self.mode == "once" and self.path.exists()):
            self._file.take()
        exists = self.path.exists()
        self.plays_only = self.mode == "none" or (self.mode == "once" and exists)
        if self.plays_only:
            self._file.release()
        is_read = self.plays_only or (exists and self.mode != "rewrite")
        return tuple(read_interactions(self.path)) if is_read else ()

    def cassette(self) -> Cassette:
        """Return the cassette to play while recording. Its misses are forwarded unless the mode only plays."""
        plays = self.plays_only or self.mode == "new_episodes"
        miss: Literal["error", "forward"] = "error" if self.plays_only else "forward"
        return Cassette.of(self._old if plays else (), self.pseudonyms, on_miss=miss)

    def forwarding(self, forward: Forward) -> Forward:
        """Wrap ``forward`` so that its exchanges are recorded."""

        def recorded(call: Call) -> Interaction:
            begun = self.begin()
            interaction = forward(call)
            self._take(begun, interaction)
            return interaction

        return recorded

    def begin(self) -> int:
        """Return the tick at which a call begins."""
        with self._lock:
            self._tick += 1
            return self._tick

    def end(self, begun: int, call: Call, answer: Answer) -> None:
        """Record the emulator's own response. A connection that it breaks without a response is not recorded."""
        if answer.status:
            interaction = interaction_of(call, answer, phrase(answer.status))
            if answer.wire is not None and answer.wire.sent is not None:
                interaction = interaction._replace(extra={TRUNCATED: True})
            self._take(begun, interaction)

    def save(self) -> None:
        """Write the cassette. Raises ``UsageError`` if it cannot be written."""
        with self._disk:
            with self._lock:
                takes = list(self._takes)
            if takes:
                self._file.write(self._text(in_order(takes)))
            self._saved = len(takes)

    def close(self) -> None:
        """Save. Raises ``UsageError`` with the entries that were not recorded, and the fields that contain secrets."""
        try:
            if self._saved < len(self._takes):
                self.save()
        finally:
            self._file.release()
        LOG.info("%s recorded in %s", counted(len(self._takes), "exchange"), self._file.written_to)
        if self.refused:
            refused, self.refused = self.refused, []
            raise UsageError(str(self.path), f"{len(refused)} not recorded: {'; '.join(refused[:3])}")
        self._file.close()

    def _take(self, begun: int, interaction: Interaction) -> None:
        """Add an exchange. Saves only when the file has grown by a tenth, to keep the cost of long recordings low."""
        try:
            take = self._written(begun, 0, interaction)
            self._grow(take)
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
            except UsageError as error:  # the client still gets its response; close() tries again
                LOG.error("not saved: %s", error)

    def _grow(self, take: Take) -> None:
        """Raise ``UsageError`` if the cassette would become so large that it cannot be read again."""
        with self._lock:
            if self._size + len(take.text) > _MAX_BYTES:
                raise UsageError(
                    str(self.path), f"would be larger than {_MAX_BYTES // MIB} MiB", "record into another file"
                )
            self._size += len(take.text)

    def _keep(self, old: Interaction) -> Take:
        """Convert an existing entry, without its secrets. Raises ``UsageError`` if it still contains one."""
        try:
            return self._written(0, 0, old)
        except UsageError as error:
            raise error.inside(old.where) from error

    def _written(self, begun: int, ended: int, interaction: Interaction) -> Take:
        """Redact and serialize. Raises ``UsageError`` with the field that still contains a secret or is not valid."""
        clean = redact(interaction, self.pseudonyms)
        refuse_leaks(clean)
        check(clean)
        text = entry_json(clean) if self._is_json else entry_yaml(clean)
        return Take(repr(self._matcher.key(clean.call())), begun, ended, text)

    def _text(self, takes: list[Take]) -> str:
        """Return the cassette's text. In mode ``all``, old entries stay unless they were requested again."""
        again = {take.order for take in takes} if self.mode == "all" else ()
        whole = [*(take for take in self._kept if take.order not in again), *takes]
        return (join_json if self._is_json else join_yaml)(take.text for take in whole)
