"""The upstream: a real service, or another emulator, that a call is sent on to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, quote, urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.exceptions import TimeoutError as TooLate
from urllib3.util import SKIP_HEADER

from notify_mock.cassettes.interaction import MAX_BODY_BYTES, Interaction, body_of, headers_of
from notify_mock.engine.replay import TRUNCATED
from notify_mock.interception.routing import allow_real_requests
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.hosts import is_twilio, plain
from notify_mock.twilio_api.messages import Call
from notify_mock.twilio_api.products import resolve_endpoint

SECONDS = 30.0
_PIECE = 64 * 1024
_CONNECTIONS = 32
_NOT_SENT_ON = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection"}
    | {"te", "trailer", "transfer-encoding", "upgrade", "x-notify-mock-fault"}
)
_FOLD = re.compile(r"[\r\n\0]+[ \t]*")
"""Where a header goes on in the next line (obsolete, but read)."""

_HOST = re.compile(r"[a-z0-9.-]+", re.IGNORECASE)
_READABLE = re.compile(r"\s*(gzip|deflate|identity)\b", re.IGNORECASE)


class Upstream:
    """``url`` is scheme and host, such as ``https://notify.twilio.com``; there each product's calls go to its own host.

    ``ca`` is a file of certificates to trust in place of the system's, ``timeout`` is in seconds. Proxies of the
    environment aren't used. Raises ``UsageError``. Safe to use from several threads.
    """

    def __init__(self, url: str, *, ca: str | Path | None = None, timeout: float = SECONDS) -> None:
        split = _address(url)
        if split is None:
            raise UsageError("upstream", f"{shown(url)} is no address", "give https://notify.twilio.com or the like")
        if split.path.strip("/") or split.query:
            raise UsageError("upstream", f"{shown(url)} has a path", "give scheme and host alone")
        if ca is not None and not Path(ca).is_file():
            raise UsageError("upstream CA", f"{ca} is no file", "give a PEM file of certificates")
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
            raise UsageError("upstream timeout", f"{shown(timeout)} is no time", "give seconds, more than 0")
        self.url = f"{split.scheme}://{split.netloc}"
        self._scheme, self._host = split.scheme, split.netloc
        self._is_twilio = is_twilio(plain(split.hostname or ""))
        options: dict[str, Any] = {"ca_certs": str(ca)} if ca is not None else {}
        self._pool = urllib3.PoolManager(
            maxsize=_CONNECTIONS, timeout=urllib3.Timeout(connect=timeout, read=timeout), retries=False, **options
        )

    def __repr__(self) -> str:
        return f"<Upstream {self.url}>"

    def send(self, call: Call) -> Interaction:
        """``call`` as it was sent on, and what came back: chunks put together, content codings as they were.

        What came back incomplete is marked. Where nothing came back, the answer is a 502, or a 504 after the timeout,
        and says what happened.
        """
        url, headers, body = self._url(call), headers_of(call), body_of(call)
        recorded_call = (call.method, url, tuple(pair for pair in headers if pair[0].lower() not in _NOT_SENT_ON), body)
        try:
            with allow_real_requests():
                answer = self._pool.request(
                    call.method,
                    url,
                    body=body or None,
                    headers=_sent(call, dict(headers)),
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                    enforce_content_length=False,
                )
        except (HTTPError, ValueError) as error:
            return Interaction(*recorded_call, *self._failure(error))
        content, is_whole = _read(answer, has_body=call.method != "HEAD" and answer.status not in (204, 304))
        received = tuple((name, _FOLD.sub(" ", value)) for name, value in answer.headers.iteritems())
        extra = {} if is_whole else {TRUNCATED: True}
        return Interaction(*recorded_call, answer.status, answer.reason or "", received, content, "", extra)

    def close(self) -> None:
        """Close its connections."""
        self._pool.clear()

    def _url(self, call: Call) -> str:
        """The same door at the upstream: by host at Twilio, by path elsewhere."""
        api, _, _, path = resolve_endpoint(call.host, call.path)
        product, _, version = api.partition("/")
        query = f"?{urlencode(call.query.pairs)}" if call.query.pairs else ""
        if not api:
            return f"{self.url}{quote(call.path)}{query}"
        if not self._is_twilio:
            prefix = f"/{version}" if product == "notify" else f"/{api}"
            return f"{self.url}{prefix}{quote(path)}{query}"
        if is_twilio(plain(call.host)) and _HOST.fullmatch(call.host):
            return f"{self._scheme}://{call.host}/{version}{quote(path)}{query}"
        rest = self._host.partition(".")[2]
        return f"{self._scheme}://{product}.{rest}/{version}{quote(path)}{query}"

    def _failure(self, error: Exception) -> tuple[int, str, tuple[tuple[str, str], ...], bytes]:
        status, reason = (504, "GATEWAY TIMEOUT") if isinstance(error, TooLate) else (502, "BAD GATEWAY")
        what = "gave no answer in time" if status == 504 else f"couldn't be asked ({type(error).__name__})"
        said = {"code": status, "message": f"notify-mock: the upstream {self.url} {what}", "status": status}
        body = json.dumps(said).encode()
        return status, reason, (("Content-Type", "application/json"), ("Content-Length", str(len(body)))), body


def _address(url: object) -> SplitResult | None:
    """The parts of a URL with a scheme of HTTP, a host, and maybe a port; None for any other."""
    try:
        split = urlsplit(url) if isinstance(url, str) else None
        is_address = split is not None and bool(split.hostname) and (split.port or 1) > 0 and "@" not in split.netloc
    except ValueError:
        return None
    return split if split is not None and is_address and split.scheme in ("http", "https") else None


def _sent(call: Call, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that go on: end to end, and no coding asked for that can't be unpacked here."""
    kept = {name: value for name, value in headers.items() if name.lower() not in _NOT_SENT_ON}
    codings = [one.strip() for one in call.headers.get("accept-encoding", "").split(",") if _READABLE.match(one)]
    kept.pop("Accept-Encoding", None)
    return {
        **kept,
        "Accept-Encoding": ", ".join(codings) or SKIP_HEADER,
        "User-Agent": call.headers.get("user-agent", SKIP_HEADER),
    }


def _read(answer: Any, *, has_body: bool) -> tuple[bytes, bool]:
    """The body, and whether that is all of it."""
    body = bytearray()
    promised = answer.headers.get("content-length", "")
    try:
        for piece in answer.stream(_PIECE, decode_content=False):
            body += piece
            if len(body) > MAX_BODY_BYTES:
                return bytes(body[:MAX_BODY_BYTES]), False
    except (ProtocolError, TooLate):
        return bytes(body), False
    finally:
        answer.release_conn()
    return bytes(body), not (has_body and promised.isdigit() and int(promised) > len(body))
