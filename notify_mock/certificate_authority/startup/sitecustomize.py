"""Runs at the start of every Python under ``notify-mock exec``, for clients that ignore environment variables.

By default, aiohttp uses no proxy, and the SDK's async client does not enable one. The SDK before version 7 trusts
certifi's own bundle and ignores REQUESTS_CA_BUNDLE. This file imports only the standard library: it must run in any
Python and environment that the command uses.
"""

import os
import sys
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from typing import Any


def _go_through_the_proxy(aiohttp_client: Any) -> None:
    """Make ``ClientSession(trust_env=True)`` the default."""
    session_class = aiohttp_client.ClientSession
    make = session_class.__init__

    def make_trusting(self: Any, *args: Any, **options: Any) -> None:
        options.setdefault("trust_env", True)
        make(self, *args, **options)

    session_class.__init__ = make_trusting


def _trust_the_bundle(certifi: Any) -> None:
    """Make ``certifi.where()`` return the bundle in SSL_CERT_FILE."""
    shipped = certifi.where
    certifi.where = lambda: os.environ.get("SSL_CERT_FILE") or shipped()


class _WhenImported:
    """Import hook that patches modules when they are imported."""

    changes = {"aiohttp.client": _go_through_the_proxy, "certifi": _trust_the_bundle}

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        change = self.changes.pop(name, None)
        if change is None:
            return None
        spec = find_spec(name)  # type: Any
        if spec is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_change(module: Any) -> None:
            execute(module)
            change(module)

        spec.loader.exec_module = execute_and_change
        return spec


def _run_hidden() -> None:
    """Run the sitecustomize that this one hides."""
    own = os.path.dirname(os.path.abspath(__file__))
    others = [entry for entry in sys.path if os.path.abspath(entry) != own]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


sys.meta_path.insert(0, _WhenImported())
_run_hidden()
