"""``notify-mock explain``: what an error code means, how to mend it, and how to get it from the emulator."""

from __future__ import annotations

import json
import sys

import click

from notify_mock.support.usage import UsageError

_EXAMPLE = """\b
Example:
  notify-mock explain 52131 20003
"""


@click.command(epilog=_EXAMPLE)
@click.argument("codes", metavar="[CODE]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, with everything that is known.")
def explain(codes: tuple[str, ...], as_json: bool) -> None:
    """Explain error codes of Twilio's.

    Prints cause, remedy and evidence of each CODE, and how to get it from the emulator. Without CODE, lists all codes.
    Exits with status 1 if a code is not known.
    """
    from notify_mock.twilio_api.explain import Explanation, explanations
    from notify_mock.twilio_api.explain import explain as look_up

    found: list[Explanation] = []
    unknown: list[str] = []
    for code in codes:
        try:
            found.append(look_up(code))
        except UsageError as error:
            unknown.append(str(error))
    listed = found if codes else list(explanations().values())
    if as_json:
        click.echo(json.dumps([one.describe() for one in listed], indent=2))
    elif codes:
        click.echo("\n\n".join(map(str, found)), nl=bool(found))
    else:
        click.echo("\n".join(f"{one.entry.code} {one.entry.title}" for one in listed))
    for line in unknown:
        click.echo(f"notify-mock: {line}", err=True)
    sys.exit(1 if unknown else 0)
