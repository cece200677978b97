"""Unregistered devices: what becomes of their bindings, and when."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from helpers.calls import ask

from notify_mock import Delivery, Emulator, Undelivered, UsageError
from notify_mock.twilio_api.messages import Answer

TOKEN = "ab" * 32
OTHER = "cd" * 32
URL = "http://chat.example/deliveries"
TOKENS = {"apn": TOKEN, "fcm": "token:1", "gcm": "token:2"}
PROVIDERS = {"apn": "apns", "fcm": "fcm", "gcm": "gcm"}


class Scene:
    """A service with a credential for every push channel, and an app that takes its callbacks."""

    def __init__(self) -> None:
        self.emulator = Emulator(frozen="2030-01-01T00:00:00Z")
        own = {f"{kind}_credential_sid": self.emulator.credentials.add(type=kind).sid for kind in TOKENS}
        self.service = self.emulator.services.add(**own).sid
        self.act: Callable[[], None] = lambda: None
        self.statuses: list[int] = []
        app = Flask("app")
        app.add_url_rule("/deliveries", "take", self._take, methods=["POST"])
        self.emulator.callbacks.mount(app)

    def bind(self, kind: str = "apn", address: str | None = None, **values: Any) -> str:
        given = {"identity": "alice", "service_sid": self.service, **values}
        return self.emulator.bindings.add(binding_type=kind, address=address or TOKENS[kind], **given).sid

    def unregister(self, kind: str = "apn", address: str | None = None, **options: Any) -> None:
        getattr(self.emulator.providers, PROVIDERS[kind]).unregister(address or TOKENS[kind], **options)

    def call(self, method: str, path: str = "", **form: Any) -> Answer:
        return ask(self.emulator, method, f"/v1/Services/{self.service}{path}", **form)

    def send(self, **parameters: Any) -> list[Delivery]:
        before = len(self.emulator.deliveries)
        values = parameters if "ToBinding" in parameters else {"Identity": "alice", **parameters}
        assert self.call("POST", "/Notifications", Body="B", **values).status == 201
        return list(self.emulator.deliveries)[before:]

    def listed(self) -> list[str]:
        return [one["sid"] for one in json.loads(self.call("GET", "/Bindings").body)["bindings"]]

    def _take(self) -> tuple[str, int]:
        self.act()
        return "", self.statuses.pop(0) if self.statuses else 204


@pytest.fixture
def scene() -> Scene:
    return Scene()


# --- what becomes of the binding --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options", "code"), [("apn", {}, 52141), ("fcm", {"ios": True}, 52119)], ids=["apns", "ios through fcm"]
)
def test_a_binding_is_deleted_with_its_device(scene: Scene, kind: str, options: dict[str, Any], code: int) -> None:
    sid = scene.bind(kind)
    scene.unregister(kind, **options)
    (failed,) = scene.send()
    assert (failed.code, failed.binding_sid, failed.binding_change) == (code, sid, "deleted")
    assert (sid in scene.emulator.bindings, scene.listed()) == (False, [])
    assert scene.call("GET", f"/Bindings/{sid}").status == 404
    assert scene.send() == []
    assert [alert.problem.code for alert in scene.emulator.deliveries.alerts] == [52301]


@pytest.mark.parametrize("kind", ["fcm", "gcm"])
def test_a_binding_for_android_is_disabled_which_its_json_does_not_show(scene: Scene, kind: str) -> None:
    sid = scene.bind(kind)
    before = scene.call("GET", f"/Bindings/{sid}").body
    scene.unregister(kind)
    (failed,) = scene.send()
    assert (failed.code, failed.binding_change) == (52103, "disabled")
    assert (scene.listed(), scene.call("GET", f"/Bindings/{sid}").body) == ([sid], before)
    assert scene.emulator.bindings[sid].disabled
    assert scene.send() == scene.send(Tag="all") == []
    assert [alert.problem.code for alert in scene.emulator.deliveries.alerts] == [52301] * 2
    assert scene.call("DELETE", f"/Bindings/{sid}").status == 204


def test_a_device_that_registers_again_gets_notifications(scene: Scene) -> None:
    first = scene.bind("fcm", endpoint="phone")
    scene.unregister("fcm")
    scene.send()
    form = {"Identity": "alice", "BindingType": "fcm", "Address": "token:new", "Endpoint": "phone"}
    assert scene.call("POST", "/Bindings", **form).status == 201
    assert first not in scene.emulator.bindings
    assert [one.state for one in scene.send()] == ["sent"]


def test_a_new_binding_for_the_same_token_is_tried_again(scene: Scene) -> None:
    scene.bind("fcm")
    scene.unregister("fcm")
    scene.send()
    again = scene.bind("fcm")
    assert [(one.code, one.binding_sid) for one in scene.send()] == [(52103, again)]
    third = scene.bind("fcm")
    scene.emulator.providers.fcm.register("token:1")
    assert [(one.state, one.binding_sid) for one in scene.send()] == [("sent", third)]


def test_other_bindings_of_the_same_notification_are_delivered_to(scene: Scene) -> None:
    twice = [scene.bind(), scene.bind()]
    kept = [scene.bind(address=OTHER), scene.bind("fcm")]
    scene.unregister()
    made = scene.send()
    assert [one.binding_sid for one in made] == [*twice, *kept]
    assert [one.code for one in made] == [52141, 52141, None, None]
    assert scene.listed() == kept
    assert [one.binding_sid for one in scene.send()] == kept


def test_an_address_without_a_binding_takes_no_binding_with_it(scene: Scene) -> None:
    sid = scene.bind()
    scene.unregister()
    direct = json.dumps({"binding_type": "apn", "address": TOKEN})
    first, second = scene.send(ToBinding=[direct, direct])
    assert (first.code, first.binding_change, second.code) == (52141, None, 52141)
    assert scene.listed() == [sid]


def test_bindings_of_other_services_and_regions_stay(scene: Scene) -> None:
    own = {"apn_credential_sid": scene.emulator.credentials.add(type="apn").sid}
    other = scene.emulator.services.add(**own).sid
    abroad = scene.emulator.services.add(region="ie1").sid
    kept = [scene.bind(service_sid=other), scene.bind(service_sid=abroad, region="ie1")]
    scene.bind()
    scene.unregister()
    scene.send()
    assert list(scene.emulator.bindings) == kept


@pytest.mark.parametrize("kind", ["apn", "fcm"])
def test_a_fault_rule_takes_the_binding_as_well(scene: Scene, kind: str) -> None:
    sid = scene.bind(kind)
    with scene.emulator.faults.add(f"delivery.{kind}", Undelivered(), times=1):
        assert [one.binding_change for one in scene.send()] == ["deleted" if kind == "apn" else "disabled"]
    assert (sid in scene.emulator.bindings, scene.send()) == (kind == "fcm", [])


@pytest.mark.parametrize("error", [52133, 52134, 52143, 52145])
def test_other_failures_leave_the_binding_alone(scene: Scene, error: int) -> None:
    sid = scene.bind()
    with scene.emulator.faults.add("delivery.apn", Undelivered(error=error)):
        assert [one.code for one in scene.send()] == [error]
    assert [one.binding_sid for one in scene.send()] == [sid]


def test_the_journal_and_the_report_say_which_notification_took_a_binding(scene: Scene) -> None:
    deleted = [scene.bind() for _ in range(5)]
    disabled = scene.bind("fcm")
    scene.unregister()
    scene.unregister("fcm")
    scene.send()
    named = ", ".join(f"{sid} (52141)" for sid in deleted[:3])
    assert scene.emulator.journal.last.reason == f"deleted {named} and 2 more; disabled {disabled} (52103)"
    assert "(simulated provider failure: unregistered), binding deleted\n" in scene.emulator.deliveries.show()
    scene.bind()
    scene.send(Tag="nobody")
    assert scene.emulator.journal.last.reason == ""


def test_seed_data_can_have_a_disabled_binding(scene: Scene) -> None:
    scene.bind("fcm", disabled=True)
    assert scene.send() == []
    with pytest.raises(UsageError, match=r"bindings\.add\.disabled: must be true or false"):
        scene.bind("fcm", disabled="yes")


def test_the_last_unregister_says_what_kind_of_device_it_is(scene: Scene) -> None:
    scene.bind("fcm")
    for ios in (False, True, False):
        scene.unregister("fcm", ios=ios)
    shown = scene.emulator.providers.fcm.describe()
    assert (shown["unregistered"], shown["unregistered_ios"]) == (["token:1"], [])
    assert [one.code for one in scene.send()] == [52103]


@pytest.mark.parametrize("name", ["apns", "gcm", "sms"])
def test_only_fcm_reaches_ios_devices_of_another_provider(scene: Scene, name: str) -> None:
    with pytest.raises(UsageError, match=rf"providers\.{name}: ios=True is possible for fcm only"):
        getattr(scene.emulator.providers, name).unregister("x", ios=True)
    assert not getattr(scene.emulator.providers, name).busy


# --- callbacks --------------------------------------------------------------------------------------------------------


def test_a_binding_is_disabled_at_once_and_deleted_after_the_callback(scene: Scene) -> None:
    sid = scene.bind()
    scene.unregister()
    seen = []
    scene.act = lambda: seen.append(scene.listed())
    (failed,) = scene.send(DeliveryCallbackUrl=URL)
    assert scene.emulator.journal.last.reason == f"disabled {sid} (52141)"
    assert (failed.binding_change, scene.listed(), scene.send()) == ("deleted", [sid], [])
    (attempt,) = scene.emulator.callbacks.drain()
    assert (seen, scene.listed()) == ([[sid]], [])
    (state,) = (json.loads(one) for one in attempt.values("DeliveryState"))
    assert (state["address"], state["identity"], state["error_code"]) == (TOKEN, "alice", 52141)
    assert (attempt.status, attempt.reason) == (204, f"deleted {sid} (52141)")
    assert scene.emulator.deliveries.alerts[0].problem.code == 52301


def test_a_binding_for_android_stays_after_the_callback(scene: Scene) -> None:
    sid = scene.bind("fcm")
    scene.unregister("fcm")
    scene.send(DeliveryCallbackUrl=URL)
    (attempt,) = scene.emulator.callbacks.drain()
    assert (attempt.reason, scene.listed()) == ("", [sid])


@pytest.mark.parametrize(
    ("statuses", "listed", "reason"),
    [
        ([503, 503, 204], [True, True, True], "deleted {} (52141)"),
        ([503, 503, 503], [True, True, True], "deleted {} (52141)"),
        ([400], [True], "deleted {} (52141)"),
    ],
)
def test_a_binding_stays_until_its_callback_succeeds_or_is_given_up(
    scene: Scene, statuses: list[int], listed: list[bool], reason: str
) -> None:
    sid = scene.bind()
    scene.unregister()
    seen: list[bool] = []
    scene.act, scene.statuses = (lambda: seen.append(scene.listed() == [sid])), list(statuses)
    scene.send(DeliveryCallbackUrl=URL)
    attempts = scene.emulator.callbacks.drain()
    assert (seen, scene.listed()) == (listed, [])
    assert [one.reason for one in attempts] == [""] * (len(attempts) - 1) + [reason.format(sid)]
    given_up = [one.problem for one in scene.emulator.deliveries.alerts]
    assert [str(one.reason) for one in given_up] == (
        [] if statuses[-1] == 204 else [f"the callback returned {statuses[-1]}"]
    )


def test_an_app_can_delete_the_binding_in_its_callback(scene: Scene) -> None:
    sid = scene.bind()
    scene.unregister()
    answers: list[int] = []
    scene.act = lambda: answers.append(scene.call("DELETE", f"/Bindings/{sid}").status)
    scene.send(DeliveryCallbackUrl=URL)
    (attempt,) = scene.emulator.callbacks.drain()
    assert (answers, attempt.reason, scene.listed()) == ([204], "", [])


def test_a_device_can_register_again_before_the_callback(scene: Scene) -> None:
    scene.bind(endpoint="phone")
    scene.unregister()
    scene.send(DeliveryCallbackUrl=URL)
    again = scene.bind(endpoint="phone", address=OTHER)
    (attempt,) = scene.emulator.callbacks.drain()
    assert (attempt.reason, scene.listed()) == ("", [again])
    assert [one.state for one in scene.send()] == ["sent"]


def test_a_service_can_be_deleted_before_the_callback(scene: Scene) -> None:
    scene.bind()
    scene.unregister()
    scene.send(DeliveryCallbackUrl=URL)
    assert scene.call("DELETE").status == 204
    (attempt,) = scene.emulator.callbacks.drain()
    assert (attempt.status, attempt.reason) == (204, "")


def test_each_callback_deletes_the_bindings_that_it_names(scene: Scene) -> None:
    first = scene.bind()
    for number in range(999):
        scene.bind(address=f"{number:064x}", identity=f"user {number}")
    last = scene.bind()
    scene.unregister()
    counts: list[bool] = []
    scene.act = lambda: counts.append(first in scene.emulator.bindings)
    scene.send(Identity=[], Tag="apn", DeliveryCallbackUrl=URL)
    one, two = scene.emulator.callbacks.drain()
    assert (one.reason, two.reason) == (f"deleted {first} (52141)", f"deleted {last} (52141)")
    assert (counts, len(scene.emulator.bindings)) == ([True, False], 999)


# --- state ------------------------------------------------------------------------------------------------------------


def test_a_checkpoint_brings_bindings_back(scene: Scene) -> None:
    deleted, disabled = scene.bind(), scene.bind("fcm")
    with scene.emulator.checkpoint():
        scene.unregister()
        scene.unregister("fcm")
        scene.send()
        assert scene.listed() == [disabled]
    assert scene.listed() == [deleted, disabled]
    assert [one.state for one in scene.send()] == ["sent", "sent"]


def test_a_checkpoint_keeps_a_binding_that_waits_for_its_callback(scene: Scene) -> None:
    sid = scene.bind()
    scene.unregister()
    scene.send(DeliveryCallbackUrl=URL)
    with scene.emulator.checkpoint():
        scene.emulator.callbacks.drain()
        assert scene.listed() == []
    assert (scene.listed(), scene.send()) == ([sid], [])
    scene.emulator.callbacks.drain()
    assert scene.listed() == []


def test_a_reset_during_a_callback_leaves_new_bindings_alone(scene: Scene) -> None:
    sid = scene.bind()
    scene.unregister()
    scene.send(DeliveryCallbackUrl=URL)

    def start_again() -> None:
        scene.emulator.reset()
        scene.service = scene.emulator.services.add(sid=scene.service).sid
        scene.bind(sid=sid)

    scene.act = start_again
    scene.emulator.callbacks.drain()
    assert list(scene.emulator.bindings) == [sid]


def test_a_stale_list_still_shows_a_deleted_binding(scene: Scene) -> None:
    sid = scene.bind()
    scene.unregister()
    scene.emulator.clock.advance(60)
    scene.send()
    scene.emulator.faults.add("binding.list", "stale", seconds=30)
    assert scene.listed() == [sid]


def test_concurrent_notifications_fail_once_for_each_binding(scene: Scene) -> None:
    for number in range(20):
        scene.bind(("apn", "fcm")[number % 2], address=f"{number:064x}", identity="everybody")
        scene.unregister(("apn", "fcm")[number % 2], address=f"{number:064x}")
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: scene.call("POST", "/Notifications", Tag="all", Body="B").status, range(40))
    assert set(answers) == {201}
    assert sorted(one.address for one in scene.emulator.deliveries) == [f"{number:064x}" for number in range(20)]
    assert len(scene.listed()) == 10
