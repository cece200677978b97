"""Random sequences of all calls, compared with a model made of dictionaries."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from helpers.calls import ask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule

from notify_mock import Emulator

MG = "MG" + "0" * 32
IDENTITIES = st.sampled_from(["alice", "bob"])
TAGS = st.lists(st.sampled_from(["vip", "de", "beta"]), max_size=3, unique=True)
SELECTED_TAGS = st.lists(st.sampled_from(["vip", "de", "all", "fcm", "sms"]), max_size=3, unique=True)
NAMES = st.none() | st.sampled_from(["one", "two"])
CHANNELS = st.sampled_from(["fcm", "sms"])
ADDRESSES = {"fcm": "token", "sms": "+4912"}
DEVICES = st.none() | st.sampled_from(["phone", "tablet"])
BINDINGS = st.tuples(IDENTITIES, CHANNELS, TAGS, DEVICES)

Record = dict[str, Any]


class NotifyMachine(RuleBasedStateMachine):
    """The model: credentials and services by SID, bindings by service and SID, and the expected deliveries."""

    credential_sids = Bundle("credential_sids")
    service_sids = Bundle("service_sids")
    binding_sids = Bundle("binding_sids")

    def __init__(self) -> None:
        super().__init__()
        self.emulator = Emulator(frozen="2030-01-01")
        self.credentials: dict[str, Record] = {}
        self.services: dict[str, Record] = {}
        self.bindings: dict[str, dict[str, Record]] = {}
        self.deliveries: list[tuple[str | None, str]] = []
        self.waiting: list[tuple[str, str]] = []
        self.emulator.callbacks.mount(lambda _environ, start: (start("204 No Content", []), [])[1])
        self.sent = 0

    def call(self, method: str, path: str, status: int, **parameters: Any) -> Record:
        given = {name: value for name, value in parameters.items() if value is not None}
        answer = ask(self.emulator, method, f"/v1{path}", **given)
        assert answer.status == status, (method, path, given, answer.body)
        payload: Record = json.loads(answer.body) if answer.body else {}
        if status == 404:
            assert payload["message"] == f"The requested resource {path.partition('?')[0]} was not found"
        return payload

    def sids(self, path: str, key: str, **filters: Any) -> list[str]:
        """Return the SIDs on all pages, with two records per page."""
        found: list[str] = []
        target = f"{path}?{urlencode({'PageSize': 2, **filters}, doseq=True)}"
        while target:
            page = self.call("GET", target, 200)
            found += [one["sid"] for one in page[key]]
            link = urlsplit(page["meta"]["next_page_url"] or "")
            target = f"{link.path.removeprefix('/v1')}?{link.query}" if link.path else ""
        return found

    # --- credentials --------------------------------------------------------------------------------------------------

    @rule(target=credential_sids, kind=st.sampled_from(["fcm", "gcm"]), name=NAMES)
    def create_credential(self, kind: str, name: str | None) -> str:
        secret = {"fcm": "Secret", "gcm": "ApiKey"}[kind]
        made = self.call("POST", "/Credentials", 201, Type=kind, FriendlyName=name, **{secret: "s"})
        self.credentials[made["sid"]] = {"type": kind, "friendly_name": name}
        return str(made["sid"])

    @rule(sid=credential_sids, name=NAMES)
    def update_credential(self, sid: str, name: str | None) -> None:
        status = 200 if sid in self.credentials else 404
        self.call("POST", f"/Credentials/{sid}", status, FriendlyName=name)
        if status == 200 and name is not None:
            self.credentials[sid]["friendly_name"] = name

    @rule(sid=credential_sids)
    def delete_credential(self, sid: str) -> None:
        self.call("DELETE", f"/Credentials/{sid}", 204 if self.credentials.pop(sid, None) else 404)

    @rule(sid=credential_sids)
    def fetch_credential(self, sid: str) -> None:
        self.check(self.credentials.get(sid), f"/Credentials/{sid}")

    # --- services -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.services) < 2)
    @rule(target=service_sids, name=NAMES, messaging=st.sampled_from([None, MG]))
    def create_service(self, name: str | None, messaging: str | None) -> str:
        made = self.call("POST", "/Services", 201, FriendlyName=name, MessagingServiceSid=messaging)
        own = {"friendly_name": name, "messaging_service_sid": messaging, "fcm_credential_sid": None}
        self.services[made["sid"]], self.bindings[made["sid"]] = own, {}
        return str(made["sid"])

    @rule(sid=service_sids, credential=credential_sids)
    def give_service_a_credential(self, sid: str, credential: str) -> None:
        status = 200 if sid in self.services else 404
        self.call("POST", f"/Services/{sid}", status, FcmCredentialSid=credential)
        if status == 200:
            self.services[sid]["fcm_credential_sid"] = credential

    @rule(sid=consumes(service_sids) | service_sids)
    def delete_service(self, sid: str) -> None:
        self.call("DELETE", f"/Services/{sid}", 204 if self.services.pop(sid, None) else 404)
        self.bindings.pop(sid, None)

    @rule(sid=service_sids)
    def fetch_service(self, sid: str) -> None:
        self.check(self.services.get(sid), f"/Services/{sid}")

    @rule(name=st.sampled_from(["one", "two"]))
    def list_services(self, name: str) -> None:
        named = [sid for sid, own in self.services.items() if own["friendly_name"] == name]
        assert self.sids("/Services", "services", FriendlyName=name) == named

    # --- bindings -----------------------------------------------------------------------------------------------------

    @rule(target=binding_sids, service=service_sids, several=st.lists(BINDINGS, min_size=1, max_size=9))
    def create_bindings(self, service: str, several: list[tuple[str, str, list[str], str | None]]) -> Any:
        return multiple(*[(service, sid) for one in several for sid in self.create_binding(service, *one)])

    def create_binding(self, service: str, identity: str, kind: str, tags: list[str], device: str | None) -> list[str]:
        own = {"identity": identity, "binding_type": kind, "address": ADDRESSES[kind], "tags": tags}
        form = {"Identity": identity, "BindingType": kind, "Address": ADDRESSES[kind], "Tag": tags, "Endpoint": device}
        path = f"/Services/{service}/Bindings"
        there = self.bindings.get(service)
        if there is None:
            self.call("POST", path, 404, **form)
            return []
        old = next((sid for sid, one in there.items() if device and one["device"] == device), None)
        others = [one for sid, one in there.items() if one["identity"] == identity and sid != old]
        if len(others) >= 20:
            self.call("POST", path, 400, **form)
            return []
        made = self.call("POST", path, 201, **form)
        if old:
            del there[old]
        there[made["sid"]] = {**own, "device": device, "disabled": False}
        return [made["sid"]]

    @rule(binding=binding_sids)
    def fetch_binding(self, binding: tuple[str, str]) -> None:
        service, sid = binding
        found = self.bindings.get(service, {}).get(sid)
        shown = found and {key: found[key] for key in found if key not in ("device", "disabled")}
        self.check(shown, f"/Services/{service}/Bindings/{sid}")

    @rule(binding=binding_sids)
    def delete_binding(self, binding: tuple[str, str]) -> None:
        service, sid = binding
        found = self.bindings.get(service, {}).pop(sid, None)
        self.call("DELETE", f"/Services/{service}/Bindings/{sid}", 204 if found else 404)

    @rule(service=service_sids, identities=st.lists(IDENTITIES, max_size=2, unique=True), tags=SELECTED_TAGS)
    def list_bindings(self, service: str, identities: list[str], tags: list[str]) -> None:
        path = f"/Services/{service}/Bindings"
        if service not in self.services:
            self.call("GET", path, 404)
        else:
            expected = [sid for sid, _ in self.selected(service, identities, tags)]
            assert self.sids(path, "bindings", Identity=identities, Tag=tags) == expected

    # --- notifications ------------------------------------------------------------------------------------------------

    @rule(
        service=service_sids,
        identities=st.lists(IDENTITIES, max_size=2, unique=True),
        tags=SELECTED_TAGS,
        gone=st.sampled_from([None, None, "android", "ios"]),
        url=st.sampled_from([None, "http://chat.example/"]),
    )
    def notify(self, service: str, identities: list[str], tags: list[str], gone: str | None, url: str | None) -> None:
        path = f"/Services/{service}/Notifications"
        if gone:
            self.emulator.providers.fcm.unregister(ADDRESSES["fcm"], ios=gone == "ios")
        if service not in self.services:
            self.call("POST", path, 404, Identity=identities, Tag=tags, Body="x")
        elif not identities and not tags:
            self.call("POST", path, 400, Body="x")
        else:
            made = self.call("POST", path, 201, Identity=identities, Tag=tags, Body="x", DeliveryCallbackUrl=url)
            assert (made["identities"], made["tags"]) == (identities, tags)
            self.sent += 1
            for sid, binding in self.selected(service, identities, tags):
                if not binding["disabled"]:
                    self.deliver(service, sid, gone, url)
        self.emulator.providers.fcm.recover()

    def deliver(self, service: str, sid: str, gone: str | None, url: str | None) -> None:
        binding = self.bindings[service][sid]
        is_accepted = self.gets_through(service, binding)
        is_gone = is_accepted and gone is not None and binding["binding_type"] == "fcm"
        self.deliveries.append((sid, "sent" if is_accepted and not is_gone else "failed"))
        binding["disabled"] = is_gone
        if is_gone and gone == "ios":
            self.waiting.append((service, sid))
            if url is None:
                self.delete_unregistered([self.waiting.pop()])

    @rule()
    def send_callbacks(self) -> None:
        self.emulator.callbacks.drain()
        self.delete_unregistered(self.waiting)
        self.waiting = []

    def delete_unregistered(self, gone: list[tuple[str, str]]) -> None:
        for service, sid in gone:
            self.bindings.get(service, {}).pop(sid, None)

    @rule(service=service_sids, number=st.integers(1, 3))
    def notify_directly(self, service: str, number: int) -> None:
        direct = ['{"binding_type": "sms", "address": "+4912"}'] * number
        status = 201 if service in self.services else 404
        self.call("POST", f"/Services/{service}/Notifications", status, ToBinding=direct, Body="x")
        if status == 201:
            self.sent += 1
            state = "sent" if self.services[service]["messaging_service_sid"] else "failed"
            self.deliveries += [(None, state)] * number

    def selected(self, service: str, identities: list[str], tags: list[str]) -> list[tuple[str, Record]]:
        return [
            (sid, one)
            for sid, one in self.bindings[service].items()
            if (not identities or one["identity"] in identities)
            and set(tags) <= {*one["tags"], one["binding_type"], "all"}
        ]

    def gets_through(self, service: str, binding: Record) -> bool:
        own = self.services[service]
        if binding["binding_type"] == "sms":
            return own["messaging_service_sid"] is not None
        return self.credentials.get(own["fcm_credential_sid"], {}).get("type") == "fcm"

    def check(self, expected: Record | None, path: str) -> None:
        found = self.call("GET", path, 200 if expected else 404)
        assert {key: found[key] for key in expected or {}} == (expected or {})

    # --- at any time --------------------------------------------------------------------------------------------------

    @rule()
    def a_checkpoint_changes_nothing(self) -> None:
        with self.emulator.checkpoint():
            for sid in list(self.services):
                ask(self.emulator, "DELETE", f"/v1/Services/{sid}")

    @invariant()
    def everything_is_stored_in_order(self) -> None:
        assert list(self.emulator.credentials) == list(self.credentials)
        assert list(self.emulator.services) == list(self.services)
        assert sorted(self.emulator.bindings) == sorted(sid for own in self.bindings.values() for sid in own)
        stored = self.emulator.bindings
        known = {sid: one["disabled"] for own in self.bindings.values() for sid, one in own.items()}
        assert {sid: stored[sid].disabled for sid in stored} == known
        assert [(one.binding_sid, one.state) for one in self.emulator.deliveries] == self.deliveries
        assert len(self.emulator.notifications) <= self.sent


NotifyMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestNotify = NotifyMachine.TestCase
