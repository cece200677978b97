"""The exchange as a VCR cassette, with pseudonyms in place of secrets."""

from __future__ import annotations

from notify_mock.cassettes.interaction import interaction_of
from notify_mock.cassettes.vcr import write_yaml
from notify_mock.journal.exchange import Exchange
from notify_mock.redaction.lint import refuse_leaks
from notify_mock.redaction.pseudonyms import Pseudonyms
from notify_mock.redaction.redact import redact
from notify_mock.snippets.subject import is_secret_like
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.headers import phrase


def write_vcr(exchange: Exchange, pseudonyms: Pseudonyms) -> str | None:
    """Return the text of a cassette; None if there was no response, it was not kept, or a secret in it cannot be
    replaced."""
    answer = exchange.response
    if answer is None or not answer.status or not exchange.has_body or is_secret_like(exchange.call.path):
        return None
    try:
        safe = redact(interaction_of(exchange.call, answer, phrase(answer.status)), pseudonyms)
        refuse_leaks(safe)
    except UsageError:
        return None
    return write_yaml([safe])
