"""``notify-mock doctor``: says what files for a credential are, and what Twilio would make of them."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from notify_mock.cli.options import FILE
from notify_mock.twilio_api.masking import show_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from notify_mock.doctor.diagnosis import Diagnosis


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--password-file",
    type=FILE,
    metavar="FILE",
    help="File with the password of a .p12 file or of the private key, in its first line. By default, the password is "
    "that in NOTIFY_MOCK_CREDENTIAL_PASSWORD, or asked for on a terminal.",
)
@click.option(
    "--create-with", is_flag=True, help="Print the call that creates the credential, for Python and for curl."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(files: tuple[str, ...], password_file: Path | None, create_with: bool, as_json: bool) -> None:
    """Check the files of push credentials before Twilio does.

    FILE is a certificate, a private key, both in one file, a .p12 file, the JSON of a service account, a legacy server
    key, a folder of such files, or - for standard input. Says what they are, for which app, until when, whether key and
    certificate belong together, which of Twilio's errors they would cause and when, and how to mend them.

    Reads only, sends nothing, and prints no secret. Exits with status 1 if something would fail.
    """
    from notify_mock.cli.doctor.files import group_given, read_given
    from notify_mock.doctor.create_lines import create_lines
    from notify_mock.doctor.diagnose import judge

    given = read_given(files)
    groups, ignored = group_given(given, password_file)
    found = [judge(one, time.time()) for one in groups]
    is_ok = all(one.ok for one in found)
    if as_json:
        calls = [{"create_with": create_lines(one)} if create_with else {} for one in found]
        data = [one.describe() | call for one, call in zip(found, calls, strict=True)]
        rest = {"not_for_a_credential": ignored, "unreadable": given.skipped}
        click.echo(json.dumps({"ok": is_ok, "credentials": data, **rest}, indent=2))
    else:
        click.echo("\n\n".join(["\n".join(_lines(one, create_with)) for one in found]))
        for what, names in (("not for a credential", ignored), ("unreadable", given.skipped)):
            if names:
                click.echo(f"\n{what}: {', '.join(map(show_text, names))}")
    sys.exit(0 if is_ok else 1)


def _lines(diagnosis: Diagnosis, create_with: bool) -> Iterator[str]:
    from notify_mock.doctor.create_lines import create_lines

    yield str(diagnosis)
    if not create_with:
        return
    calls = create_lines(diagnosis)
    if not calls:
        yield "\nThere is no call that creates a credential from this."
    if calls and diagnosis.when == "create":
        yield "\nAfter the commands above:"
    yield from (f"\n{call}" for call in calls.values())
