"""Simulated provider failures: which come first, how they end, and what a rule sees of a delivery."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from helpers.calls import ask

from notify_mock import Delay, Delivery, Emulator, RateLimit, Undelivered, UsageError
from notify_mock.deliveries.providers import Provider
from notify_mock.twilio_api.delivery_errors import Problem

Act = Callable[[Provider], None]
NOW = 1893456000


@pytest.fixture
def provider() -> Provider:
    return Provider("apns", nullcontext(True))


@pytest.fixture
def emulator() -> Emulator:
    emulator = Emulator(frozen="2030-01-01T00:00:00Z")
    emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    emulator.bindings.add(identity="alice", binding_type="sms", address="+491")
    return emulator


def send(emulator: Emulator, **parameters: Any) -> Delivery:
    (service,) = emulator.services
    target = f"/v1/Services/{service}/Notifications"
    answer = ask(emulator, "POST", target, **{"Identity": "alice", "Body": "B", **parameters})
    assert answer.status == 201, answer.body
    return emulator.deliveries.last


def test_a_misspelt_name_of_a_provider_is_an_error(emulator: Emulator) -> None:
    for where, name in (
        (emulator.providers, "fmc"),
        (emulator.providers, "accept_legacy"),
        (emulator.providers.apns, "up"),
    ):
        with pytest.raises(AttributeError):
            setattr(where, name, True)


FAILURES: dict[str, tuple[Act, str]] = {
    "down": (lambda one: one.go_down(), "down"),
    "revoked": (lambda one: one.revoke("CR1"), "revoked"),
    "unregistered": (lambda one: one.unregister("a"), "unregistered"),
    "throttled": (lambda one: one.throttle("a"), "throttled"),
    "all throttled": (lambda one: one.throttle(), "throttled"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_lasts_until_the_provider_recovers(provider: Provider, name: str) -> None:
    act, outcome = FAILURES[name]
    assert (provider.outcome("a", "CR1"), provider.busy) == (None, False)
    act(provider)
    assert (provider.outcome("a", "CR1"), provider.busy) == (outcome, True)
    assert repr(provider) == "<Provider apns>"
    provider.recover()
    assert (provider.outcome("a", "CR1"), provider.busy) == (None, False)
    assert repr(provider) == "<Provider apns: normal>"


@pytest.mark.parametrize("name", ["revoked", "unregistered", "throttled"])
def test_a_failure_of_one_does_not_concern_others(provider: Provider, name: str) -> None:
    FAILURES[name][0](provider)
    assert provider.outcome("b", "CR2") is None
    assert provider.outcome("b", None) is None


def test_the_worst_failure_comes_first(provider: Provider) -> None:
    outcomes = []
    for act, _ in reversed(FAILURES.values()):
        act(provider)
        outcomes.append(provider.outcome("a", "CR1"))
    assert outcomes == ["throttled", "throttled", "unregistered", "revoked", "down"]


def test_register_undoes_unregister_and_throttle_for_one_address(provider: Provider) -> None:
    for address in ("a", "b"):
        provider.unregister(address)
        provider.throttle(address)
    provider.register("a")
    provider.register("never heard of")
    assert [provider.outcome(address, None) for address in "ab"] == [None, "unregistered"]


@pytest.mark.parametrize("name", [*FAILURES, "slow"])
def test_a_snapshot_holds_every_failure(provider: Provider, name: str) -> None:
    act = {"slow": lambda one: one.slow_down(7), **{key: value[0] for key, value in FAILURES.items()}}[name]
    act(provider)
    known, kept = (provider.outcome("a", "CR1"), provider.pause, provider.busy), provider.snapshot()
    for _ in range(2):
        provider.recover()
        provider.restore(kept)
        assert (provider.outcome("a", "CR1"), provider.pause, provider.busy) == known
        for address in ("x", "y"):
            provider.unregister(address)
            provider.throttle(address)
            provider.revoke(address)
    provider.recover()
    assert provider.pause == 0
    provider.restore(kept)
    assert [provider.outcome(address, "y") for address in "xy"] == [provider.outcome("z", "z")] * 2


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda one: one.unregister(7), "providers.apns: expected an address, got 7"),
        (lambda one: one.unregister(""), "providers.apns: expected an address, got ''"),
        (lambda one: one.throttle(""), "providers.apns: expected an address, got ''"),
        (lambda one: one.revoke(None), "providers.apns: expected a credential or its SID, got None"),
        (
            lambda one: one.slow_down("soon"),
            "providers.apns: 'soon' is not a length of time; expected seconds, a timedelta or text such as \"2h\"",
        ),
    ],
)
def test_a_bad_argument_is_named_and_changes_nothing(provider: Provider, act: Act, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        act(provider)
    assert str(caught.value) == message
    assert provider.busy is False


def test_a_credential_can_be_revoked_as_an_object(emulator: Emulator, provider: Provider) -> None:
    credential = emulator.credentials.add(type="apn")
    provider.revoke(credential)
    assert provider.outcome("a", credential.sid) == "revoked"


def test_every_channel_has_its_provider(emulator: Emulator) -> None:
    providers = emulator.providers
    for channel, provider in {"apn": "apns", "fcm": "fcm", "gcm": "gcm", "sms": "sms"}.items():
        assert providers[channel] is getattr(providers, provider)
        with pytest.raises(UsageError, match=rf"providers\.{provider}: expected"):
            providers[channel].unregister("")


# --- deliveries ------------------------------------------------------------------------------------------------------


def test_a_simulated_failure_is_named_in_the_reason(emulator: Emulator) -> None:
    emulator.providers.sms.throttle("+491")
    emulator.providers.fcm.go_down()
    assert send(emulator).problem == Problem(52181, "simulated provider failure: throttled")
    assert send(emulator).at == NOW


@pytest.mark.parametrize(
    ("ttl", "problem"),
    [
        ("60", Problem(52310, "the provider took 61.5 s, the Ttl is 60 s")),
        ("61", Problem(52310, "the provider took 61.5 s, the Ttl is 61 s")),
        ("62", None),
        ("0", None),
        ("1", Problem(52310, "the provider took 61.5 s, the Ttl is 1 s")),
    ],
)
@pytest.mark.parametrize("slow", ["provider", "rule", "both"])
def test_a_notification_expires_while_a_provider_is_slow(
    emulator: Emulator, slow: str, ttl: str, problem: Problem | None
) -> None:
    if slow != "provider":
        emulator.faults.add("delivery.sms", Delay(61.5 if slow == "rule" else 60), name="slow")
    if slow != "rule":
        emulator.providers.sms.slow_down(61.5 if slow == "provider" else 1.5)
    sent = send(emulator, Ttl=ttl)
    assert (sent.problem, sent.at) == (problem, NOW + 61.5)
    assert sent.faults == (() if slow == "provider" else ("slow",))


def test_a_provider_that_takes_exactly_the_ttl_is_in_time(emulator: Emulator) -> None:
    emulator.providers.sms.slow_down(60)
    assert send(emulator, Ttl="60").problem is None


def test_a_rule_comes_before_a_simulated_failure(emulator: Emulator) -> None:
    emulator.providers.sms.go_down()
    emulator.providers.sms.slow_down(5)
    emulator.faults.add("delivery.sms", RateLimit(0), name="limit")
    limited = send(emulator)
    assert (limited.problem, limited.at) == (Problem(52181, "fault rule: rate limit"), NOW)
    emulator.faults.remove("limit")
    down = send(emulator)
    assert (down.problem, down.at) == (Problem(52309, "simulated provider failure: down"), NOW + 5)


def test_a_rule_sees_a_delivery_as_an_exchange(emulator: Emulator) -> None:
    seen = []

    def look(exchange: Any) -> bool:
        seen.append(exchange)
        return False

    emulator.faults.add("delivery.sms", Undelivered(), predicate=look)
    sent = send(emulator)
    direct = send(emulator, Identity=[], ToBinding='{"binding_type": "sms", "address": "+492"}')
    first, second = seen
    assert (first.number, first.name, first.call.method) == (0, "delivery.sms", "PUSH")
    assert (first.account_sid, first.sid, first.at) == (emulator.auth[0], sent.binding_sid, NOW)
    assert (first.api, first.region, sent.at) == ("notify/v1", "us1", NOW)
    assert {first.base, first.path, first.call.host, first.call.path} == {""}, "a delivery has no URL"
    own = ("NotificationSid", sent.notification_sid), ("ServiceSid", sent.service_sid)
    assert first.call.form.pairs == (("BindingType", "sms"), ("Address", "+491"), ("Identity", "alice"), *own)
    own = ("NotificationSid", direct.notification_sid), ("ServiceSid", direct.service_sid)
    assert (second.sid, second.call.form.pairs) == (None, (("BindingType", "sms"), ("Address", "+492"), *own))


def test_a_delivery_is_one_call_at_once(emulator: Emulator) -> None:
    for limit, problem in ((1, None), (0, Problem(52181, "fault rule: rate limit"))):
        with emulator.faults.add("delivery.sms", RateLimit(concurrent=limit), unused="ignore"):
            assert send(emulator).problem == problem


def test_rules_and_failures_spare_discontinued_channels(emulator: Emulator) -> None:
    emulator.providers.sms.go_down()
    emulator.faults.add("delivery.*", Delay(5))
    sent = send(emulator, Identity=[], ToBinding='{"binding_type": "alexa", "address": "x"}')
    assert (sent.problem, sent.at) == (Problem(52309, "Alexa is no longer supported"), NOW)
