"""Handing a delivery to its provider: fault rules, and the failures that a test simulates."""

from __future__ import annotations

from typing import Any

from notify_mock.deliveries.apn import check_app
from notify_mock.deliveries.providers import Providers
from notify_mock.faults.rules import Faults
from notify_mock.journal.exchange import Exchange
from notify_mock.resources.credential import Credential
from notify_mock.resources.notification import Notification
from notify_mock.support.clock import Clock
from notify_mock.twilio_api.channels import CHANNELS
from notify_mock.twilio_api.delivery_errors import CODES, Problem
from notify_mock.twilio_api.messages import Call, Params
from notify_mock.twilio_api.products import Endpoint

ProviderAnswer = tuple[Problem | None, float, tuple[str, ...]]
"""Why the delivery failed (or None), when the provider responded, and the fault rules that were applied."""

_UNREGISTERED_IOS = 52119
"""The code for an iOS device that FCM reaches through APNs (documented)."""


class ProviderCalls:
    """The provider side of one notification. Unless it ``is_needed``, providers accept every delivery at once."""

    def __init__(
        self, clock: Clock, faults: Faults, providers: Providers, notification: Notification, api: str
    ) -> None:
        self._clock, self._faults, self._providers = clock, faults, providers
        self._notification, self._api = notification, api
        self._busy = {channel for channel in CHANNELS if providers[channel].busy}
        self.is_needed = bool(self._busy or len(faults))

    def deliver(self, binding: Any, credential_sid: str | None, credential: Credential | None) -> ProviderAnswer:
        """Apply the fault rules, then the simulated failures. Fault rules see a delivery as an exchange.

        Deliveries to discontinued channels have failed before.
        """
        channel, pause = binding.binding_type, 0.0
        problem: Problem | None = None
        faults: tuple[str, ...] = ()
        if len(self._faults):
            problem, pause, faults = self._apply_rules(binding)
        if problem is None and channel in self._busy:
            provider = self._providers[channel]
            pause += provider.pause
            outcome = provider.outcome(binding.address, credential_sid)
            if outcome is not None:
                is_ios = outcome == "unregistered" and provider.is_ios(binding.address)
                code = _UNREGISTERED_IOS if is_ios else CODES[channel][outcome]
                problem = Problem(code, f"simulated provider failure: {outcome}")
            elif credential is not None and (app := provider.app_of(binding.address)) is not None:
                problem = check_app(app, credential)
        if problem is None and 0 < self._notification.ttl < pause:
            problem = Problem(52310, f"the provider took {pause:g} s, the Ttl is {self._notification.ttl} s")
        return problem, self._clock.time() + pause, faults

    def _apply_rules(self, binding: Any) -> tuple[Problem | None, float, tuple[str, ...]]:
        exchange = self._exchange(binding)
        decision = self._faults.apply(exchange, "before", 1)
        if decision is None:
            return None, 0.0, ()
        problem = decision.problem
        if decision.refusal is not None:
            problem = Problem(CODES[binding.binding_type]["throttled"], "fault rule: rate limit")
        return problem, decision.pause, exchange.faults

    def _exchange(self, binding: Any) -> Exchange:
        """Return what a rule can match: account, API, the binding's SID and the binding's parameters."""
        form = [("BindingType", binding.binding_type), ("Address", binding.address)]
        if binding.identity is not None:
            form.append(("Identity", binding.identity))
        form += [("NotificationSid", self._notification.sid), ("ServiceSid", self._notification.service_sid)]
        endpoint = Endpoint(self._api, self._notification.region, "", "")
        call = Call("PUSH", "", "", form=Params(tuple(form)))
        exchange = Exchange(0, self._clock.time(), call, f"delivery.{binding.binding_type}", endpoint)
        exchange.account_sid, exchange.sid = self._notification.account_sid, binding.sid
        return exchange
