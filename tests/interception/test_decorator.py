"""``intercept()`` as a context manager and as a decorator."""

from __future__ import annotations

import asyncio
import inspect
import unittest
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

import notify_mock
from notify_mock import Emulator, UsageError

REAL = TwilioHttpClient.request
client = Client("AC" + "1" * 32, "token")


def create() -> str:
    return str(client.notify.v1.credentials.create(type="fcm", secret="s").sid)


def run(case: type[unittest.TestCase]) -> unittest.TestResult:
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromTestCase(case).run(result)
    return result


def test_every_call_of_a_function_has_a_new_emulator() -> None:
    @notify_mock.intercept()
    def register(name: str, emulator: Emulator) -> tuple[str, int]:
        return name + create()[:2], len(emulator.credentials)

    assert register("x") == ("xCR", 1)  # type: ignore[call-arg]
    assert register(name="y") == ("yCR", 1)  # type: ignore[call-arg]
    assert TwilioHttpClient.request is REAL


def test_pytest_and_mock_see_only_the_other_parameters() -> None:
    @mock.patch("os.getcwd")
    @notify_mock.intercept()
    def decorated(getcwd: mock.Mock, emulator: Emulator) -> None:
        assert isinstance(getcwd, mock.Mock)
        assert create() in emulator.credentials

    @notify_mock.intercept()
    def with_a_fixture(tmp_path: object, emulator: Emulator) -> None:
        pass

    decorated()  # type: ignore[call-arg]
    assert list(inspect.signature(with_a_fixture).parameters) == ["tmp_path"]


def test_a_coroutine_is_intercepted_until_it_ends() -> None:
    @notify_mock.intercept()
    async def register() -> str:
        await asyncio.sleep(0)
        return create()

    assert asyncio.run(register()).startswith("CR")


def test_every_test_of_a_class_has_a_new_emulator_from_setup_to_cleanup() -> None:
    seen: list[Any] = []

    @notify_mock.intercept(seed=7)
    class Case(unittest.TestCase):
        emulator: Emulator

        def setUp(self) -> None:
            self.addCleanup(lambda: seen.append(len(self.emulator.credentials)))
            create()

        def tearDown(self) -> None:
            create()

        def test_one(self) -> None:
            create()

        def test_two(self) -> None:
            assert self.emulator.seed == 7

    class Below(Case):
        def setUp(self) -> None:
            assert create() in self.emulator.credentials

    for case in (Case, Below):
        result = run(case)
        assert (result.testsRun, result.errors, result.failures) == (2, [], [])
    assert seen == [3, 2]
    assert TwilioHttpClient.request is REAL


@pytest.mark.skipif(not hasattr(unittest.TestCase, "enterContext"), reason="new in Python 3.11")
def test_it_can_be_entered_with_enter_context_and_for_a_class() -> None:
    class Case(unittest.TestCase):
        shared: Emulator

        @classmethod
        def setUpClass(cls) -> None:
            cls.shared = cls.enterClassContext(notify_mock.intercept())

        def test_shared(self) -> None:
            with self.shared.checkpoint():
                assert create() in self.shared.credentials

        def test_the_inner_one_answers(self) -> None:
            emulator = self.enterContext(notify_mock.intercept())
            assert create() in emulator.credentials
            assert not self.shared.credentials

    result = run(Case)
    assert (result.testsRun, result.errors, result.failures) == (2, [], [])
    assert TwilioHttpClient.request is REAL


def test_an_async_class_is_intercepted() -> None:
    @notify_mock.intercept()
    class Case(unittest.IsolatedAsyncioTestCase):
        emulator: Emulator

        async def test_one(self) -> None:
            await asyncio.sleep(0)
            assert create() in self.emulator.credentials

    assert run(Case).wasSuccessful()


def test_one_context_can_be_entered_again_and_inside_itself() -> None:
    context = notify_mock.intercept()
    with context as outer, context as inner:
        sid = create()
    assert sid in inner.credentials
    assert sid not in outer.credentials
    with context as later:
        assert later is not inner
    assert TwilioHttpClient.request is REAL


def test_static_and_class_methods_are_decorated() -> None:
    class Plain:
        @notify_mock.intercept()
        @staticmethod
        def static(emulator: Emulator) -> bool:
            return create() in emulator.credentials

        @notify_mock.intercept()
        @classmethod
        def of_class(cls, name: str, emulator: Emulator) -> bool:
            return cls is Plain and name == "x" and create() in emulator.credentials

    assert Plain().static()  # type: ignore[call-arg]
    assert Plain.of_class("x")  # type: ignore[call-arg, arg-type]


def test_what_cannot_be_decorated_is_a_clear_error() -> None:
    def generate() -> Iterator[None]:
        yield

    class Plain:
        pass

    for decorated, expected in [
        (generate, "intercept(): cannot decorate the generator generate; use with notify_mock.intercept(): inside it"),
        (Plain, "cannot decorate the class Plain; decorate a function or a unittest.TestCase"),
        (7, "intercept(): cannot decorate 7; give the options as keywords"),
    ]:
        with pytest.raises(UsageError) as caught:
            notify_mock.intercept()(decorated)  # type: ignore[type-var]
        assert expected in str(caught.value)
