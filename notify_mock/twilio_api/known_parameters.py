"""Which parameters each call takes, and the error for a name that none of them has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from notify_mock.support.usage import UsageError, is_near, nearest

CallParameters = Mapping[str, tuple[str, ...]]
"""The names of the parameters of each call, by the call's name."""


def taken_by(calls: Iterable[str], known: CallParameters) -> tuple[str, ...]:
    """Return the names of the parameters that at least one of ``calls`` takes."""
    return tuple(dict.fromkeys(name for call in calls for name in known[call]))


def unknown_name(
    where: str, name: str, noun: str, glob: str, calls: Sequence[str], known: CallParameters, words: Iterable[str]
) -> UsageError:
    """Return the error for ``name``, which is neither a parameter of ``calls`` nor one of ``words``.

    ``glob`` is what the user wrote for ``calls``, and ``noun`` what a name that is not a parameter is called.
    """
    elsewhere = [call for call, names in known.items() if name in names]
    if elsewhere:
        return UsageError(where, f"{name} is not a parameter of {glob}", f"it is one of {', '.join(elsewhere)}")
    taken = taken_by(calls, known)
    if not name[:1].isupper():
        remedy = nearest(name, (*words, *(one for one in taken if is_near(name, one))))
    else:
        noun, remedy = "parameter", nearest(name, (*words, *taken))
        remedy += f" For a parameter that Twilio does not know, write form={{{name!r}: ...}}"
    return UsageError(where, f"unknown {noun}" if where == name else f"unknown {noun} {name!r}", remedy)
