"""The names of ``cryptography`` that this package uses, safe to import for the first time while a test has frozen time.

``cryptography`` looks up ``datetime.datetime`` once per process and keeps it. If that is freezegun's class, it rejects
every real date from then on. Therefore it reads its first date here, while it can find the real class. Importing this
module takes longer than the rest of the start, so import it only in functions.
"""

from __future__ import annotations

import datetime
import sys
from base64 import b64decode
from types import ModuleType

from cryptography import exceptions, x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, types
from cryptography.hazmat.primitives.serialization import pkcs12

__all__ = ["ec", "exceptions", "hashes", "pkcs12", "rsa", "serialization", "types", "x509"]

_CERTIFICATE = b64decode(
    "MIH4MIGroAMCAQICAQEwBQYDK2VwMCYxJDAiBgNVBAMMG25vdGlmeS1tb2NrOiBhIGRhdGUgdG8gcmVhZDAeFw0wMDAxMDEwMDAwMDBaFw0wMDAx"
    "MDIwMDAwMDBaMCYxJDAiBgNVBAMMG25vdGlmeS1tb2NrOiBhIGRhdGUgdG8gcmVhZDAqMAUGAytlcAMhACGkIaJLc4PvARwOeHyq6j8ii7ts90Kb"
    "b931MbEqzD37MAUGAytlcANBAI+iv8TbyoBvLtWODvLw+yFaDPsdVPwRJ1HOPeX8o6x9182fuKf7IfRGFi4+tn8VGhOQd23I2tK7H/X4kVrBCAk="
)
"""Self-signed, expired in 2000, made for this module. Its private key was not kept."""


class _StandIn(ModuleType):
    """A ``datetime`` module whose names are those of the real one, except while it has its own.

    Another thread may import it meanwhile and keep it.
    """

    def __getattr__(self, name: str) -> object:
        return getattr(datetime, name)


def _read_first_date() -> None:
    """Let ``cryptography`` look up the real class, in a stand-in for the module ``datetime``.

    The module itself is not changed, so another thread may freeze and unfreeze time meanwhile.
    """
    stand_in = _StandIn("datetime")
    vars(stand_in)["datetime"] = _real_class()
    sys.modules["datetime"] = stand_in
    try:
        x509.load_der_x509_certificate(_CERTIFICATE).not_valid_after_utc  # noqa: B018 - for the lookup
    finally:
        sys.modules["datetime"] = datetime
        del vars(stand_in)["datetime"]


def _real_class() -> type:
    """Return the class that a faked ``datetime.datetime`` is derived from, or that class if it is not faked."""
    faked: type = datetime.datetime
    real = (one for one in getattr(faked, "__mro__", ()) if (one.__module__, one.__qualname__) == ("datetime",) * 2)
    return next(real, faked)


_read_first_date()
