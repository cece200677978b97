"""The upstream: the service (Twilio or another emulator) that calls are forwarded to."""

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
"""Line folding in a header (obsolete, but accepted)."""

_HOST = re.compile(r"[a-z0-9.-]+", re.IGNORECASE)
_READABLE = re.compile(r"\s*(gzip|deflate|identity)\b", re.IGNORECASE)


class Upstream:
    """The service at ``url``, scheme and host only. At Twilio, each product's calls are sent to that product's host.

    ``ca`` is a PEM file of certificates to trust instead of the system's; ``timeout`` is in seconds. Proxy settings of
    the environment are ignored. Raises ``UsageError``. Thread-safe.
    """

    def __init__(self, url: str, *, ca: str | Path | None = None, timeout: float = SECONDS) -> None:
        split = _address(url)
        if split is None:
            raise UsageError(
                "upstream", f"{shown(url)} is not a base URL", "expected a URL such as https://notify.twilio.com"
            )
        if split.path.strip("/") or split.query:
            raise UsageError("upstream", f"{shown(url)} has a path or query", "expected only scheme and host")
        if ca is not None and not Path(ca).is_file():
            raise UsageError("upstream CA", f"{ca} is not a file", "expected a PEM file of certificates")
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
            raise UsageError("upstream timeout", f"must be more than 0 seconds, got {shown(timeout)}")
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
        """Forward ``call`` and return the request as sent with its response: chunks joined, bodies still compressed.

        An incomplete body is marked. If the upstream does not respond, the response is a 502, or a 504 after the
        timeout, with the reason in its body.
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
        """Close all connections."""
        self._pool.clear()

    def _url(self, call: Call) -> str:
        """Return the URL of the same API at the upstream: named by the host at Twilio, by the path elsewhere."""
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
        what = "did not respond in time" if status == 504 else f"could not be reached ({type(error).__name__})"
        content = {"code": status, "message": f"notify-mock: the upstream {self.url} {what}", "status": status}
        body = json.dumps(content).encode()
        return status, reason, (("Content-Type", "application/json"), ("Content-Length", str(len(body)))), body


def _address(url: object) -> SplitResult | None:
    """Return the parts of an HTTP or HTTPS URL without credentials; None for anything else."""
    try:
        split = urlsplit(url) if isinstance(url, str) else None
        is_address = split is not None and bool(split.hostname) and (split.port or 1) > 0 and "@" not in split.netloc
    except ValueError:
        return None
    return split if split is not None and is_address and split.scheme in ("http", "https") else None


def _sent(call: Call, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers to forward: end-to-end headers, and only content codings that can be decompressed here."""
    kept = {name: value for name, value in headers.items() if name.lower() not in _NOT_SENT_ON}
    given = call.headers.get("accept-encoding", "").split(",")
    codings = [coding.strip() for coding in given if _READABLE.match(coding)]
    kept.pop("Accept-Encoding", None)
    return {
        **kept,
        "Accept-Encoding": ", ".join(codings) or SKIP_HEADER,
        "User-Agent": call.headers.get("user-agent", SKIP_HEADER),
    }


def _read(answer: Any, *, has_body: bool) -> tuple[bytes, bool]:
    """Return the body, and whether it is complete."""
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
