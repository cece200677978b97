"""Usage errors: where something is wrong, what is wrong, and what to do."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable, Mapping

from notify_mock.support.masked_url import masked_url

_NOT_THE_USERS = (__name__.partition(".")[0], "_pytest", "pluggy")

_SURE = 0.8
"""How similar words are if one is surely a misspelling of the other, from 0 to 1."""

_OPTION = re.compile(r"(\w+)(?:\[\d+\])?(?:,|$)")


class UsageError(ValueError):
    """An invalid option, marker, file or argument.

    ``where`` is a file, key or option, ``wrong`` is what is wrong with it, ``remedy`` is what to do. ``str(error)`` is
    one line. Never raised for a client's request: that is a ``TwilioError``.
    """

    def __init__(self, where: str, wrong: str, remedy: str = "") -> None:
        self.where, self.wrong, self.remedy = where, wrong, remedy
        line = f"{where}: {wrong}" + (f"; {remedy}" if remedy else "")
        super().__init__(" ".join(line.split()))

    @property
    def option(self) -> str:
        """The option that ``where`` names (``accounts`` of ``accounts[0]``), or "" if it names a file or a path."""
        found = _OPTION.match(self.where)
        return found[1] if found else ""

    def inside(self, place: str) -> UsageError:
        """Return the same error with ``place`` before its ``where``: ``seed.yaml, line 7, credentials[2].sid``."""
        return UsageError(f"{place}, {self.where}", self.wrong, self.remedy)


def cut_traceback(error: BaseException) -> None:
    """End the traceback of a ``UsageError`` at the last line outside this package: that is where the mistake is.

    Does nothing for other errors. Lines of the standard library and of pytest are not what the user wrote.
    """
    if not isinstance(error, UsageError):
        return
    last, entry = None, error.__traceback__
    while entry is not None:
        module = str(entry.tb_frame.f_globals.get("__name__")).partition(".")[0]
        if module not in _NOT_THE_USERS and module not in sys.stdlib_module_names:
            last = entry
        entry = entry.tb_next
    if last is not None:
        last.tb_next = None
        error.__cause__, error.__suppress_context__ = None, True


def shown(value: object) -> str:
    """Return ``value`` for an error message: the ``repr`` of a number or a text (shortened), otherwise its type.

    The password in a URL and the values in its query are masked.
    """
    if isinstance(value, str):
        value = masked_url(value) if "://" in value else value
        return repr(value) if len(value) <= 60 else f"{value[:60]!r}..."
    if value is None or isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < 10**30):
        return repr(value)
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a remedy: the known word closest to ``word``, or all known words if none is close.

    Case and underscores do not count: ``friendly_name`` is closest to ``FriendlyName``.
    """
    names = sorted(known)
    by_letters = {_letters(name): name for name in names}
    close = difflib.get_close_matches(_letters(word), by_letters, n=1)
    return f"did you mean {by_letters[close[0]]}?" if close else f"expected one of: {', '.join(names)}"


def is_near(word: str, known: str) -> bool:
    """Whether ``word`` is surely a misspelling of ``known``, in any case, with or without underscores."""
    return bool(difflib.get_close_matches(_letters(word), [_letters(known)], cutoff=_SURE))


def _letters(word: str) -> str:
    return word.replace("_", "").lower()


def only_known(where: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise ``UsageError`` for the first name in ``given`` that is not in ``known``."""
    names = tuple(known)
    for name in given:
        if name not in names:
            raise UsageError(where, f"unknown key {name!r}", nearest(str(name), names))


def only_texts(where: str, given: Mapping[str, object], names: Iterable[str]) -> None:
    """Raise ``UsageError`` if the value of one of ``names`` is neither text nor None."""
    for name in names:
        if not isinstance(given.get(name), (str, type(None))):
            raise UsageError(f"{where}.{name}", "is not text", "put it in quotes")
