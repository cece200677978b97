"""URLs in messages and logs, without what may be a secret in them."""

from __future__ import annotations

import re

MASK = "[secret]"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}")
_HOST = re.compile(r"(?:[\w.*-]*|\[[0-9a-fA-F:.]*\])(?::[0-9]*)?")
_NAME = re.compile(r"[A-Za-z][\w.\[\]-]{0,60}")


def masked_url(url: str) -> str:
    """Return ``url`` with ``[secret]`` for its user and password, the values in its query, and its fragment.

    A password may contain a slash that is not encoded: everything between the scheme and the last ``@`` is masked, and
    so is a host that is not one.
    """
    bare, hash_sign, _ = url.partition("#")
    bare, question, query = bare.partition("?")
    scheme, slashes, rest = bare.partition("://") if "://" in bare else ("", "", bare)
    user, at, rest = rest.rpartition("@")
    host, slash, path = rest.partition("/")
    return "".join(
        [
            scheme if _SCHEME.fullmatch(scheme) else MASK if slashes else "",
            slashes,
            MASK if user else "",
            at,
            host if _HOST.fullmatch(host) else MASK,
            slash,
            path,
            question,
            "&".join(map(_masked_pair, query.split("&"))),
            f"#{MASK}" if hash_sign else "",
        ]
    )


def _masked_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    return f"{name}={MASK}" if equals and value and _NAME.fullmatch(name) else MASK if pair else ""
