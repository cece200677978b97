"""The dictionary of delivery errors: complete, in order, and with a source for everything."""

from __future__ import annotations

import subprocess
import sys

import pytest

from notify_mock.twilio_api.delivery_errors import CODES, TITLES
from notify_mock.twilio_api.error_dictionary import ENTRIES, Entry


def test_every_title_has_an_entry_in_the_order_of_codes() -> None:
    assert list(ENTRIES) == list(TITLES) == sorted(TITLES)
    assert {code for codes in CODES.values() for code in codes.values()} <= set(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=str)
def test_an_entry_says_cause_remedy_and_source(entry: Entry) -> None:
    assert entry.title == TITLES[entry.code]
    for text in (entry.cause, entry.remedy):
        assert text.endswith(".")
        assert "  " not in text
    assert entry.source
    assert entry.level in ("ERROR", "WARNING", None)
    assert (entry.evidence == "observed") == ("#" in entry.source), "observed: by somebody, in an issue that is named"


def test_the_dictionary_is_imported_only_when_it_is_asked() -> None:
    code = "import sys, notify_mock.engine.engine as _; print('notify_mock.twilio_api.error_dictionary' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
