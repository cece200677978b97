"""How much work a regular expression is: the steps of a backtracking matcher, counted instead of timed.

``re`` has no step counter, and times on a busy machine say little. So this is a second matcher for the parse tree of
``re``: it tries the same alternatives in the same order, and counts what it tries. The bounds of finite repeats are
lowered (``{32}`` becomes ``{2}``), because they only multiply the work by a constant.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_BUDGET = 20_000
_UNLIMITED = 10**9
_SAMPLES = {"SPACE": " ", "WORD": "_", "DIGIT": "0"}

Node = tuple[str, Any]
Nodes = tuple[Node, ...]
Then = Callable[[int], bool]


class TooManySteps(Exception):
    """The matcher has used up its budget."""


class Pattern:
    """A parsed pattern. ``method`` is that of ``re`` by which it is used."""

    def __init__(self, text: str | bytes, flags: int = 0, method: str = "search") -> None:
        tree = _parser.parse(text if isinstance(text, str) else text.decode("latin-1"), flags)
        self._nodes, self._method = _plain(tree, tree.state.flags), method
        self._is_anchored = method in ("match", "fullmatch")

    def steps(self, text: str) -> int:
        """Return the number of steps to find every match in ``text``, or the first one, as the method does.

        Raises ``TooManySteps``.
        """
        self._text, self._steps = text, 0
        start = 0
        while start <= len(text):
            end = self._match(start)
            if self._is_anchored or (end is not None and self._method == "search"):
                break
            start = start + 1 if end is None else max(end, start + 1)
        return self._steps

    def span(self, text: str) -> tuple[int, int] | None:
        """Return the span of the first match, to compare this matcher with ``re``."""
        self._text, self._steps = text, 0
        starts = (0,) if self._is_anchored else range(len(text) + 1)
        return next(((start, end) for start in starts if (end := self._match(start)) is not None), None)

    def samples(self) -> list[tuple[list[str], list[str]]]:
        """Return, for each alternative with an unlimited repeat, texts that it matches up to a repeat, and short texts
        that its parts match: first those of the repeats and of what follows them.

        Without an unlimited repeat, the work for each character is limited.
        """
        is_choice = len(self._nodes) == 1 and self._nodes[0][0] == "BRANCH"
        found = []
        for nodes in self._nodes[0][1] if is_choice else (self._nodes,):
            parts = [*_of_repeats(nodes), "!", *_samples(nodes)]
            if next(_of_repeats(nodes), None) is not None:
                found.append((_unique(["", *_beginnings(nodes)]), [one for one in _unique(parts) if one]))
        return found

    def _match(self, start: int) -> int | None:
        ends: list[int] = []

        def done(at: int) -> bool:
            if self._method == "fullmatch" and at < len(self._text):
                return False
            ends.append(at)
            return True

        return ends[0] if self._all(self._nodes, start, done) else None

    def _all(self, nodes: Nodes, at: int, then: Then) -> bool:
        """Match single characters in a loop, and everything else with the rest as its continuation."""
        for number, (kind, value) in enumerate(nodes):
            self._count(1)
            if kind == "CHARACTER":
                if at == len(self._text) or not value(self._text[at]):
                    return False
                at += 1
            elif kind == "AT":
                if not _is_at(value, self._text, at):
                    return False
            elif kind == "ASSERT":
                if not self._holds(at, *value):
                    return False
            else:
                rest = nodes[number + 1 :]
                next_one: Then = (lambda end, rest=rest: self._all(rest, end, then)) if rest else then  # type: ignore[misc]
                return self._several(kind, value, at, next_one)
        return then(at)

    def _several(self, kind: str, value: Any, at: int, then: Then) -> bool:
        if kind == "BRANCH":
            return any(self._all(branch, at, then) for branch in value)
        inner, low, high = value
        if len(inner) == 1 and inner[0][0] == "CHARACTER":
            return self._run(inner[0][1], low, high, at, then)
        return self._repeat(inner, low, high, at, then, -1)

    def _run(self, is_in: Callable[[str], bool], low: int, high: int, at: int, then: Then) -> bool:
        """Match a repeat of one character without recursion, as ``re`` does."""
        end = at
        while end - at < high and end < len(self._text) and is_in(self._text[end]):
            end += 1
        self._count(end - at)
        for one in range(end, at + low - 1, -1):
            self._count(1)
            if then(one):
                return True
        return False

    def _repeat(self, inner: Nodes, low: int, high: int, at: int, then: Then, last: int) -> bool:
        def again(end: int) -> bool:
            return self._repeat(inner, max(0, low - 1), high - 1, end, then, at)

        return (high > 0 and at != last and self._all(inner, at, again)) or (low == 0 and then(at))

    def _holds(self, at: int, inner: Nodes, width: int, expected: bool) -> bool:
        return (at >= width and self._all(inner, at - width, lambda _: True)) == expected

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > _BUDGET:
            raise TooManySteps


def _plain(tree: Any, flags: int) -> Nodes:
    """Convert a parse tree of ``re``: groups become part of what is around them."""
    found: list[Node] = []
    for kind, value in tree:
        name = str(kind)
        if name == "SUBPATTERN":
            found += _plain(value[3], flags)
        elif name == "MAX_REPEAT":
            low, high, inner = value
            most = _UNLIMITED if high == _parser.MAXREPEAT else min(int(high), 3)
            found.append(("REPEAT", (_plain(inner, flags), min(low, 2), most)))
        elif name == "BRANCH":
            found.append((name, tuple(_plain(branch, flags) for branch in value[1])))
        elif name in ("ASSERT", "ASSERT_NOT"):
            inner = _plain(value[1], flags)
            found.append(("ASSERT", (inner, 0 if value[0] > 0 else value[1].getwidth()[0], name == "ASSERT")))
        elif name == "AT":
            found.append((name, str(value)))
        else:
            found.append(("CHARACTER", _Class(name, value, flags)))
    return tuple(found)


class _Class:
    """A character, or a class of characters. Anything else (a lazy repeat, a reference) is a ``KeyError``."""

    def __init__(self, kind: str, value: Any, flags: int) -> None:
        items = {"IN": value, "ANY": [("NEGATE", None)]}.get(kind) or [(kind, value)]
        items = [("NEGATE", None), ("LITERAL", value)] if kind == "NOT_LITERAL" else items
        text = "".join(_item(str(name), one) for name, one in items)
        is_any = r"[\s\S]" if flags & re.DOTALL else "."
        self._pattern = re.compile(is_any if kind == "ANY" else f"[{text}]", flags & (re.IGNORECASE | re.ASCII))
        self._known: dict[str, bool] = {}
        named = [(str(name), one) for name, one in items if str(name) != "NEGATE"]
        self.samples = [_sample(*item) for item in named[:6]] + (["a", ":"] if len(named) < len(items) else [])

    def __call__(self, character: str) -> bool:
        if character not in self._known:
            self._known[character] = self._pattern.match(character) is not None
        return self._known[character]


def _item(kind: str, value: Any) -> str:
    if kind == "RANGE":
        return f"{_escaped(value[0])}-{_escaped(value[1])}"
    if kind == "CATEGORY":
        letter = str(value).rpartition("_")[2][0].lower()
        return "\\" + (letter.upper() if "_NOT_" in str(value) else letter)
    return {"NEGATE": "^", "LITERAL": _escaped(value)}[kind]


def _escaped(code: int | None) -> str:
    return "" if code is None else "\\^" if code == ord("^") else re.escape(chr(code))


def _sample(kind: str, value: Any) -> str:
    if kind == "CATEGORY":
        return _SAMPLES[str(value).rpartition("_")[2]]
    return chr(value[0] if kind == "RANGE" else value)


def _is_at(name: str, text: str, at: int) -> bool:
    if name.startswith("AT_BEGINNING"):
        return at == 0
    if name.startswith("AT_END"):
        return text[at:] in ("", "\n") if name == "AT_END" else at == len(text)
    before, after = (re.match(r"\w", part) is not None for part in (text[:at][-1:], text[at:][:1]))
    return (before != after) == (name == "AT_BOUNDARY")


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _inner(kind: str, value: Any) -> tuple[Nodes, ...]:
    return value if kind == "BRANCH" else (value[0],) if kind == "REPEAT" else ()  # type: ignore[no-any-return]


def _of_repeats(nodes: Nodes) -> Iterator[str]:
    """Yield what is repeated without a limit, and what follows it."""
    for number, (kind, value) in enumerate(nodes):
        if kind == "REPEAT" and value[2] == _UNLIMITED:
            yield from _samples(value[0])
            for node in nodes[number + 1 : number + 3]:
                yield from _of_node(*node)
        for inner in _inner(kind, value):
            yield from _of_repeats(inner)


def _samples(nodes: Nodes) -> Iterator[str]:
    """Yield what the nodes match, as a whole and each on its own."""
    yield "".join(next(_of_node(*node), "") for node in nodes)
    for node in nodes:
        yield from _of_node(*node)


def _of_node(kind: str, value: Any) -> Iterator[str]:
    if kind == "CHARACTER":
        yield from value.samples
    if kind == "REPEAT":
        yield from _samples(value[0])
    if kind == "BRANCH":
        for branch in value:
            yield from _samples(branch)
    if kind == "ASSERT":
        yield ""
        yield from _samples(value[0])


def _beginnings(nodes: Nodes) -> Iterator[str]:
    before = ""
    for kind, value in nodes:
        if kind == "REPEAT":
            yield before
        for inner in _inner(kind, value):
            yield from (before + beginning for beginning in _beginnings(inner))
        before += next(_of_node(kind, value), "")
