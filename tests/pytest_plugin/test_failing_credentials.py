"""The report of a failing test names the credentials that make every push fail."""

from __future__ import annotations

import pytest

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider"]

FAILING = """
    from notify_mock import apn_pair

    def add(emulator, pair, name):
        certificate, private_key = pair
        return emulator.credentials.add(
            type="apn", certificate=certificate, private_key=private_key, friendly_name=name
        )

    def test_it(notify_mock):
        add(notify_mock, apn_pair(), "good")
        add(notify_mock, apn_pair(expired=True), "old")
        notify_mock.credentials.add(type="fcm")
        for number in range(4):
            notify_mock.credentials.add(type="gcm", api_key="server-key")
        assert {passes}
"""


def test_failing_credentials_are_named_and_a_few_at_most(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FAILING.format(passes=False))
    result = pytester.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- notify-mock credentials -*",
            "a push with CR* (old) fails: 52131 Invalid APNs credentials (the certificate has expired)",
            "a push with CR* fails: 52117 *",
            "a push with CR* fails: 52117 *",
            "and 2 more credentials",
        ]
    )
    result.stdout.no_fnmatch_line("*(good) fails*")


def test_the_report_of_a_passing_test_does_not_look_at_credentials(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FAILING.format(passes=True))
    pytester.makeconftest(
        """
        import sys

        def pytest_sessionfinish():
            assert "notify_mock.pytest_plugin.credentials" not in sys.modules
        """
    )
    result = pytester.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(passed=1)
    assert result.ret == 0


def test_a_failing_test_without_such_credentials_has_no_section(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(notify_mock): assert not notify_mock.credentials.add(type='fcm')")
    result = pytester.runpytest_subprocess(*PLAIN)
    result.stdout.no_fnmatch_line("*notify-mock credentials*")
