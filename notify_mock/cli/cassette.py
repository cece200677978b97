"""``notify-mock cassette``: looks for secrets in cassettes, converts them, and holds the emulator against them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from notify_mock.cli.options import FILE
from notify_mock.support.usage import UsageError

_FORMATS = ("yaml", "json", "har", "wiremock")


@click.group()
def cassette() -> None:
    """Look after recorded cassettes."""


@cassette.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=FILE)
def lint(paths: tuple[Path, ...]) -> None:
    """Look for secrets in cassettes and folders of them.

    Prints a line for each finding, and exits with 1 if there is any.
    """
    from notify_mock.cassettes.files import find_files, read_interactions
    from notify_mock.redaction.lint import leak_error, scan, scan_text

    files = find_files(paths)
    found = 0
    for file in files:
        interactions = read_interactions(file)
        lines = [str(leak_error(one, leak)) for one in interactions for leak in scan(one)]
        lines += [str(error) for error in scan_text(file, comments=bool(lines))]
        found += len(lines)
        for line in lines:
            click.echo(line)
    click.echo(f"{len(files)} cassettes, {found or 'no'} findings", err=True)
    sys.exit(1 if found else 0)


@cassette.command()
@click.argument("source", type=FILE)
@click.argument("target", type=FILE)
@click.option(
    "--to",
    "style",
    type=click.Choice(_FORMATS),
    help="Format of TARGET; by default what its name says: .yaml, .json, .har, .wiremock.json.",
)
@click.option("--force", is_flag=True, help="Write over a TARGET that is there already.")
def convert(source: Path, target: Path, style: str | None, force: bool) -> None:
    """Convert SOURCE (VCR, HAR or WireMock) to TARGET.

    Secrets become pseudonyms on the way.
    """
    from notify_mock.cassettes.files import read_interactions
    from notify_mock.recording.convert import style_of, write_as

    if target.exists() and not force:
        raise UsageError(str(target), "is there already", "give another name, or --force")
    interactions = read_interactions(source)
    write_as(interactions, target, style or style_of(target))
    click.echo(f"{len(interactions)} entries written to {target}")


@cassette.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=FILE)
@click.option("--details", is_flag=True, help="Name each thing that differs.")
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit with 1 below this score.")
def diff(paths: tuple[Path, ...], details: bool, fail_under: float | None) -> None:
    """Hold the emulator against recorded answers.

    Prints, for each call, how many headers, fields, orders and texts agree; SIDs, dates and request ids aren't
    compared.
    """
    from notify_mock.cassettes.files import find_files, read_interactions
    from notify_mock.recording.fidelity import compare_all, score, table

    comparisons = compare_all([one for file in find_files(paths) for one in read_interactions(file)])
    click.echo(table(comparisons))
    for comparison in comparisons if details else ():
        for line in comparison.differences:
            click.echo(f"{comparison.where}: {line}")
    reached = score(comparisons)
    click.echo(f"\nscore: {reached:.1f} %")
    sys.exit(1 if fail_under is not None and reached < fail_under else 0)
