"""A cassette in another format, without its secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from notify_mock.cassettes.files import write_text
from notify_mock.cassettes.har import write_har
from notify_mock.cassettes.interaction import Interaction
from notify_mock.cassettes.vcr import write_json, write_yaml
from notify_mock.cassettes.wiremock import write_wiremock
from notify_mock.redaction.keys import find_key
from notify_mock.redaction.lint import refuse_leaks
from notify_mock.redaction.pseudonyms import Pseudonyms
from notify_mock.redaction.redact import redact
from notify_mock.support.usage import UsageError

STYLES: Mapping[str, Callable[[Sequence[Interaction]], str]] = {
    "yaml": write_yaml,
    "json": write_json,
    "har": write_har,
    "wiremock": write_wiremock,
}
_ENDINGS = {".wiremock.json": "wiremock", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".har": "har"}


def style_of(path: Path) -> str:
    """The format that a file's name says. Raises ``UsageError``."""
    for ending, style in _ENDINGS.items():
        if path.name.endswith(ending):
            return style
    raise UsageError(str(path), "doesn't say its format", f"end it in {', '.join(_ENDINGS)}, or give --to")


def write_as(interactions: Sequence[Interaction], target: Path, style: str) -> None:
    """Write them to ``target``, with pseudonyms for secrets.

    Raises ``UsageError`` that names the entry and field of a secret that is left; then nothing is written.
    """
    pseudonyms = Pseudonyms(find_key(target, make=True))
    clean = []
    for interaction in interactions:
        try:
            one = redact(interaction, pseudonyms)
            refuse_leaks(one)
        except UsageError as error:
            raise error.inside(interaction.where) from error
        clean.append(one)
    write_text(target, STYLES[style](clean))
