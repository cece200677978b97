"""What pytest shows of a mistake in a test: the line of the test and the message."""

from __future__ import annotations

import pytest

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider"]

MISTAKES = {
    'notify_mock.journal.expect("credential.create", FreindlyName="x")': "did you mean FriendlyName?",
    'notify_mock.faults.add("credential.create", Drop)': "effect: Drop is a class, not an effect; write Drop()",
    'notify_mock.faults.add("credential.create", Refuse)': "write Refuse(code=...)",
    'Emulator(faults=[{"call": "*", "efect": "drop"}])': "efect: unknown key; did you mean effect?",
    'Emulator(faults=[{"call": "credential.creat", "effect": "drop"}])': "did you mean credential.create?",
    'notify_mock.clock.advance("x")': "'x' is not a length of time",
    'notify_mock.add_records({"services": [{"nam": "x"}]})': "services[0]: unknown key 'nam'",
    "intercept(seed=[]).__enter__()": "seed: expected text or a whole number",
}


@pytest.mark.parametrize(("line", "expected"), MISTAKES.items())
def test_a_mistake_is_shown_at_the_line_of_the_test(pytester: pytest.Pytester, line: str, expected: str) -> None:
    pytester.makepyfile(
        f"from notify_mock import Drop, Emulator, Refuse, intercept\ndef test_it(notify_mock):\n    {line}"
    )
    shown = pytester.runpytest_subprocess(*PLAIN).stdout.str()
    assert f">       {line}" in shown
    assert expected in shown
    assert "direct cause" not in shown
    assert "usage.py" not in shown
    assert "notify_mock/" not in shown.partition("= FAILURES =")[2].partition("short test summary")[0]


def test_a_mistake_in_a_fixture_is_shown_there(pytester: pytest.Pytester) -> None:
    source = "import pytest\n@pytest.fixture\ndef broken(notify_mock):\n    notify_mock.clock.advance('x')\n"
    pytester.makepyfile(source + "def test_it(broken):\n    pass")
    shown = pytester.runpytest_subprocess(*PLAIN).stdout.str()
    assert ">       notify_mock.clock.advance('x')" in shown
    assert "notify_mock/support" not in shown


def test_full_trace_shows_every_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(notify_mock):\n    notify_mock.clock.advance('x')")
    assert "raise UsageError(" in pytester.runpytest_subprocess(*PLAIN, "--full-trace").stdout.str()


def test_other_errors_keep_their_lines(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(notify_mock):\n    notify_mock.credentials['CR1']")
    assert "records.py" in pytester.runpytest_subprocess(*PLAIN).stdout.str()


def test_a_wrong_scope_is_explained(pytester: pytest.Pytester) -> None:
    fixture = "import pytest\n@pytest.fixture(scope='module')\ndef mine(notify_mock):\n    return 1\n"
    pytester.makepyfile(f"{fixture}def test_it(mine):\n    pass")
    result = pytester.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(errors=1)
    assert "use the fixture notify_mock_factory" in result.stdout.str()
