"""Finding secrets in text by patterns, in any encoding."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from collections import deque
from collections.abc import Iterator
from urllib.parse import unquote_plus

_LOOKS = (
    (re.compile(r"-----BEGIN"), "a PEM block"),
    (re.compile(r"AAAA[\w-]{7}:APA91"), "a legacy FCM server key"),
    (re.compile(r"(?<![\w-])AIza[\w-]{30}"), "a Google API key"),
    (re.compile(r"service_account|private_key"), "the JSON of a service account"),
    (re.compile(r"(?:AC|SK)[0-9a-fA-F]{32}[^0-9a-zA-Z]{1,8}[0-9a-f]{32}(?![0-9a-zA-Z])"), "a token next to an account"),
    (re.compile(r"(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"), "a signed token (JWT)"),
    (re.compile(r"://[^/\s:@\"]+:[^/\s@\"]+@"), "a password in a URL"),
)
_LONE_TOKEN = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{32}(?![0-9a-zA-Z])")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{11,}={0,2}")
_ONLY_SID = re.compile(r"[A-Z]{0,4}[0-9a-f]{32}")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\(.)")
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_MIN_LENGTH = 11
"""The length of the shortest secret that ``_LOOKS`` finds."""

_MAX_DEPTH = 4
_MAX_LAYERS = 50_000
_MAX_BYTES = 4 * 1024 * 1024
_MAX_GROWTH = 8
_MAX_CHARACTERS = 8 * 1024 * 1024
"""The decoded forms of a text may have this many characters, and 8 times those of the text."""


class Unsearchable(Exception):
    """A text contains compressed data that is too large to search."""


def find_leak(text: str) -> str:
    """Return the kind of the first secret in ``text``; "" if there is none."""
    if len(text) < _MIN_LENGTH:
        return ""
    try:
        return next((kind for layer in layers(text) for look, kind in _LOOKS if look.search(layer)), "")
    except Unsearchable:
        return "compressed data that is too large to search"


def is_lone_token(text: str) -> bool:
    """Return whether ``text`` contains 32 hex digits without a prefix: an auth token, not a SID."""
    return bool(_LONE_TOKEN.search(text))


def layers(text: str) -> Iterator[str]:
    """Yield ``text`` and its decoded forms: percent-encoding, JSON escapes, base64 and gzip, also nested.

    Raises ``Unsearchable`` when it has yielded too much.
    """
    left = _MAX_GROWTH * len(text) + _MAX_CHARACTERS
    seen, waiting = {text}, deque([(text, 0)])
    while waiting and len(seen) < _MAX_LAYERS:
        layer, depth = waiting.popleft()
        yield layer
        if depth < _MAX_DEPTH:
            for inner in _decoded(layer):
                if inner not in seen:
                    seen.add(inner)
                    left -= len(inner)
                    if left < 0:
                        raise Unsearchable
                    waiting.append((inner, depth + 1))
    yield from (layer for layer, _ in waiting)


def _decoded(text: str) -> Iterator[str]:
    if "%" in text or "+" in text:
        yield unquote_plus(text, errors="replace")
    if "\\" in text:
        yield _ESCAPE.sub(lambda match: chr(int(match[1], 16)) if match[1] else _CONTROL.get(match[2], match[2]), text)
    for run in _BASE64.findall(text):
        for skipped in range(0 if _ONLY_SID.fullmatch(run) else 4):
            yield from _from_base64(run[skipped:])


def _from_base64(run: str) -> Iterator[str]:
    bare = run.rstrip("=").replace("-", "+").replace("_", "/")
    bare = bare[: len(bare) - 1] if len(bare) % 4 == 1 else bare
    data = b64decode(bare + "=" * (-len(bare) % 4))
    if data[:2] in (b"\x1f\x8b", b"x\x9c", b"x\x01", b"x\xda"):
        try:
            yield zlib.decompressobj(47).decompress(data, _MAX_BYTES).decode("utf-8", "replace")
        except zlib.error:
            return
    else:
        yield data.decode("utf-8", "replace")
