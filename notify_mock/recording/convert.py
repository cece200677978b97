"""Converting cassettes to another format, with pseudonyms for secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from notify_mock.cassettes.har import write_har
from notify_mock.cassettes.interaction import Interaction
from notify_mock.cassettes.vcr import write_json, write_yaml
from notify_mock.cassettes.wiremock import write_wiremock
from notify_mock.recording.cassette_file import CassetteFile
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
    """Return the format that the suffix of a file stands for. Raises ``UsageError`` for any other suffix."""
    for ending, style in _ENDINGS.items():
        if path.name.endswith(ending):
            return style
    raise UsageError(str(path), "has no known suffix", f"use one of {', '.join(_ENDINGS)}, or --to")


def write_as(interactions: Sequence[Interaction], target: Path, style: str) -> None:
    """Write the interactions to ``target``, with pseudonyms for secrets.

    If an entry still contains a secret, writes nothing and raises ``UsageError`` with the entry and field, or
    with the process that is recording ``target``.
    """
    pseudonyms = Pseudonyms(find_key(target, make=True))
    clean = []
    for interaction in interactions:
        try:
            redacted = redact(interaction, pseudonyms)
            refuse_leaks(redacted)
        except UsageError as error:
            raise error.inside(interaction.where) from error
        clean.append(redacted)
    file = CassetteFile(target)
    file.take()
    file.write(STYLES[style](clean))
    file.close()
