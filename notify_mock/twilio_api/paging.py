"""One page of a list: the paging parameters, the records and the links to other pages."""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Protocol

from notify_mock.twilio_api.errors import (
    InvalidPage,
    InvalidPageSize,
    InvalidPageToken,
    MissingPageToken,
    PageSizeTooLarge,
    TwilioError,
)
from notify_mock.twilio_api.messages import Params

DEFAULT_SIZE = 50
MAX_SIZE = 1000
"""Default and maximum PageSize, both from the OpenAPI file (documented)."""

PARAMETERS = ("PageSize", "Page", "PageToken")
"""The paging parameters of every list."""

_NUMBER = re.compile(r"[0-9]{1,9}")


class Listed(Protocol):
    """The source of pages: a collection, or a selection of one."""

    def position(self, sid: str) -> int | None: ...
    def starting_at(self, position: int, limit: int) -> list[Any]: ...
    def before(self, position: int, limit: int) -> list[Any]: ...


class Paging(NamedTuple):
    """A page request. ``token`` is ``PA`` + SID ("after") or ``PB`` + SID ("before"); ``position`` is that SID's."""

    size: int
    page: int
    token: str | None = None
    position: int = 0

    def link(self, url: str) -> str:
        """Return the URL of this page. ``url`` may already have a query (the filters).

        The order of the parameters is observed (TaskRouter, 2017).
        """
        tail = f"&PageToken={self.token}" if self.token else ""
        return f"{url}{'&' if '?' in url else '?'}PageSize={self.size}&Page={self.page}{tail}"


def read_paging(query: Params, collection: Listed) -> Paging:
    """Return the page that ``query`` requests. Raises one of the paging errors."""
    if not query.pairs:
        return Paging(DEFAULT_SIZE, 0)
    size = _number(query, "PageSize", DEFAULT_SIZE, InvalidPageSize)
    if size == 0:
        raise InvalidPageSize("PageSize is 0, the minimum is 1")
    if size > MAX_SIZE:
        raise PageSizeTooLarge(f"PageSize is {size}, the limit is {MAX_SIZE}")
    page = _number(query, "Page", 0, InvalidPage)
    tokens = query.all("PageToken")
    if len(tokens) > 1:
        raise InvalidPageToken("PageToken was sent more than once")
    token = tokens[0] if tokens else None
    if not token:
        if page:
            raise MissingPageToken(f"Page is {page}; follow next_page_url instead of counting pages")
        return Paging(size, page)
    position = collection.position(token[2:]) if token[:2] in ("PA", "PB") else None
    if position is None:
        raise InvalidPageToken("PageToken matches no record of this list; use the one in next_page_url")
    return Paging(size, page, token, position)


def page_of(collection: Listed, paging: Paging, url: str, key: str) -> tuple[list[Any], dict[str, Any]]:
    """Return the records of the page and its ``meta``, with keys in the observed order.

    A page is relative to the record in its token, so it stays correct while other records are created and deleted. If
    all records before a ``PB`` token have been deleted, the page is empty and the next page is the first one.
    """
    if paging.token is None:
        records = collection.starting_at(0, paging.size)
    elif paging.token.startswith("PA"):
        records = collection.starting_at(paging.position + 1, paging.size)
    else:
        records = collection.before(paging.position, paging.size)
    previous = following = None
    if records:
        first, last = records[0].sid, records[-1].sid
        if collection.before(collection.position(first) or 0, 1):
            previous = paging._replace(page=max(0, paging.page - 1), token=f"PB{first}").link(url)
        if collection.starting_at((collection.position(last) or 0) + 1, 1):
            following = paging._replace(page=paging.page + 1, token=f"PA{last}").link(url)
    elif paging.token is not None and paging.token.startswith("PB") and collection.starting_at(0, 1):
        following = Paging(paging.size, 0).link(url)
    meta = {
        "page": paging.page,
        "page_size": paging.size,
        "first_page_url": Paging(paging.size, 0).link(url),
        "previous_page_url": previous,
        "url": paging.link(url),
        "next_page_url": following,
        "key": key,
    }
    return records, meta


def _number(query: Params, name: str, default: int, refusal: type[TwilioError]) -> int:
    values = query.all(name)
    if not values:
        return default
    if len(values) > 1 or not _NUMBER.fullmatch(values[0]):
        raise refusal(f"{name} must be a single whole number")
    return int(values[0])
