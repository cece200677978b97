"""The evidence of each error, compared with the collected evidence."""

from __future__ import annotations

import re

import pytest
from helpers.paths import SHARED

from notify_mock.twilio_api.catalog import FAULT_ERRORS
from notify_mock.twilio_api.errors import ERRORS, TwilioError


def test_every_error_has_evidence_and_a_source() -> None:
    def descendants(cls: type[TwilioError]) -> set[type[TwilioError]]:
        return {cls}.union(*(descendants(child) for child in cls.__subclasses__()))

    every = (*ERRORS, *FAULT_ERRORS)
    assert descendants(TwilioError) - {TwilioError} == set(every)
    for error in every:
        assert error.evidence in ("observed", "documented", "inferred")
        assert error.source


def test_observed_texts_are_in_the_collected_evidence() -> None:
    """Every observed error text is quoted there. Skipped where the collected evidence is not available."""
    page = SHARED / "reference" / "twilio-facts.md"
    if not page.exists():
        pytest.skip("the collected evidence is not available")
    facts = page.read_text()
    for error in (*ERRORS, *FAULT_ERRORS):
        if error.evidence == "observed":
            pieces = [piece for piece in re.split(r"\{\w+\}|<path>", error.message) if len(piece.strip(" '")) > 3]
            for piece in pieces:
                assert piece.strip(" '").replace("{verb}", "create") in facts, error
