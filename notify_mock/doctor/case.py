"""One credential to diagnose: what would be sent to create it, and where each parameter comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from notify_mock.doctor.contents import Contents
from notify_mock.doctor.mending import CERTIFICATE, PRIVATE_KEY, SECRET

if TYPE_CHECKING:
    from notify_mock.push_keys.binary import Part

_CERTIFICATES = (("certificate",), ("locked p12", "pkcs7", "certificate request", "public key"))
_KEYS = (("private key", "encrypted key"), ("locked p12", "openssh key"))
_INSTEAD = ("empty", "unknown", "too large", "broken JSON", "other JSON", "public key", "certificate request")
"""What a file can be that was meant as the certificate or the key that is missing."""

_SECRETS = (
    ("service account",),
    ("google-services.json", "GoogleService-Info.plist", "OAuth client", "Firebase configuration"),
    ("legacy key", "broken JSON", "other JSON"),
)


class Case(NamedTuple):
    """``type`` is apn, fcm, gcm or None. ``sources`` has a file for each parameter that needs one, and ``others`` are
    the files that are not used. ``contents`` are all of them."""

    type: str | None
    contents: tuple[Contents, ...]
    sources: Mapping[str, Contents]
    others: tuple[Contents, ...]
    has_files: bool = True

    def parts(self, kind: str) -> list[Part]:
        return [part for one in self.contents for part in one.parts if part.kind == kind]


def case_of(contents: Sequence[Contents]) -> Case:
    """Return what files are most likely meant to be, by what is in them: their names and order do not matter."""
    sources = {
        role: found
        for role, kinds in ((CERTIFICATE, _CERTIFICATES), (PRIVATE_KEY, _KEYS))
        if (found := _first(contents, kinds)) is not None
    }
    if sources:
        kind: str | None = "apn"
        for role in (CERTIFICATE, PRIVATE_KEY):
            left = [one for one in contents if one not in sources.values()]
            instead = _first(left, (_INSTEAD,))
            if role not in sources and instead is not None:
                sources[role] = instead
    else:
        secret = _first(contents, _SECRETS)
        kind, sources = ("fcm", {SECRET: secret}) if secret is not None else (None, {})
    used = [id(one) for one in sources.values()]
    return Case(kind, tuple(contents), sources, tuple(one for one in contents if id(one) not in used))


def _first(contents: Sequence[Contents], kinds: Sequence[Sequence[str]]) -> Contents | None:
    """Return the first file that has one of the first kinds, or else of the next."""
    return next((one for group in kinds for one in contents if one.has(*group)), None)
