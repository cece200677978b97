"""``notify-mock cassette``: searches cassettes for secrets and old entries, converts and compares them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from notify_mock.cli.options import FILE
from notify_mock.support.counted import counted
from notify_mock.support.usage import UsageError

_FORMATS = ("yaml", "json", "har", "wiremock")


@click.group()
def cassette() -> None:
    """Check, convert and compare cassettes."""


@cassette.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=FILE)
@click.option("--max-age", metavar="AGE", help="Also find cassettes with entries recorded longer ago, such as 90d.")
def lint(paths: tuple[Path, ...], max_age: str | None) -> None:
    """Search cassettes for secrets, and for old entries.

    PATH is a cassette or a folder of cassettes. Prints one line for each finding. Exits with status 1 if there are any
    findings.
    """
    from notify_mock.cassettes.age import read_ages
    from notify_mock.cassettes.files import find_files, read_interactions
    from notify_mock.redaction.lint import leak_error, scan, scan_text

    files = find_files(paths)
    found = 0
    for file in files:
        interactions = read_interactions(file)
        lines = [str(leak_error(entry, leak)) for entry in interactions for leak in scan(entry)]
        lines += [str(error) for error in scan_text(file, comments=bool(lines))]
        if max_age is not None:
            stale, undated = read_ages(interactions, max_age)
            lines += [f"{file}: {stale}"] if stale else []
            if undated:
                click.echo(f"{file}: {undated}", err=True)
        found += len(lines)
        for line in lines:
            click.echo(line)
    click.echo(f"{counted(len(files), 'cassette')}, {counted(found, 'finding') if found else 'no findings'}", err=True)
    sys.exit(1 if found else 0)


@cassette.command()
@click.argument("source", type=FILE)
@click.argument("target", type=FILE)
@click.option(
    "--to",
    "style",
    type=click.Choice(_FORMATS),
    help="Format of TARGET. By default, its suffix decides: .yaml, .json, .har or .wiremock.json.",
)
@click.option("--force", is_flag=True, help="Overwrite TARGET if it exists.")
def convert(source: Path, target: Path, style: str | None, force: bool) -> None:
    """Convert a cassette between VCR, HAR and WireMock.

    The format of SOURCE is detected. Secrets are replaced with pseudonyms.
    """
    from notify_mock.cassettes.files import read_interactions
    from notify_mock.recording.convert import style_of, write_as

    if target.exists() and not force:
        raise UsageError(str(target), "already exists", "use another name, or --force to overwrite it")
    interactions = read_interactions(source)
    write_as(interactions, target, style or style_of(target))
    click.echo(f"{counted(len(interactions), 'entry', 'entries')} written to {target}")


@cassette.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=FILE)
@click.option("--details", is_flag=True, help="List every difference.")
@click.option(
    "--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit with 1 if the score is lower."
)
def diff(paths: tuple[Path, ...], details: bool, fail_under: float | None) -> None:
    """Compare the emulator's responses with recorded responses.

    PATH is a cassette or a folder of cassettes. Prints, for each call, how many headers, fields, orders and texts
    agree. SIDs, dates and request ids are not compared.
    """
    from notify_mock.cassettes.files import find_files, read_interactions
    from notify_mock.recording.fidelity import compare_all, score, table

    comparisons = compare_all([entry for file in find_files(paths) for entry in read_interactions(file)])
    click.echo(table(comparisons))
    for comparison in comparisons if details else ():
        for line in comparison.differences:
            click.echo(f"{comparison.where}: {line}")
    total = score(comparisons)
    click.echo(f"\nscore: {total:.1f} %")
    sys.exit(1 if fail_under is not None and total < fail_under else 0)
