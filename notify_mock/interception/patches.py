"""Temporary replacement of attributes of modules and classes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

Make = Callable[[Callable[..., Any]], Callable[..., Any]]

_MARK = "notify_mock_patch"


class Patch:
    """Replaces ``owner.name`` with ``make(original)``, from ``install`` to ``uninstall``.

    Patches can be stacked. A patch that is uninstalled below another one is removed together with that one. ``holder``
    is for the user of the patch.
    """

    def __init__(self, owner: Any, name: str, make: Make) -> None:
        self._owner, self._name, self._make = owner, name, make
        self.holder: Any = None
        self._is_installed = self._is_inherited = False
        self._replaced: Any = None

    def install(self) -> None:
        own = vars(self._owner)
        self._is_inherited = self._name not in own
        self._replaced = getattr(self._owner, self._name) if self._is_inherited else own[self._name]
        replacing = self._make(self._replaced)
        setattr(replacing, _MARK, self)
        self._is_installed = True
        setattr(self._owner, self._name, replacing)

    def uninstall(self) -> None:
        self._is_installed = False
        top = patch_on(self._owner, self._name)
        while top is not None and not top._is_installed:
            if top._is_inherited:
                delattr(self._owner, self._name)
            else:
                setattr(self._owner, self._name, top._replaced)
            top = patch_on(self._owner, self._name)


def patch_on(owner: Any, name: str) -> Patch | None:
    """Return the topmost patch of ``owner.name``, if any."""
    found = getattr(vars(owner).get(name), _MARK, None)
    return found if isinstance(found, Patch) else None


class ImportHook(MetaPathFinder):
    """Calls ``act`` with the name of each of ``modules`` when it is imported, between ``install`` and ``uninstall``."""

    def __init__(self, modules: Iterable[str], act: Callable[[str], None]) -> None:
        self._modules, self._act = set(modules), act

    def install(self) -> None:
        sys.meta_path.insert(0, self)

    def uninstall(self) -> None:
        """Remove the hook, unless other code has already restored an older ``sys.meta_path``."""
        with suppress(ValueError):
            sys.meta_path.remove(self)

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002 - importlib's signature
        if name not in self._modules:
            return None
        self._modules.discard(name)
        spec = find_spec(name)
        if spec is not None and spec.loader is not None:
            self._follow(spec.loader, name)
        return spec

    def _follow(self, loader: Any, name: str) -> None:
        execute = loader.exec_module

        def execute_and_act(module: ModuleType) -> None:
            vars(loader).pop("exec_module", None)  # already gone if another hook wraps this one
            execute(module)
            self._act(name)

        loader.exec_module = execute_and_act
