"""Signatures as Markdown: as code, with links to the types below it."""

from __future__ import annotations

import inspect
import json
import re
import sys
from typing import Any, get_origin

from docs.site.docstrings import Places

_WIDTH = 88
_EMPTY = inspect.Parameter.empty


def signature(keyword: str, name: str, function: Any, known: Places) -> list[str]:
    """Return the signature of a function or class as code, and links to the types in it."""
    found = inspect.signature(function)
    parameters = [one for one in found.parameters.values() if one.name not in ("self", "cls")]
    texts, kinds = [_parameter(one) for one in parameters], [one.kind for one in parameters]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        texts.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    back = found.return_annotation if inspect.isfunction(function) else _EMPTY
    end = ")" if back is _EMPTY else f") -> {text_of(back)}"
    code = f"{keyword}{name}({', '.join(texts)}{end}"
    if len(code) > _WIDTH:
        code = f"{keyword}{name}(\n" + "".join(f"    {text},\n" for text in texts) + end
    used = [one.annotation for one in parameters] + [back]
    return [f"```python\n{code}\n```", *see(used, function.__module__, known)]


def typed(name: str, annotation: Any) -> str:
    """Return the name of a property and its type, as code."""
    return f"```python\n{name}: {text_of(annotation)}\n```"


def see(annotations: list[Any], module: str, known: Places) -> list[str]:
    """Return a paragraph with links to the described types in these annotations of a module."""
    names = dict.fromkeys(word for one in annotations for word in re.findall(r"\w+", text_of(one)))
    shown = [f"[`{name}`]({known[name]})" for name in names if name in known and not _is_other(name, module)]
    return [f"Types: {', '.join(shown)}"] if shown else []


def text_of(annotation: Any) -> str:
    """Return an annotation as it was written."""
    return str(getattr(annotation, "__forward_arg__", annotation))


def _is_other(name: str, module: str) -> bool:
    """Whether the module uses the name of a described class for something else, such as a list of values."""
    return name == "Status" and get_origin(vars(sys.modules[module]).get(name)) is not None


def _parameter(parameter: inspect.Parameter) -> str:
    stars = {"VAR_POSITIONAL": "*", "VAR_KEYWORD": "**"}.get(parameter.kind.name, "")
    annotation = "" if parameter.annotation is _EMPTY else f": {text_of(parameter.annotation)}"
    default = "" if parameter.default is _EMPTY else f" = {_default(parameter.default)}"
    return f"{stars}{parameter.name}{annotation}{default}"


def _default(value: Any) -> str:
    """Return a default as Python code, or ``...`` for an object that has no short form."""
    if isinstance(value, str):
        return json.dumps(value)
    return repr(value) if value is None or isinstance(value, (bool, int, float, tuple)) else "..."
