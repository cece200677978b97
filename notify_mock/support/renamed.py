"""Old names that keep working for one release, with a warning that gives the new name."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from typing import Any

from notify_mock.support.usage import UsageError

_PACKAGE = __name__.partition(".")[0]


def warn_renamed(old: str, new: str, where: str = "") -> None:
    """Warn at the nearest caller outside this package, with a ``FutureWarning``, which Python shows by default."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == _PACKAGE:
        frame, level = frame.f_back, level + 1
    warnings.warn(f"{where}{old} is now called {new}; the old name will be removed", FutureWarning, stacklevel=level)


def with_new_key(given: Mapping[str, Any], old: str, new: str, where: str = "") -> dict[str, Any]:
    """Return ``given`` with the key ``old`` renamed to ``new``. Raises ``UsageError`` if both are given."""
    if old not in given:
        return dict(given)
    if new in given:
        raise UsageError(old, f"is the old name of {new}, and both are given", f"leave out {old}")
    warn_renamed(old, new, where)
    return {new if key == old else key: value for key, value in given.items()}
