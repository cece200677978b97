"""What is in a file, whatever its name: certificates, private keys, Google's JSON, and what is mistaken for them."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from notify_mock.push_keys.binary import Part, read_der
from notify_mock.push_keys.pem_blocks import read_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 256 * 1024
"""What is longer is not read: a credential has a few KB, and a parameter of more than 1 MiB is refused anyway."""

Quirk = Literal["utf-16", "bom", "crlf", "bare base64", "text outside", "der", "p12", "rc2"]
"""What is unusual about the form of a file. ``bare base64`` is PEM without its first and last line. ``rc2``: a .p12
file that OpenSSL 3 reads only with an option."""

_BOMS = {b"\xef\xbb\xbf": ("utf-8-sig", "bom"), b"\xff\xfe": ("utf-16", "utf-16"), b"\xfe\xff": ("utf-16", "utf-16")}
_RC2 = bytes.fromhex("2a864886f70d010c0106")
"""The OID of pbeWithSHA1And40BitRC2-CBC, with which Apple's Keychain encrypts certificates."""

_LEGACY_KEY = re.compile(r"AAAA[\w-]{7}:[\w-]{100,200}|AIza[\w-]{35}", re.ASCII)


class Contents(NamedTuple):
    """One file. ``sent`` is its text as a program would read and send it, ``text`` the same without a byte order mark,
    in the right encoding. ``data`` is its JSON object."""

    name: str
    sent: str
    text: str
    parts: tuple[Part, ...]
    quirks: tuple[Quirk, ...]
    data: dict[str, Any] | None = None

    def has(self, *kinds: str) -> bool:
        return any(part.kind in kinds for part in self.parts)


def looks_like_a_legacy_key(text: str) -> bool:
    """Whether the text is a legacy server key of FCM or GCM, or an API key of Google's."""
    return bool(_LEGACY_KEY.fullmatch(text.strip()))


def read_contents(name: str, content: bytes, password: str | None = None) -> Contents:
    """Find out what ``content`` is. Never raises: what cannot be read has the kind ``unknown``."""
    if len(content) > MAX_BYTES:
        return Contents(name, "", "", (Part("too large"),), ())
    if not content.strip():
        return Contents(name, "", "", (Part("empty"),), ())
    sent = content.decode("utf-8", "replace")
    for mark, (encoding, quirk) in _BOMS.items():
        if content.startswith(mark):
            text = content.decode(encoding, "replace")
            return _read_text(name, sent, text, password, (quirk,))  # type: ignore[arg-type]
    try:
        return _read_text(name, sent, content.decode(), password, ())
    except UnicodeDecodeError:
        return _read_binary(name, sent, content, password)


def _read_binary(name: str, sent: str, content: bytes, password: str | None) -> Contents:
    if content.startswith(b"bplist"):
        return Contents(name, sent, sent, (Part("GoogleService-Info.plist"),), ())
    parts, form = read_der(content, password)
    forms: tuple[Quirk, ...] = ("p12", "rc2") if form == "p12" and _RC2 in content else (form,) if form else ()
    return Contents(name, sent, sent, parts, forms)


def _read_text(name: str, sent: str, text: str, password: str | None, quirks: tuple[Quirk, ...]) -> Contents:
    if "\r\n" in text:
        quirks = (*quirks, "crlf")
    if text.lstrip().startswith("{"):
        kind, data = _read_json(text)
        if data is not None or "-----BEGIN " not in text or "private_key" in text:
            return Contents(name, sent, text, (Part(kind),), quirks, data)
    if "-----BEGIN " in text:
        parts, outside = read_blocks(text, password)
        found: Iterator[Quirk] = (quirk for quirk in ("text outside",) if outside)
        return Contents(name, sent, text, parts or (Part("unknown"),), (*quirks, *found))
    if text.lstrip().startswith("MII"):
        parts, form = read_der(_decoded(text), password)
        if form:
            return Contents(name, sent, text, parts, (*quirks, "bare base64"))
    if looks_like_a_legacy_key(text):
        return Contents(name, sent, text, (Part("legacy key"),), quirks)
    is_plist = "<plist" in text
    return Contents(name, sent, text, (Part("GoogleService-Info.plist" if is_plist else "unknown"),), quirks)


def _decoded(text: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError:
        return b""


def _read_json(text: str) -> tuple[Any, dict[str, Any] | None]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return "broken JSON", None
    if found.get("type") == "service_account" or {"private_key", "client_email"} <= found.keys():
        return "service account", found
    if "project_info" in found and "client" in found:
        return "google-services.json", found
    if "installed" in found or "web" in found:
        return "OAuth client", found
    if "apiKey" in found or "messagingSenderId" in found:
        return "Firebase configuration", found
    return "other JSON", found
