"""Strict checks of a request's head: http.client accepts lines and values that others read differently."""

from __future__ import annotations

import re
from email.errors import FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect
from email.message import Message
from io import BufferedIOBase

from notify_mock.twilio_api.errors import MalformedRequest

BLANKS = " \t"
"""The only white space that HTTP allows around a value. Python's ``strip`` removes more."""

_DEFECTS = (MissingHeaderBodySeparatorDefect, FirstHeaderLineIsContinuationDefect)
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?", re.ASCII)
"""The value of a Host header (RFC 3986, 3.2.2)."""


def is_line(line: bytes) -> bool:
    """Whether a line ends in CRLF and contains no other CR and no NUL (RFC 9112, 2.2; RFC 9110, 5.5)."""
    return line.endswith(b"\r\n") and line.count(b"\r") == 1 and b"\0" not in line


class HeaderLines:
    """Reads header lines for http.client, which keeps none as sent, and notes whether one is malformed."""

    def __init__(self, source: BufferedIOBase) -> None:
        self._source, self.is_malformed = source, False

    def readline(self, limit: int) -> bytes:
        line = self._source.readline(limit)
        self.is_malformed |= not is_line(line) or line.startswith((b" ", b"\t"))
        return line


def check_fields(headers: Message) -> None:
    """Refuse headers of which http.client has dropped some: everything after a malformed line, even the head's end.

    Raises ``MalformedRequest``.
    """
    rest = headers.get_payload()
    if any(isinstance(defect, _DEFECTS) for defect in headers.defects) or (isinstance(rest, str) and rest):
        raise MalformedRequest("a header line is malformed", what="invalid header")


def check_host(headers: Message, *, is_needed: bool) -> None:
    """Refuse more than one Host, and a malformed one, which would become part of links. Raises ``MalformedRequest``."""
    hosts = headers.get_all("host", [])
    if len(hosts) > 1 or (is_needed and not hosts):
        raise MalformedRequest(f"expected one Host header, got {len(hosts)}", what="invalid Host")
    if not all(_HOST.fullmatch(host.strip(BLANKS)) for host in hosts):
        raise MalformedRequest("the Host header is not a host and a port", what="invalid Host")
