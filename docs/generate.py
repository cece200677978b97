"""Rewrites the generated tables in ``docs/`` from the code: ``make docs``."""

from __future__ import annotations

import ast
import inspect
import re
import runpy
from pathlib import Path

import notify_mock
from notify_mock import Emulator
from notify_mock.cassettes.files import find_files, read_interactions
from notify_mock.doctor.diagnose import diagnose
from notify_mock.faults.readers import describe_scenario, scenario_names
from notify_mock.options import OPTIONS
from notify_mock.recording.fidelity import compare_all, score, table
from notify_mock.twilio_api.catalog import FAULT_ERRORS
from notify_mock.twilio_api.errors import ERRORS, TwilioError
from notify_mock.twilio_api.explain import Explanation, explanations

DESIGN = Path(__file__).with_name("design.md")
FIDELITY = Path(__file__).with_name("fidelity.md")
CHECK_A_CREDENTIAL = Path(__file__).with_name("check-a-credential.md")
FAULTS = Path(__file__).with_name("faults.md")
WRITE_A_TEST = Path(__file__).with_name("write-a-test.md")
ERRORS_PAGE = Path(__file__).with_name("errors.md")
OPTIONS_PAGE = Path(__file__).with_name("options.md")
FIXTURES = Path(__file__).parents[1] / "fixtures"


def error_table(errors: tuple[type[TwilioError], ...] = ERRORS) -> str:
    """Return the error responses with their status, code, message and evidence, as Markdown."""
    rows = ["| HTTP | code | message | evidence | source |", "|---|---|---|---|---|"]
    for error in errors:
        text = re.sub(r"\{(\w+)\}", r"<\1>", error.message)
        rows.append(f"| {error.status} | {error.code} | `{text}` | {error.evidence} | {error.source} |")
    return "\n".join(rows)


def scenario_table() -> str:
    """Return the predefined scenarios, as Markdown."""
    rows = [f"| `{name}` | {describe_scenario(name)} |" for name in scenario_names()]
    return "\n".join(["| name | what happens |", "|---|---|", *rows])


def score_table() -> str:
    """Return how well the emulator agrees with the recordings that ship with it, as Markdown."""
    comparisons = compare_all([entry for file in find_files([FIXTURES]) for entry in read_interactions(file)])
    return f"{table(comparisons)}\n\nScore: {score(comparisons):.1f} % of the known parts agree."


def option_table() -> str:
    """Return the options of an emulator and where each can be given, as Markdown."""
    signature = inspect.signature(Emulator).parameters
    rows = [
        "| option | meaning | default | `Emulator` | marker | fixture | command line | environment variable |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for option in OPTIONS:
        flag = f"`{option.flag} {option.metavar}".rstrip() + "`" if option.flag else ""
        commands = f" ({', '.join(option.commands)})" if flag and len(option.commands) != 4 else ""
        given = ["yes" if given else "" for given in (option.name in signature, option.marker, option.session)]
        meaning = option.help + (f" One of: {', '.join(option.choices)}." if option.choices else "")
        cells = [
            f"`{option.name}`",
            meaning,
            f"`{option.default!r}`" if option.default is not None else "",
            *given,
            flag + commands,
            f"`{option.variable}`" if option.variable else "",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def code_table() -> str:
    """Return every error code with its title, how to get it from the emulator, and the evidence, as Markdown.

    The rules that can give any code are left out where there is another way.
    """
    rows = [_code_row(one) for one in explanations().values()]
    return "\n".join(["| code | title | how to get it here | evidence |", "|---|---|---|---|", *rows])


def _code_row(explanation: Explanation) -> str:
    entry, every = explanation.entry, explanation.arrangements
    own = [text for text in every if f"(error={entry.code})" not in text and f"Refuse({entry.code})" not in text]
    return f"| {entry.code} | {entry.title} | {'; '.join(own or every)} | {entry.evidence}: {entry.source} |"


def marker_table() -> str:
    """Return the arguments of the marker ``notify_mock``, as Markdown."""
    rows = [f"| `{option.name}` | {option.help} |" for option in OPTIONS if option.marker]
    return "\n".join(["| argument | meaning |", "|---|---|", *rows])


def doctor_table() -> str:
    """Return what the doctor says of the sample files of its tests, as Markdown."""
    helper = runpy.run_path(str(Path(__file__).parents[1] / "tests" / "helpers" / "credential_files.py"))
    rows = ["| sample | what it is | Twilio | what it says | how to mend it |", "|---|---|---|---|---|"]
    for name, sample in helper["samples"]().items():
        diagnosis = diagnose(sample.files, sample.password, helper["now"]())
        found = [one for one in diagnosis.findings if one.level != "note"]
        codes = [f"{one.code} at {one.when}" for one in found if one.code]
        outcome = ", then ".join(codes) or ("no problem found" if diagnosis.ok else "not for Twilio")
        text = "<br>".join(one.text for one in found)
        mending = "<br>".join(
            mend for one in found for mend in ([f"`{it}`" for it in one.commands] or [one.remedy]) if mend
        )
        cells = [f"{name}: {', '.join(f'`{file}`' for file in sample.files)}", diagnosis.what, outcome, text, mending]
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows)


def folder_table() -> str:
    """Return the folders of the package in import order, with the docstrings of their ``__init__``, as Markdown."""
    root = Path(notify_mock.__file__).parent
    floors = runpy.run_path(str(Path(__file__).parents[1] / "tests" / "test_layers.py"))["FLOORS"]
    rows = ["| floor | folder | what is in it |", "|---|---|---|"]
    for number, floor in reversed(list(enumerate(floors, 1))):
        for name in floor:
            folder = root / name / "__init__.py"
            file = folder if folder.exists() else root / f"{name}.py"
            doc = (ast.get_docstring(ast.parse(file.read_text())) or "").replace("``", "`")
            doc = " ".join(doc.split() if folder.exists() else doc.splitlines()[:1])
            rows.append(f"| {number} | `{name}{'/' if folder.exists() else '.py'}` | {doc} |")
    return "\n".join(rows)


def fill(page: str, name: str, content: str) -> str:
    """Replace the text between the markers of ``name`` in ``page``. Raises ``ValueError`` if a marker is missing."""
    start, end = f"<!-- {name}: generated -->\n", f"\n<!-- {name}: end -->"
    before, found, rest = page.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"no markers for {name}")
    return before + start + content + end + after


def main() -> None:
    page = fill(FIDELITY.read_text(), "score", score_table())
    page = fill(page, "errors", error_table())
    FIDELITY.write_text(fill(page, "fault errors", error_table(FAULT_ERRORS)))
    WRITE_A_TEST.write_text(fill(WRITE_A_TEST.read_text(), "markers", marker_table()))
    OPTIONS_PAGE.write_text(fill(OPTIONS_PAGE.read_text(), "options", option_table()))
    ERRORS_PAGE.write_text(fill(ERRORS_PAGE.read_text(), "codes", code_table()))
    DESIGN.write_text(fill(DESIGN.read_text(), "folders", folder_table()))
    CHECK_A_CREDENTIAL.write_text(fill(CHECK_A_CREDENTIAL.read_text(), "doctor", doctor_table()))
    FAULTS.write_text(fill(FAULTS.read_text(), "scenarios", scenario_table()))


if __name__ == "__main__":
    main()
