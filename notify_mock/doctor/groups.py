"""Files that belong together: each group is one credential."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from notify_mock.doctor.contents import Contents
from notify_mock.push_keys.certificate import belongs

_CERTIFICATES = ("certificate", "locked p12", "pkcs7")
_KEYS = ("private key", "encrypted key", "openssh key")
_OWN = ("service account", "legacy key")

Group = tuple[Contents, ...]


def group(contents: Sequence[Contents]) -> tuple[list[Group], list[Contents]]:
    """Return the groups, and the files that are nobody's.

    A certificate and the key that belongs to it are a group, in one file or in two. If one certificate and one key are
    left then, they are a group, too; otherwise each is its own.
    """
    certificates = [one for one in contents if one.has(*_CERTIFICATES)]
    keys = [one for one in contents if one.has(*_KEYS) and one not in certificates]
    groups: list[Group] = [(one,) for one in contents if one.has(*_OWN)]
    alone: list[Contents] = []
    taken: list[Contents] = []
    for one in certificates:
        key = next((key for key in keys if _match(one, key)), None)
        if key is not None:
            groups.append((one, key))
            taken.append(key)
        elif one.has(*_KEYS) or one.has("locked p12"):
            groups.append((one,))
        else:
            alone.append(one)
    keys = [key for key in keys if key not in taken]
    groups += [(alone[0], keys[0])] if len(alone) == len(keys) == 1 else [(one,) for one in (*alone, *keys)]
    used = [one for found in groups for one in found]
    order = {id(one): number for number, one in enumerate(contents)}
    groups.sort(key=lambda found: order[id(found[0])])
    return groups, [one for one in contents if one not in used]


def _match(one: Contents, other: Contents) -> bool:
    pairs: Iterator[bool] = (
        belongs(first.certificate, second.key)
        for first in one.parts
        for second in other.parts
        if first.certificate is not None and second.key is not None
    )
    return any(pairs)
