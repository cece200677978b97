"""The page of the types of arguments, from their definitions, as Markdown."""

from __future__ import annotations

import ast
import importlib
import inspect

from docs.site.docstrings import Places, linked
from docs.site.names import ALIASES
from docs.site.signatures import see


def types_page(known: Places) -> str:
    """Return the page. The text below a definition is the string that follows it in the code."""
    parts = ["# Python: types of arguments", "Names that the signatures of this reference use for types."]
    for name, module in ALIASES.items():
        path = f"notify_mock.{module}"
        code, text = _definition(inspect.getsource(importlib.import_module(path)), name)
        parts += [f"## {name}", f"```python\n{name} = {code}\n```", *see([code], path, known)]
        parts += [linked(text.replace("``", "`"), known, name)] if text else []
    return "\n\n".join(parts) + "\n"


def _definition(source: str, name: str) -> tuple[str, str]:
    body = ast.parse(source).body
    for number, node in enumerate(body):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            after = body[number + 1]
            is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            return ast.unparse(node.value), inspect.cleandoc(str(after.value.value)) if is_text else ""  # type: ignore[attr-defined]
    raise ValueError(f"{name}: is not defined")
