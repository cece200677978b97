"""The parameters that a fault rule matches are checked against those of its calls."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.calls import ask

from notify_mock import Emulator, UsageError

WRONG: list[tuple[str, str, dict[str, Any], str]] = [
    ("credential.create", "drop", {"FreindlyName": "x"}, "FreindlyName: unknown parameter; did you mean FriendlyName?"),
    ("credential.create", "drop", {"friendly_name": "x"}, "friendly_name: unknown key; did you mean FriendlyName?"),
    ("*", "drop", {"Tpye": "x"}, "did you mean Type?"),
    ("credential.create", "drop", {"X": "x"}, "write form={'X': ...}"),
    ("credential.fetch", "drop", {"Type": "x"}, "Type is not a parameter of credential.fetch; it is one of"),
    ("delivery.apn", "undelivered", {"Type": "x"}, "Type is not a parameter of delivery.apn"),
    ("delivery.*", "undelivered", {"Adress": "x"}, "did you mean Address?"),
    ("*", "stale", {"Secret": "x"}, "Secret is not a parameter of *"),
]


@pytest.mark.parametrize(("call", "effect", "options", "expected"), WRONG, ids=str)
def test_a_parameter_that_none_of_its_calls_takes_is_an_error(
    emulator: Emulator, call: str, effect: str, options: dict[str, Any], expected: str
) -> None:
    with pytest.raises(UsageError) as caught:
        emulator.faults.add(call, effect, **options)
    assert expected in str(caught.value)
    assert len(emulator.faults) == 0


def test_form_matches_a_parameter_that_twilio_does_not_know(emulator: Emulator) -> None:
    emulator.faults.add("credential.create", "drop", form={"type": "f*"})
    assert ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="x").status == 201
    assert ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="x", type="fcm").status == 0


def test_any_value_of_a_repeated_parameter_matches(emulator: Emulator) -> None:
    path = f"/v1/Services/{emulator.services.add().sid}/Notifications"
    emulator.faults.add("notification.create", "drop", Identity="b*")
    assert ask(emulator, "POST", path, Identity=["alice", "carol"]).status == 201
    assert ask(emulator, "POST", path, Identity=["alice", "bob"]).status == 0
