"""No regular expression of the package takes more than linear time, whatever a client sends."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from helpers.backtracking import Pattern, TooManySteps

import notify_mock
from notify_mock.server.app import ApiConverter

FOLDER = Path(notify_mock.__file__).parent
FIRST = ("search", "match", "fullmatch")
METHODS = (*FIRST, "split", "findall", "finditer", "sub", "subn")
MANY = 18
SLACK = 16
ENDS = ("", "!", "a")
MOST_PIECES, MOST_BEGINNINGS = 14, 8
QUADRATIC = [
    (r"-----BEGIN|private_key|AAAA[\w-]{7}:APA91|AIza[\w-]{30}|://[^/\s@]+:[^/\s@]+@", "search"),
    (r"[\W_]*(?:redacted|filtered|dummy|hidden|x{3,}|auth[ _-]?token|api[ _-]?key)?[\W_]*", "fullmatch"),
    (r"(?:one|two|three)(?:four|[^;]*x[^;]*y);", "search"),
    (r"://[^/\s@]+:[^/\s@]+@", "search"),
    (r'"((?:[^"\\]|\\.)*)"(\s*:\s*)"((?:[^"\\]|\\.)*)"', "finditer"),
    (r"\s+$", "search"),
    (r"a+b", "findall"),
    (r"(a+)+b", "fullmatch"),
    (r"a*a*b", "match"),
    (r"\d+\.?\d*x", "fullmatch"),
]


class Found(NamedTuple):
    """A regular expression of the package, and how it is used."""

    where: str
    text: str | bytes
    flags: int
    method: str


def all_patterns() -> list[Found]:
    """Return all patterns, with those that Flask makes of the converter in a URL rule."""
    found = [found for file in sorted(FOLDER.rglob("*.py")) for found in patterns_in(file)]
    return [*found, Found("server/app.py", ApiConverter.regex, 0, "match")]


def patterns_in(file: Path) -> Iterator[Found]:
    """Yield the pattern of every call of a function of ``re``, with the methods that are called on a compiled one.

    Where these cannot be seen, all matches are searched for.
    """
    tree = ast.parse(file.read_text("utf-8"))
    names = {
        id(node.value): target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and is_call_of_re(node):
            assert isinstance(node.func, ast.Attribute)
            where = f"{file.relative_to(FOLDER)}:{node.lineno}"
            namespace = vars(importlib.import_module(module_name(file)))
            flags = eval(ast.unparse(node.args[1]), namespace) if is_compiled(node) and len(node.args) > 1 else 0
            used = methods_of(tree, names.get(id(node), "")) if is_compiled(node) else {node.func.attr}
            for method in sorted({one if one in FIRST else "finditer" for one in used or ("finditer",)}):
                yield Found(where, text_of(node.args[0], namespace), flags, method)


def is_call_of_re(node: ast.Call) -> bool:
    called = node.func
    is_re = isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "re"
    return is_re and called.attr in ("compile", *METHODS)


def is_compiled(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "compile"


def module_name(file: Path) -> str:
    return ".".join(("notify_mock", *file.relative_to(FOLDER).with_suffix("").parts)).removesuffix(".__init__")


def methods_of(tree: ast.Module, name: str) -> set[str]:
    """Return the methods that are called on the constant ``name``."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
        if node.attr in METHODS
    }


def text_of(node: ast.expr, namespace: dict[str, Any]) -> str | bytes:
    """Return the text of a pattern. What is only known when it is used becomes a literal."""
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, (str, bytes))
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(text_of(part, namespace)) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return text_of(node.value, namespace)
    if isinstance(node, ast.BinOp):
        return f"{text_of(node.left, namespace)!s}{text_of(node.right, namespace)!s}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "encode":
        return text_of(node.func.value, namespace)
    known = namespace.get(node.id) if isinstance(node, ast.Name) else None
    return known if isinstance(known, str) else "SID"


def hostile_texts(pattern: Pattern) -> Iterator[tuple[str, str, str]]:
    """Yield a beginning, a part to repeat and an end, made of what parts of the pattern match."""
    for beginnings, pieces in pattern.samples():
        few = pieces[:MOST_PIECES]
        parts = dict.fromkeys([*few, *map("".join, product(few, repeat=2))])
        yield from product(beginnings[:MOST_BEGINNINGS], parts, ENDS)


def slowest(pattern: Pattern) -> tuple[str, str, str] | None:
    """Return a text with which the work grows faster than the text: each further repeat costs more than the last."""
    for beginning, part, end in hostile_texts(pattern):
        try:
            many = pattern.steps(beginning + part * MANY + end)
            if many <= 3 * (len(beginning) + MANY * len(part)) + SLACK:
                continue
            some, few = (pattern.steps(beginning + part * number + end) for number in (MANY * 2 // 3, MANY // 3))
        except TooManySteps:
            return beginning, part, end
        if many - some > some - few + SLACK:
            return beginning, part, end
    return None


PATTERNS = all_patterns()
WITHOUT_BOUNDS = [found for found in PATTERNS if not re.search(r"\{\d", str(found.text))]


def test_every_regular_expression_is_found() -> None:
    sources = [file.read_text("utf-8") for file in FOLDER.rglob("*.py")]
    calls = sum(len(re.findall(rf"\bre\.(?:compile|{'|'.join(METHODS)})\(", source)) for source in sources)
    assert len({(one.where, one.text) for one in PATTERNS}) == calls + 1
    assert not [one for source in sources for one in re.findall(r"from re import.*|import re as.*", source)]


@pytest.mark.parametrize("found", PATTERNS, ids=lambda found: f"{found.where}-{found.method}")
def test_the_work_grows_no_faster_than_the_text(found: Found) -> None:
    assert slowest(Pattern(found.text, found.flags, found.method)) is None


@pytest.mark.parametrize(("text", "method"), QUADRATIC)
def test_the_check_finds_regular_expressions_with_super_linear_growth(text: str, method: str) -> None:
    assert slowest(Pattern(text, 0, method)) is not None


@pytest.mark.parametrize("found", WITHOUT_BOUNDS, ids=lambda found: f"{found.where}-{found.method}")
def test_the_counting_matcher_agrees_with_re(found: Found) -> None:
    pattern = Pattern(found.text, found.flags, found.method)
    method = found.method if found.method in ("match", "fullmatch") else "search"
    text = found.text if isinstance(found.text, str) else found.text.decode("latin-1")
    for parts in islice(hostile_texts(pattern), 300):
        sample = "".join(parts)
        expected = getattr(re.compile(text, found.flags), method)(sample)
        assert pattern.span(sample) == (expected.span() if expected else None), sample
