"""What is in a text with PEM: one part for each block, and whether there is text between the blocks."""

from __future__ import annotations

import re
from typing import Any

from notify_mock.push_keys.binary import Part, as_bytes
from notify_mock.push_keys.pem import read_certificate, read_private_key

_MAX_BLOCKS = 20
_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_KEYS = {
    "PRIVATE KEY": "pkcs8",
    "RSA PRIVATE KEY": "pkcs1",
    "EC PRIVATE KEY": "pkcs1",
    "ENCRYPTED PRIVATE KEY": "pkcs8",
}
_OTHERS: dict[str, Any] = {
    "CERTIFICATE REQUEST": "certificate request",
    "NEW CERTIFICATE REQUEST": "certificate request",
    "PUBLIC KEY": "public key",
    "RSA PUBLIC KEY": "public key",
    "PKCS7": "pkcs7",
    "OPENSSH PRIVATE KEY": "openssh key",
}
_BETWEEN = re.compile(r"(?:\s|\\r|\\n)+")


def read_blocks(text: str, password: str | None) -> tuple[tuple[Part, ...], bool]:
    """Return the parts of the first blocks, and whether there is text outside of them."""
    parts: list[Part] = []
    outside, at = "", 0
    for _ in range(_MAX_BLOCKS):
        begin = _BEGIN.search(text, at)
        if begin is None:
            break
        outside += text[at : begin.start()]
        closing = f"-----END {begin[1]}-----"
        end = text.find(closing, begin.end())
        if end < 0:  # a block that begins inside may still be read
            parts.append(Part("unknown"))
            outside += begin[0]
            at = begin.end()
            continue
        at = end + len(closing)
        parts.append(_part(begin[1], text[begin.start() : at], password))
    outside += text[at:]
    return tuple(parts), bool(_BETWEEN.sub("", outside))


def _part(label: str, block: str, password: str | None) -> Part:
    if label in _OTHERS:
        return Part(_OTHERS[label])
    try:
        if label == "CERTIFICATE":
            return Part("certificate", read_certificate(block))
        if label in _KEYS:
            is_open = "ENCRYPTED" not in block
            return (
                Part("private key", key=read_private_key(block), form=_KEYS[label])
                if is_open
                else _open(block, password)
            )
    except ValueError:
        pass
    return Part("unknown")


def _open(block: str, password: str | None) -> Part:
    """Return the key of a block with a passphrase, or that it is locked."""
    from notify_mock.support.crypto import exceptions, serialization

    locked = Part("encrypted key", wrong_password=password is not None)
    if password is None:
        return locked
    secret = as_bytes(password)
    try:
        key = serialization.load_pem_private_key(block.encode(), secret, unsafe_skip_rsa_key_validation=True)
    except (TypeError, ValueError, exceptions.UnsupportedAlgorithm, exceptions.InternalError):
        return locked
    return Part("encrypted key", key=key, form="pkcs8")
