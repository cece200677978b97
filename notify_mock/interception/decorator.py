"""A context manager that is also a decorator of test functions and of ``unittest.TestCase`` classes."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from notify_mock.support.usage import UsageError, shown

if TYPE_CHECKING:
    from unittest import TestCase

T = TypeVar("T")
D = TypeVar("D", bound=Callable[..., Any])

_PARAMETER = "emulator"


class Decorator(Generic[T]):
    """Opens a new context of ``make`` for every ``with`` block, and for every call of what it decorates.

    A decorated function gets the context's value if it has a parameter ``emulator``. In a decorated TestCase class,
    each test has a context of its own, from before ``setUp`` to after the cleanups, and its value is
    ``self.emulator``. Raises ``UsageError`` for anything else.
    """

    def __init__(self, make: Callable[[], AbstractContextManager[T]]) -> None:
        self._make = make
        self._open: list[AbstractContextManager[T]] = []

    def __enter__(self) -> T:
        context = self._make()
        value = context.__enter__()
        self._open.append(context)
        return value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return self._open.pop().__exit__(kind, error, traceback)

    def __call__(self, decorated: D) -> D:
        if isinstance(decorated, type):
            from unittest import TestCase

            if not issubclass(decorated, TestCase):
                remedy = "decorate a function or a unittest.TestCase; under pytest, use the fixture notify_mock"
                raise UsageError("intercept()", f"cannot decorate the class {decorated.__name__}", remedy)
            self._decorate_class(decorated)
            return decorated
        if isinstance(decorated, (staticmethod, classmethod)):
            return type(decorated)(self(decorated.__func__))
        if not inspect.isroutine(decorated):
            raise UsageError("intercept()", f"cannot decorate {shown(decorated)}", "give the options as keywords")
        if inspect.isgeneratorfunction(decorated) or inspect.isasyncgenfunction(decorated):
            remedy = "use with notify_mock.intercept(): inside it"
            raise UsageError("intercept()", f"cannot decorate the generator {decorated.__name__}", remedy)
        return self._decorate_function(decorated)  # type: ignore[return-value]

    def _decorate_class(self, cls: type[TestCase]) -> None:
        run = cls.run

        @wraps(run)
        def run_with_emulator(test: Any, result: Any = None) -> Any:
            with self._make() as test.emulator:
                return run(test, result)

        cls.run = run_with_emulator  # type: ignore[method-assign, assignment]

    def _decorate_function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(function)
        is_given = _PARAMETER in signature.parameters

        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def call(*args: Any, **options: Any) -> Any:
                with self._make() as value:
                    return await function(*args, **options, **({_PARAMETER: value} if is_given else {}))
        else:

            @wraps(function)
            def call(*args: Any, **options: Any) -> Any:
                with self._make() as value:
                    return function(*args, **options, **({_PARAMETER: value} if is_given else {}))

        others = [parameter for name, parameter in signature.parameters.items() if name != _PARAMETER]
        call.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
        return call
