"""``notify-mock replay``: runs a server that replays recorded responses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from notify_mock.cli.options import FILE, emulator_options, log_options, make_emulator
from notify_mock.cli.running import open_log, run

if TYPE_CHECKING:
    from notify_mock.recording.upstream import Upstream

_EXAMPLE = """\b
Example:
  notify-mock replay --port 8010 tests/cassettes
"""


@click.command(epilog=_EXAMPLE)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=FILE)
@click.option(
    "--on-miss",
    type=click.Choice(["error", "emulate", "forward"]),
    default="error",
    show_default=True,
    help="What to do with a request that is not recorded. error: return an error response. emulate: carry it out in "
    "the emulator. forward: forward it to the upstream.",
)
@click.option("--repeat", is_flag=True, help="Replay the last response to a request again and again.")
@click.option(
    "--match-on",
    metavar="FIELDS",
    help="Comma-separated fields to compare: method, api, path, query, form, account, region, host, scheme, body. "
    "By default the first five.",
)
@click.option("--ignore", multiple=True, metavar="NAME", help="Parameter that is not compared. Repeatable.")
@click.option("--max-age", metavar="AGE", help="Warn if entries were recorded longer ago, such as 90d.")
@click.option("--upstream", metavar="URL", help="Service to forward requests to, with --on-miss forward.")
@click.option("--upstream-ca", metavar="FILE", type=FILE, help="CA certificates to trust, instead of the system's.")
@emulator_options("replay", port=8010)
@log_options(level="info")
def replay(
    paths: tuple[Path, ...],
    on_miss: str,
    repeat: bool,
    match_on: str | None,
    ignore: tuple[str, ...],
    max_age: str | None,
    upstream: str | None,
    upstream_ca: Path | None,
    host: str,
    port: int,
    other_hosts: Any,
    tls: bool,
    log_format: str,
    log_level: str | None,
    log_file: Path | None,
    access_log: bool | None,
    **options: Any,
) -> None:
    """Replay recorded responses, until Ctrl-C.

    PATH is a cassette (VCR in YAML or JSON, HAR, or WireMock mappings) or a folder of cassettes. Each entry is replayed
    once. Entries for the same request are replayed in their order.
    """
    from notify_mock.replay.cassette import Cassette
    from notify_mock.replay.matching import DEFAULT

    log = open_log(log_format, log_level or "info", access_log, log_file)
    fields = tuple(field.strip() for field in match_on.split(",")) if match_on else DEFAULT
    miss: Any = on_miss
    cassette = Cassette(*paths, on_miss=miss, repeat=repeat, match_on=fields, ignore=ignore, max_age=max_age)
    service = make_upstream(upstream, upstream_ca) if upstream is not None else None
    emulator = make_emulator(**options, cassette=cassette, upstream=service)
    run(emulator, host, port, log, other_hosts=other_hosts, tls=tls)


def make_upstream(url: str, ca: Path | None, timeout: float | None = None) -> Upstream:
    """Create the upstream from its options. Raises ``UsageError``."""
    from notify_mock.recording.upstream import SECONDS, Upstream

    return Upstream(url, ca=ca, timeout=SECONDS if timeout is None else timeout)
