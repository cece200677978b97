"""What a resource is: a row of data that the verbs act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar

from notify_mock.call import Params

Verb = Literal["create", "fetch", "list", "update", "delete"]

R = TypeVar("R")


@dataclass(frozen=True)
class Resource(Generic[R]):
    """One kind of record.

    ``name`` is the first half of its calls' names, ``path`` the collection names in its URL, ``key`` the name of the
    array in a list. ``record`` is a frozen dataclass with ``sid``, ``account_sid``, ``region``, ``date_created`` and
    ``date_updated`` besides fields of its own. ``create`` and ``update`` read a form and give those, or raise
    ``TwilioError``; ``seed`` does so for plain data of a user, or raises ``UsageError``. ``show`` gives the record's
    JSON in Twilio's key order, for the URL that the record has at the door that was asked.
    """

    name: str
    path: tuple[str, ...]
    key: str
    prefix: str
    doors: tuple[str, ...]
    verbs: tuple[Verb, ...]
    record: type[R]
    create: Callable[[Params], dict[str, Any]]
    update: Callable[[Params, R], dict[str, Any]]
    seed: Callable[[Mapping[str, Any], str], dict[str, Any]]
    show: Callable[[R, str], dict[str, Any]]


@lru_cache(maxsize=256)
def timestamp(at: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SSZ``, as every recorded answer has it."""
    return at.isoformat()[:19] + "Z"
