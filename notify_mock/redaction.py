"""What may be shown of a request: parameters that carry push secrets are masked by name and by look."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "[secret]"
_SECRET_NAMES = frozenset({"certificate", "privatekey", "apikey", "secret", "authorization", "password", "authtoken"})
_SECRET_LOOK = re.compile(r"-----BEGIN|private_key|AAAA[\w-]{7}:APA91|AIza[\w-]{30}")
_PLAIN_NAME = re.compile(r"[A-Za-z][\w.\[\]-]{0,60}")
_LONGEST = 120


def is_secret(name: str) -> bool:
    """Whether a parameter or header of this name holds a secret, however it is spelled."""
    return re.sub(r"[^a-z]", "", name.lower()) in _SECRET_NAMES


def show_text(value: str) -> str:
    """``value`` fit for one line of a log: masked when it looks like a secret, escaped and cut when long."""
    if _SECRET_LOOK.search(value):
        return MASK
    shown = value if value.isprintable() else value.encode("unicode_escape").decode()
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}... ({len(shown)} characters)"


def show_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """``Type=fcm Secret=[secret]`` for a list of parameters."""
    return " ".join(
        f"{name}={MASK if is_secret(name) else show_text(value)}"
        if _PLAIN_NAME.fullmatch(name)
        else "(unreadable name)"
        for name, value in pairs
    )
