"""The six APIs that share the same credentials, and how host and path select one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from notify_mock.twilio_api.hosts import TWILIO, is_twilio, plain

APIS = ("notify/v1", "conversations/v1", "chat/v1", "chat/v2", "ip-messaging/v1", "ip-messaging/v2")
"""Product and version. Source: Twilio's OpenAPI files; the Voice docs refer users of one API to another."""

HOME_REGION = "us1"
_REGION = re.compile(r"[a-z]{2}[0-9]")
_PRODUCTS = frozenset(api.partition("/")[0] for api in APIS)


class Endpoint(NamedTuple):
    """The API and region of a request. ``base`` is its path up to the version, as sent, and ``path`` is the rest.

    ``api`` is "" if host and path select no API.
    """

    api: str
    region: str
    base: str
    path: str


@lru_cache(maxsize=256)
def resolve_endpoint(host: str, path: str) -> Endpoint:
    """Return the endpoint for a Host header and a decoded path.

    On Twilio's hosts (``product[.edge][.region].twilio.com``, documented) the host names the product. On any other
    host the path does (``/chat/v2/...``), and ``/v1`` without a product is Notify.
    """
    name = plain(host.partition(":")[0])
    if is_twilio(name):
        product, region = product_at(name) or ("", HOME_REGION)
        return _by_version(product, region, "", path) if product else Endpoint("", region, "", path)
    first, _, rest = path[1:].partition("/")
    if first in _PRODUCTS:
        return _by_version(first, HOME_REGION, f"/{first}", f"/{rest}")
    return _by_version("notify", HOME_REGION, "", path)


@lru_cache(maxsize=256)
def product_at(name: str) -> tuple[str, str] | None:
    """Return product and region of a normalized Twilio host name, or None if it is not emulated."""
    labels = name[: -len(TWILIO) - 1].split(".")
    region = labels[-1] if len(labels) > 1 else HOME_REGION
    if not is_twilio(name) or labels[0] not in _PRODUCTS or len(labels) > 3 or not is_region(region):
        return None
    return labels[0], region


def _by_version(product: str, region: str, base: str, path: str) -> Endpoint:
    version, slash, rest = path[1:].partition("/")
    api = f"{product}/{version}"
    if api not in APIS:
        return Endpoint("", region, "", path)
    return Endpoint(api, region, f"{base}/{version}", slash + rest)


def is_region(name: str) -> bool:
    """Return whether ``name`` has the form of a region: ``us1``, ``ie1``, ``au1``, ..."""
    return bool(_REGION.fullmatch(name))


@lru_cache(maxsize=16)
def api_domain(api: str) -> str:
    """Return ``chat.twilio.com`` for ``chat/v2``, and Notify's host for no API."""
    return f"{api.partition('/')[0] or 'notify'}.{TWILIO}"
