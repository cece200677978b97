"""Old names that keep working for one release, with a warning that gives the new name."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from notify_mock.support.usage import UsageError

_PACKAGE = __name__.partition(".")[0]


def warn_renamed(old: str, new: str, where: str = "") -> None:
    """Warn the user of this process with a ``FutureWarning``, at the nearest line outside this package."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == _PACKAGE:
        frame, level = frame.f_back, level + 1
    warnings.warn(_text(old, new, where), FutureWarning, stacklevel=level)


def log_renamed(old: str, new: str, where: str = "") -> None:
    """Log it, for what a client of this process has sent."""
    import logging

    logging.getLogger("notify_mock.renamed").warning("%s", _text(old, new, where))


def _text(old: str, new: str, where: str) -> str:
    return f"{where}{old} is now called {new}; the old name will stop working in the next release"


def with_new_key(
    given: Mapping[str, Any], old: str, new: str, where: str = "", tell: Callable[[str, str, str], None] = warn_renamed
) -> dict[str, Any]:
    """Return ``given`` with the key ``old`` renamed to ``new``. Raises ``UsageError`` if both are given.

    ``where`` precedes the text that ``tell`` is given.
    """
    if old not in given:
        return dict(given)
    if new in given:
        raise UsageError(old, f"is the old name of {new}, and both are given", f"leave out {old}")
    tell(old, new, where)
    return {new if key == old else key: value for key, value in given.items()}
