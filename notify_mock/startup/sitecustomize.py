"""Run at the start of every Python below ``notify-mock exec``: aiohttp goes through the proxy of the environment.

By itself aiohttp looks at no such variable, and the SDK's async client doesn't tell it to. This file stands alone: it
runs in whatever Python and environment the command has.
"""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any


class _WhenImported:
    """Changes the default of ``ClientSession(trust_env=...)``, once somebody imports it."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name != "aiohttp.client":
            return None
        sys.meta_path.remove(self)
        spec = find_spec(name)  # type: Any
        execute = spec.loader.exec_module

        def execute_and_trust(module: Any) -> None:
            execute(module)
            _trust_environment(module.ClientSession)

        spec.loader.exec_module = execute_and_trust
        return spec


def _trust_environment(session_class: Any) -> None:
    make = session_class.__init__

    def make_trusting(self: Any, *args: Any, **options: Any) -> None:
        options.setdefault("trust_env", True)
        make(self, *args, **options)

    session_class.__init__ = make_trusting


def _run_hidden() -> None:
    """The sitecustomize that there would be without this one."""
    own = os.path.dirname(os.path.abspath(__file__))
    others = [entry for entry in sys.path if os.path.abspath(entry) != own]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


sys.meta_path.insert(0, _WhenImported())
_run_hidden()
