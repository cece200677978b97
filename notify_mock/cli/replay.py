"""``notify-mock replay``: recorded answers on a port, until it is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from notify_mock.cli.options import FILE, emulator_options, log_options, make_emulator
from notify_mock.cli.running import configure_logs, run

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
    help="What answers a request that isn't recorded: an error, the emulator, or the upstream.",
)
@click.option("--repeat", is_flag=True, help="Let the last recorded answer to a request be given again and again.")
@click.option(
    "--match-on",
    metavar="FIELDS",
    help="What is compared, with commas between: method, api, path, query, form (the default), account, region, host, "
    "scheme, body.",
)
@click.option("--ignore", multiple=True, metavar="NAME", help="A parameter that isn't compared (repeatable).")
@click.option("--upstream", metavar="URL", help="Where --on-miss forward sends what isn't recorded.")
@click.option("--upstream-ca", metavar="FILE", type=FILE, help="Certificates to trust in place of the system's.")
@emulator_options("replay", port=8010)
@log_options(level="info")
def replay(
    paths: tuple[Path, ...],
    on_miss: str,
    repeat: bool,
    match_on: str | None,
    ignore: tuple[str, ...],
    upstream: str | None,
    upstream_ca: Path | None,
    host: str,
    port: int,
    other_hosts: Any,
    tls: bool,
    log_format: str,
    log_level: str,
    **options: Any,
) -> None:
    """Play recorded answers until Ctrl-C.

    PATH is a cassette (VCR's YAML or JSON, HAR, WireMock mappings) or a folder of them. Each entry is played once, and
    those for the same request in their order.
    """
    from notify_mock.replay.cassette import Cassette
    from notify_mock.replay.matching import DEFAULT

    configure_logs(log_format, log_level)
    fields = tuple(one.strip() for one in match_on.split(",")) if match_on else DEFAULT
    cassette = Cassette(*paths, on_miss=on_miss, repeat=repeat, match_on=fields, ignore=ignore)  # type: ignore[arg-type]
    behind = make_upstream(upstream, upstream_ca) if upstream is not None else None
    emulator = make_emulator(**options, cassette=cassette, upstream=behind)
    run(emulator, host, port, other_hosts=other_hosts, tls=tls)


def make_upstream(url: str, ca: Path | None, timeout: float | None = None) -> Upstream:
    """What the options of an upstream give. Raises ``UsageError``."""
    from notify_mock.recording.upstream import SECONDS, Upstream

    return Upstream(url, ca=ca, timeout=SECONDS if timeout is None else timeout)
