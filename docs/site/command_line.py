"""The reference of the command line, from click's own commands, as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import click

from docs.site.docstrings import escape
from notify_mock.cli import commands


def command_line_page() -> str:
    """Return the page, with a section for each command."""
    parts = ["# Command line", "Every command of `notify-mock`, with its options, as `--help` shows them."]
    for context in _contexts(click.Context(commands, info_name="notify-mock")):
        parts += _section(context)
    return "\n\n".join(parts) + "\n"


def _contexts(context: click.Context) -> Iterator[click.Context]:
    """Yield the context of a command and of those below it, except hidden ones."""
    yield context
    for name, command in sorted(getattr(context.command, "commands", {}).items()):
        if not command.hidden:
            yield from _contexts(click.Context(command, info_name=name, parent=context))


def _section(context: click.Context) -> list[str]:
    command = context.command
    parts = [
        f"## {context.command_path}",
        f"```text\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```",
    ]
    parts += [_prose(text) for text in (command.help, command.epilog) if text]
    rows = [record for one in command.get_params(context) if (record := one.get_help_record(context))]
    if rows:
        table = [f"| `{names.replace('|', chr(92) + '|')}` | {_cell(text)} |" for names, text in rows]
        parts.append("\n".join(["| option | meaning |", "|---|---|", *table]))
    below = sorted(getattr(command, "commands", {}).items())
    if below:
        shown = [f"`{name}`: {one.get_short_help_str(200)}" for name, one in below if not one.hidden]
        parts.append("\n".join(f"- {line}" for line in shown))
    return parts


def _prose(text: str) -> str:
    """Return help text; what click must not wrap is code."""
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return "\n\n".join(
        f"```text\n{one.removeprefix(chr(8)).strip(chr(10))}\n```" if one.startswith("\b") else escape(one)
        for one in paragraphs
    )


def _cell(text: str) -> str:
    return escape(" ".join(text.split())).replace("|", r"\|")
