"""Explanations of error codes: one for every code that the package can answer, and the command that prints them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from notify_mock import UsageError
from notify_mock.cli import commands
from notify_mock.engine.replay import MISSED
from notify_mock.faults.readers import read_scenario, scenario_names
from notify_mock.twilio_api.catalog import FAULT_ERRORS
from notify_mock.twilio_api.delivery_errors import CODES, TITLES
from notify_mock.twilio_api.errors import ERRORS
from notify_mock.twilio_api.explain import Explanation, explain, explanations, summaries
from notify_mock.twilio_api.explain.arrangements import arrangements_for


def test_every_code_that_the_package_can_answer_has_an_explanation() -> None:
    of_scenarios = {rule["code"] for name in scenario_names() for rule in read_scenario(name) if "code" in rule}
    of_errors = {error.code for error in (*ERRORS, *FAULT_ERRORS)}
    assert set(explanations()) == {MISSED, *of_errors, *TITLES} >= of_scenarios
    assert {code for codes in CODES.values() for code in codes.values()} <= set(explanations())
    assert list(explanations()) == sorted(explanations())


@pytest.mark.parametrize("one", explanations().values(), ids=lambda one: str(one.entry.code))
def test_an_explanation_is_complete(one: Explanation) -> None:
    for text in (one.entry.cause, one.entry.remedy):
        assert text.endswith((".", ".)", '"emulate".'))
    assert one.entry.title
    assert one.entry.source
    assert one.arrangements
    assert json.loads(json.dumps(one.describe()))["code"] == one.entry.code
    for part in (one.entry.cause, one.entry.remedy, *one.arrangements):
        assert part in str(one)


def test_messages_are_those_of_the_error_classes() -> None:
    texts = {message.text for one in explanations().values() for message in one.messages}
    assert len(texts) == len({error.message for error in (*ERRORS, *FAULT_ERRORS)})
    assert "The requested resource <path> was not found" in texts
    assert [message.status for message in explain(52005).messages] == [400]


@pytest.mark.parametrize(
    ("code", "near"),
    [
        (52130, "52130: is not a known error code; the nearest: 52131 Invalid APNs credentials, 52133 "),
        ("2003", "2003: is not a known error code; the nearest: 20003 "),
        ("25131", "25131: is not a known error code; the nearest: 52131 "),
        ("5213", "5213: is not a known error code; the nearest: 52131 "),
        ("503", "503: is not a known error code; the nearest: 20503 "),
        ("401", "401: is not a known error code; the nearest: 20003 Permission Denied, 70051 "),
        (1, "1: is not a known error code; none is near; `notify-mock explain` lists all codes"),
        (99999, "99999: is not a known error code; none is near; "),
        ("x", "'x': is not a known error code; expected a number, such as 52131"),
        ("", "'': is not a known error code"),
        ("٣", "'٣': is not a known error code"),
        ("9" * 9999, "is not a known error code"),
        (-1, "-1: is not a known error code"),
    ],
)
def test_an_unknown_code_gets_the_nearest_ones(code: int | str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        explain(code)
    assert near in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_code_may_be_a_number_or_text() -> None:
    assert explain(52131) is explain("52131") is explain(" 52131 ")


def test_summaries_have_one_line_for_each_of_the_last_codes() -> None:
    assert [line[:5] for line in summaries([20001, 52131, 20404, 20404, 7, 52131], 2)] == ["20404", "52131"]
    assert summaries([], 5) == []
    (line,) = summaries([52182], 5)
    assert line.startswith("52182 Messaging Service not specified: Create a Messaging Service ")
    assert line.endswith("(documented: twilio.com/docs/api/errors/52182)")


def test_every_outcome_of_a_provider_is_the_arrangement_of_its_code() -> None:
    assert "`providers.fcm.revoke(credential)`" in arrangements_for(CODES["fcm"]["revoked"])
    assert "`providers.apns.unregister(address)`" in arrangements_for(CODES["apn"]["unregistered"])
    assert arrangements_for(1) == ()


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_explains_several_codes() -> None:
    result = CliRunner().invoke(commands, ["explain", "52131", "20003"])
    assert result.exit_code == 0
    assert result.stdout == f"{explain(52131)}\n\n{explain(20003)}\n"


def test_the_command_lists_all_codes() -> None:
    lines = CliRunner().invoke(commands, ["explain"]).stdout.splitlines()
    assert len(lines) == len(explanations())
    assert "52131 Invalid APNs credentials" in lines


def test_the_command_prints_json() -> None:
    (one,) = json.loads(CliRunner().invoke(commands, ["explain", "--json", "52131"]).stdout)
    assert one == explain(52131).describe()
    every = json.loads(CliRunner().invoke(commands, ["explain", "--json"]).stdout)
    assert every == [one.describe() for one in explanations().values()]


@pytest.mark.parametrize(
    ("words", "shown"), [(["20003", "52130"], f"{explain(20003)}\n"), (["--json", "52130"], "[]\n")]
)
def test_an_unknown_code_is_exit_status_1_and_the_others_are_explained(words: list[str], shown: str) -> None:
    result = CliRunner().invoke(commands, ["explain", *words])
    assert result.exit_code == 1
    assert result.stdout == shown
    assert "notify-mock: 52130: is not a known error code; the nearest: 52131 Invalid APNs" in result.stderr
