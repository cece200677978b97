"""A server that records its own exchanges, and what must be true of its cassette at any time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from urllib.parse import parse_qs

import yaml

from harden.load import create
from harden.target import Client, Target
from notify_mock import Cassette, UsageError


def recorder(cassette: Path, before: Callable[[], None] | None = None) -> Target:
    """Start a server that adds its exchanges to ``cassette``."""
    options = ("--record", str(cassette), "--record-mode", "new_episodes")
    return Target(*options, log_level="error", before=before)


def record(client: Client, name: str) -> list[str]:
    """Record the create of a record with this name. Returns what was wrong."""
    reply = create(client, name)
    return [] if reply.status == 201 else [f"a create returned {reply}"]


def check_cassette(cassette: Path, sent: Collection[str], least: int) -> list[str]:
    """Return what is wrong with a cassette of creates with these names, of which it must have at least ``least``."""
    try:
        Cassette(cassette)
    except UsageError as error:
        return [f"the cassette is not whole: {error}"]
    names = Counter(_names(cassette))
    wrong = [f"the entry of {name} is duplicated or unknown" for name in names if names[name] > 1 or name not in sent]
    if len(names) < least:
        wrong.append(f"the cassette has {len(names)} entries of {len(sent)}, expected at least {least}")
    return wrong


def saved(answered: int) -> int:
    """Return how many entries must be on the disk: a cassette is saved whenever it has grown by a tenth."""
    return answered * 9 // 10


def strays(cassette: Path) -> list[str]:
    """Return which files are in the cassette's folder besides the cassette and the key of its pseudonyms."""
    known = (cassette.name, ".notify-mock-key", "ballast")
    return [f"{path.name} is left" for path in sorted(cassette.parent.iterdir()) if path.name not in known]


def _names(cassette: Path) -> list[str]:
    """Read the names of the created records, with a reader that is not the project's own."""
    text = cassette.read_text("utf-8")
    entries = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))["interactions"]
    return [parse_qs(entry["request"]["body"])["FriendlyName"][0] for entry in entries]
