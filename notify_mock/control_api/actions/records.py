"""Actions on records: pages of them, adding them, and all of them as seed data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from notify_mock.control_api.controlled import Control, Result
from notify_mock.control_api.guard import Refused
from notify_mock.control_api.json import read_object, show_record
from notify_mock.control_api.query import read_query
from notify_mock.engine.records import Records
from notify_mock.engine.seed_data import write_data
from notify_mock.resources.resource import searcher
from notify_mock.support.usage import nearest, shown
from notify_mock.twilio_api.paging import DEFAULT_SIZE

_CHUNK = 1000


def records(control: Control, name: str) -> Result:
    """Return a page. A search for ``text`` ends when the page is full."""
    given, found = read_query("records/<key>"), _records(control, name)
    found = found.of(given["account"]) if "account" in given else found
    after, skip, limit = given.get("after"), given.get("skip", 0), given.get("limit", DEFAULT_SIZE)
    try:
        if "text" in given:
            page = list(islice(_search(found, given["text"].casefold(), after), skip, skip + limit))
        else:
            page = [show_record(record) for record in found.page(after, skip=skip, limit=limit)]
    except KeyError as error:
        raise Refused(400, f"after: {error.args[0]}", "after") from error
    return 200, {"records": page, "total": len(found)}


def _search(found: Records[Any], wanted: str, after: str | None) -> Iterator[dict[str, Any]]:
    """Search what is shown of the records, so that nobody can search for a secret. Raises ``KeyError``."""
    text_of = searcher(found.resource.record)
    while records := found.page(after, limit=_CHUNK):
        for record in records:
            if wanted in text_of(record):
                yield show_record(record)
        after = records[-1].sid


def add_records(control: Control) -> Result:
    added = control.emulator.add_records(read_object(), "body")
    kinds = [one.resource for one in control.emulator.records if one.resource.seed is not None]
    return 201, {kind.key: [show_record(one) for one in added if type(one) is kind.record] for kind in kinds}


def export(control: Control) -> Result:
    with_secrets = read_query("export").get("secrets") == "true"
    kinds = [one for one in control.emulator.records if one.resource.seed is not None]
    return 200, {one.resource.key: write_data(one.resource, one.values(), with_secrets=with_secrets) for one in kinds}


def _records(control: Control, name: str) -> Records[Any]:
    known = {one.resource.key: one for one in control.emulator.records}
    if name not in known:
        raise Refused(404, f"there are no records {shown(name)}; {nearest(name, known)}", "key")
    return known[name]
