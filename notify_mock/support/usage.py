"""The error of a user's own making: it names the place, what is wrong there and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


class UsageError(ValueError):
    """A bad option, marker, file or argument given to the emulator itself.

    ``where`` is a file, key or option; ``wrong`` what was found there; ``remedy`` what would be right.
    ``str(error)`` is one line. Never raised for what a client sends: that is a ``TwilioError``.
    """

    def __init__(self, where: str, wrong: str, remedy: str = "") -> None:
        self.where, self.wrong, self.remedy = where, wrong, remedy
        line = f"{where}: {wrong}" + (f"; {remedy}" if remedy else "")
        super().__init__(" ".join(line.split()))

    def inside(self, place: str) -> UsageError:
        """The same error, seen from a wider place (``credentials[2].sid`` seen from ``seed.yaml, line 7``)."""
        return UsageError(f"{place}, {self.where}", self.wrong, self.remedy)


def shown(value: object) -> str:
    """``value`` as part of an error: its ``repr`` when that is short text or a number, else only its type."""
    if isinstance(value, str):
        return repr(value) if len(value) <= 60 else f"{value[:60]!r}..."
    if value is None or isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < 10**30):
        return repr(value)
    return f"a {type(value).__name__}"


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy that names the closest known word, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(names)}"


def only_known(where: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse the first name in ``given`` that isn't ``known``. Raises ``UsageError``."""
    names = tuple(known)
    for name in given:
        if name not in names:
            raise UsageError(where, f"unknown key {name!r}", nearest(str(name), names))


def only_texts(where: str, given: Mapping[str, object], names: Iterable[str]) -> None:
    """Refuse a value under one of ``names`` that is neither text nor None. Raises ``UsageError``."""
    for name in names:
        if not isinstance(given.get(name), (str, type(None))):
            raise UsageError(f"{where}.{name}", "is not text", "put it in quotes")
