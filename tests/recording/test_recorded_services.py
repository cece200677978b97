"""Services, bindings and notifications in cassettes: recorded, played, compared and hydrated."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from notify_mock import Emulator
from notify_mock.cassettes.files import read_interactions
from notify_mock.recording.fidelity import compare_all, score


class Recorded(NamedTuple):
    path: Path
    auth: tuple[str, str]
    service_sid: str
    binding_sid: str


def ask(client: Any, secret: str = "server-key-9f3c") -> tuple[str, str]:
    """Make an application's calls; return the SIDs of its service and its binding."""
    notify = client.notify.v1
    credential = notify.credentials.create(type="fcm", secret=secret)
    service = notify.services.create(friendly_name="chat", fcm_credential_sid=credential.sid)
    bindings = notify.services(service.sid).bindings
    binding = bindings.create(identity="alice", binding_type="fcm", address="device", tag=["new", "paying"])
    notify.services(service.sid).notifications.create(identity=["alice"], body="Hello", data={"a": 1})
    bindings.list(tag=["paying"])
    notify.services(service.sid).update(friendly_name="renamed")
    return service.sid, binding.sid


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    path = tmp_path / "chat.yaml"
    with Emulator(record=path) as emulator:
        sids = ask(emulator.client())
    return Recorded(path, emulator.auth, *sids)


def test_a_recording_is_played_for_the_same_calls(recorded: Recorded) -> None:
    player = Emulator(cassette=recorded.path)
    assert ask(player.client(*recorded.auth)) == (recorded.service_sid, recorded.binding_sid)
    assert player.cassette is not None
    assert player.cassette.unused == []


def test_a_hydrated_service_notifies_its_bindings(recorded: Recorded) -> None:
    emulator = Emulator(hydrate=recorded.path)
    service = emulator.client().notify.v1.services(recorded.service_sid)
    assert service.fetch().friendly_name == "renamed"
    assert [one.sid for one in service.bindings.list(tag=["new"])] == [recorded.binding_sid]
    service.notifications.create(identity=["alice"], body="again")
    emulator.deliveries.expect(identity="alice", body="again", count=1)


def test_a_binding_is_hydrated_together_with_its_unseen_service(recorded: Recorded, tmp_path: Path) -> None:
    whole = recorded.path.read_text()
    entries = whole[whole.index("- request") :].split("- request")[1:]
    only = tmp_path / "only.yaml"
    only.write_text("interactions:\n- request" + entries[2] + "version: 1\n")
    emulator = Emulator(hydrate=only)
    assert list(emulator.services) == [recorded.service_sid]
    assert list(emulator.bindings) == [recorded.binding_sid]


def test_deleting_a_service_deletes_its_bindings(tmp_path: Path) -> None:
    path = tmp_path / "chat.yaml"
    with Emulator(record=path) as emulator:
        service_sid, _ = ask(emulator.client())
        emulator.client().notify.v1.services(service_sid).delete()
    again = Emulator(hydrate=path)
    assert (len(again.credentials), len(again.services), len(again.bindings)) == (1, 0, 0)


def test_the_emulator_agrees_with_its_own_recording(recorded: Recorded) -> None:
    comparisons = compare_all(read_interactions(recorded.path))
    assert [one.differences for one in comparisons] == [()] * 6
    assert score(comparisons) == 100
