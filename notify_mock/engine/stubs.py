"""Canned answers for Twilio's hosts that are not emulated, such as ``sync.twilio.com``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple, get_args

from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.headers import phrase
from notify_mock.twilio_api.hosts import is_twilio, plain
from notify_mock.twilio_api.products import product_at

STUB = "stub"
"""The name of a call that a stub answers."""

OtherTwilio = Literal["refuse", "404"]

_EXPECTED = "expected HOST[/PATH]=STATUS[:BODY], such as sync.twilio.com=404"
_PLACE = re.compile(r"([A-Za-z0-9.-]+)(/[^=\s]*)?", re.ASCII)
_STATUS = re.compile(r"[2-5][0-9][0-9]", re.ASCII)
_SPECIAL = re.compile(r"[\[?]")
"""What a glob would have besides ``*``."""

_VERSION = re.compile(r"/v[0-9]+(?=/)", re.ASCII)


class Stub(NamedTuple):
    """The answer to requests for ``path`` (``*`` for any text) on ``host``. ``body`` is JSON; "" for Twilio's error."""

    host: str
    path: str
    status: int
    body: str

    @property
    def code(self) -> int:
        """Twilio's code for the status: 20000 and the status, except for a 401 (inferred)."""
        return 20003 if self.status == 401 else 20000 + self.status

    def matches(self, path: str) -> bool:
        """Whether the stub answers requests for the decoded ``path``."""
        return fnmatchcase(path, _SPECIAL.sub(r"[\g<0>]", self.path))

    def text(self, path: str) -> str:
        """Return the body of the response to a request for ``path``."""
        if self.body or self.status == 204:
            return self.body
        return "{}" if self.status < 400 else json.dumps(self._error(path))

    def _error(self, path: str) -> dict[str, object]:
        missing = f"The requested resource {_VERSION.sub('', path, count=1)} was not found"
        return {
            "code": self.code,
            "message": missing if self.status == 404 else phrase(self.status).capitalize() or "Error",
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


class Stubs:
    """The stubs of an emulator. Of several that match, the one with the longest path answers.

    A path that none of a host's stubs match gets a 404. ``other_twilio`` is "404" if hosts without a stub get one too.
    """

    def __init__(self, stubs: Iterable[Stub] = (), other_twilio: OtherTwilio = "refuse") -> None:
        self._stubs = sorted(stubs, key=lambda stub: len(stub.path), reverse=True)
        self._hosts = {stub.host for stub in self._stubs}
        self._is_open = other_twilio == "404"
        self.exist = self._is_open or bool(self._stubs)

    def answer_for(self, host: str) -> bool:
        """Whether requests for the normalized name ``host`` are answered."""
        return self.exist and (host in self._hosts or (self._is_open and is_twilio(host) and not product_at(host)))

    def find(self, host: str, path: str) -> Stub | None:
        """Return the stub for a Host header and a decoded path, or None if the host has none."""
        name = plain(host.partition(":")[0])
        if not self.answer_for(name):
            return None
        found = (stub for stub in self._stubs if stub.host == name and stub.matches(path))
        return next(found, Stub(name, "*", 404, ""))


def read_stubs(given: Iterable[str], other_twilio: object) -> Stubs:
    """Return the stubs in the options ``stubs`` and ``other_twilio``. Raises ``UsageError``."""
    if other_twilio not in get_args(OtherTwilio):
        wrong = f"unknown value {shown(other_twilio)}"
        raise UsageError("other_twilio", wrong, f"expected one of: {', '.join(get_args(OtherTwilio))}")
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise UsageError("stubs", f"expected a list such as ['sync.twilio.com=404'], got {shown(given)}")
    stubs = [_read(text, f"stubs[{number}]") for number, text in enumerate(given)]
    return Stubs(stubs, "404" if other_twilio == "404" else "refuse")


def _read(text: object, where: str) -> Stub:
    place, _, answer = text.partition("=") if isinstance(text, str) else ("", "", "")
    status, _, body = answer.partition(":")
    found = _PLACE.fullmatch(place)
    if found is None:
        raise UsageError(where, f"{shown(text)} is not a stub", _EXPECTED)
    host, path = plain(found[1]), found[2] or "*"
    if not is_twilio(host):
        raise UsageError(where, f"{host} is not a Twilio host", _EXPECTED)
    if product_at(host):
        raise UsageError(where, f"{host} is emulated", "use a fault rule to change its responses")
    if not _STATUS.fullmatch(status):
        raise UsageError(where, f"{shown(status)} is not a status from 200 to 599", _EXPECTED)
    try:
        json.loads(body or "{}", parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UsageError(where, f"its body is not JSON: {error}", _EXPECTED) from error
    return Stub(host, path, int(status), body)


def _refuse(constant: str) -> None:
    """Raise ``ValueError`` for a number that Python reads and JSON does not have."""
    raise ValueError(f"it has no {constant}")
