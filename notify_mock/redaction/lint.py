"""The check of a recorded exchange before it is written: which fields contain a secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from notify_mock.cassettes.interaction import Interaction, header, unpack
from notify_mock.redaction.leaks import find_leak
from notify_mock.redaction.pseudonyms import basic, is_pseudonym
from notify_mock.redaction.redact import is_secret_header, json_texts
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.masking import is_secret

_PLACEHOLDER = re.compile(
    r"[\W_]*(?:(?:redacted|filtered|dummy|hidden|removed|masked|placeholder|secret|x{3,}"
    r"|auth[ _-]?token|api[ _-]?key|password)[\W_]*)?",
    re.IGNORECASE,
)
_REMEDY = "record it again with notify-mock record, or replace it by hand"
_MAX_DATA_LENGTH = 64 * 1024


class Leak(NamedTuple):
    """A ``field`` (``request.headers.Authorization``) and the kind of secret in it. Never the secret itself."""

    field: str
    kind: str


def scan(interaction: Interaction) -> list[Leak]:
    """Return the first leak in each field."""
    found: dict[str, str] = {}
    for field, kind in _leaks(interaction):
        found.setdefault(field, kind)
    return [Leak(field, kind) for field, kind in found.items()]


def refuse_leaks(interaction: Interaction) -> None:
    """Raise ``UsageError`` with the first field that contains a secret."""
    for leak in scan(interaction):
        raise UsageError(leak.field, f"contains {leak.kind}", "the entry is not written to the cassette")


def leak_error(interaction: Interaction, leak: Leak) -> UsageError:
    """Return a finding of ``cassette lint``."""
    return UsageError(f"{interaction.where}.{leak.field}", f"contains {leak.kind}", _REMEDY)


def scan_text(file: Path, *, comments: bool = False) -> list[UsageError]:
    """Return the findings in the lines of a file, or only in its ``comments``."""
    found = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        is_read = len(line) <= _MAX_DATA_LENGTH and (not comments or line.lstrip().startswith("#"))
        kind = find_leak(line) if is_read else ""
        if kind:
            found.append(UsageError(f"{file}, line {number}", f"contains {kind}", _REMEDY))
    return found


def _leaks(interaction: Interaction) -> Iterator[tuple[str, str]]:
    call = interaction.call()
    yield from _looks("request.uri", interaction.url)
    yield from _named("request.uri", call.query.pairs)
    for name, value in interaction.request_headers:
        yield from _header(f"request.headers.{name}", name, value)
    yield from _looks("request.body", interaction.request_body.decode("utf-8", "replace"))
    yield from _named("request.body", call.form.pairs)
    if not call.form.pairs:
        yield from _in_json("request.body", interaction.request_body.decode("utf-8", "replace"))
    for name, value in interaction.headers:
        yield from _header(f"response.headers.{name}", name, value)
    body = unpack(interaction.headers, interaction.body).plain.decode("utf-8", "replace")
    yield from _looks("response.body", body)
    yield from _in_json("response.body", body)
    yield from _looks("response.status.message", interaction.reason)
    if interaction.extra:
        yield from _looks("entry", json.dumps(interaction.extra, default=str)[:_MAX_DATA_LENGTH])
    yield from _packed_answer(interaction)


def _packed_answer(interaction: Interaction) -> Iterator[tuple[str, str]]:
    """Report a compressed body that cannot be searched."""
    coding = header(interaction.headers, "content-encoding").strip().lower()
    if interaction.body and coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        yield "response.body", f"data in the coding {coding}, which cannot be searched"
    elif unpack(interaction.headers, interaction.body).rest == "unreadable":
        yield "response.body", "compressed data that cannot be searched"


def _looks(field: str, text: str) -> Iterator[tuple[str, str]]:
    kind = find_leak(text)
    if kind:
        yield field, kind


def _named(field: str, pairs: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, str]]:
    for name, value in pairs:
        if is_secret(name) and not _stands_for(value):
            yield f"{field}.{name}", "a secret (by its name)"


def _in_json(field: str, text: str) -> Iterator[tuple[str, str]]:
    for name, value in json_texts(text):
        if name != "key" and is_secret(name) and not _stands_for(value):
            yield f"{field}.{name}", "a secret (by its name)"


def _header(field: str, name: str, value: str) -> Iterator[tuple[str, str]]:
    if name.lower() == "authorization":
        _, password = basic(value)
        bare = password or value.partition(" ")[2] or value
        if not _stands_for(bare):
            yield field, "a password or token"
    elif is_secret_header(name) and not _stands_for(value):
        yield field, "a secret (by its name)"
    else:
        yield from _looks(field, value)


def _stands_for(value: str) -> bool:
    return is_pseudonym(value) or bool(_PLACEHOLDER.fullmatch(value))
