"""Delivers a notification: selects its bindings, renders it for their channels, and records the deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from notify_mock.deliveries.apn import APN, with_topic
from notify_mock.deliveries.binding_changes import delete_bindings, disable_bindings
from notify_mock.deliveries.channel import VERSIONS, Channel
from notify_mock.deliveries.credentials import credential_sid_for, find_credential, use_credential
from notify_mock.deliveries.delivery import Delivery, Rendering
from notify_mock.deliveries.discontinued import ALEXA, MESSENGER
from notify_mock.deliveries.fcm import FCM
from notify_mock.deliveries.legacy_fcm import GCM, LEGACY_FCM
from notify_mock.deliveries.provider_calls import ProviderCalls
from notify_mock.deliveries.sms import SMS
from notify_mock.engine.state import State
from notify_mock.engine.verbs import RequestContext, Result, create_record
from notify_mock.resources.binding import recipients
from notify_mock.resources.credential import Credential
from notify_mock.resources.notification import Notification
from notify_mock.resources.service import Service
from notify_mock.store.collections import Key
from notify_mock.twilio_api.delivery_errors import BINDING_CHANGES, Problem

_NONE: tuple[str, ...] = ()

BY_TYPE: Mapping[str, Channel] = {channel.name: channel for channel in (APN, FCM, GCM, SMS, MESSENGER, ALEXA)}


def notify(context: RequestContext) -> Result:
    """Return 201 and the notification, even if deliveries fail: failures are asynchronous (observed)."""
    service = context.parent()
    notification: Notification = create_record(context)
    dispatch = Dispatch(context.state, service, notification, context.exchange.api)
    made = dispatch.deliveries()
    state, now = context.state, context.state.clock.time()
    state.deliveries.file(made)
    if not made:
        state.deliveries.alert(now, notification.sid, Problem(52301, "no binding was selected"))
    url, origin = notification.delivery_callback_url, context.foreign_origin
    if not url and service.delivery_callback_enabled:
        url, origin = service.delivery_callback_url, service.callback_origin
    failed = dispatch.unregistered(made)
    if failed:
        deleted = "" if url else delete_bindings(state.store, service.region, failed, now)
        disabled = disable_bindings(state.store, service.region, failed, now)
        context.exchange.reason = "; ".join(filter(None, (deleted, disabled)))
        action = "delete" if deleted else "update"
        state.changes.tell("records", ("bindings", action, notification.account_sid, None))
    if url and made:
        state.outbox.add_callbacks(url, service.region, made, now, origin)
    return 201, context.show(notification)


class _Prepared(NamedTuple):
    """What all bindings with the same channel, credential and protocol version share."""

    channel: Channel
    credential_sid: str | None
    credential: Credential | None
    rendering: Rendering
    problem: Problem | None


class Dispatch:
    """The delivery of one notification. ``api`` is the API that it was created through."""

    def __init__(self, state: State, service: Service, notification: Notification, api: str) -> None:
        self._state, self._service, self._notification = state, service, notification
        self._now = state.clock.time()
        self._provider_calls = ProviderCalls(state.clock, state.faults, state.providers, notification, api)
        self._some_unregistered = False
        self._prepared: dict[tuple[str, str | None, str | None], _Prepared] = {}
        self._renderings: dict[Channel, tuple[Rendering, Problem | None]] = {}

    def deliveries(self) -> list[Delivery]:
        """Return one delivery for each binding, in the order of the bindings' creation."""
        return [self._deliver(binding) for binding in self._select()]

    def unregistered(self, made: Iterable[Delivery]) -> list[Delivery]:
        """Return the deliveries that change their binding."""
        return [one for one in made if one.binding_change is not None] if self._some_unregistered else []

    def _select(self) -> Iterable[Any]:
        """Return the bindings that the notification selects, or the addresses in ``ToBinding``."""
        notification = self._notification
        if notification.to_bindings:
            return notification.to_bindings
        key = Key("binding", notification.account_sid, notification.region, notification.service_sid)
        return recipients(self._state.store.collection(key), notification.identities, notification.tags)

    def _deliver(self, binding: Any) -> Delivery:
        key = binding.binding_type, binding.credential_sid, binding.notification_protocol_version
        prepared = self._prepared.get(key)
        if prepared is None:
            prepared = self._prepared[key] = self._prepare(*key)
        channel, credential_sid, credential, rendering, problem = prepared
        problem = problem or channel.check(binding.address)
        at, faults = self._now, _NONE
        if problem is None and self._provider_calls.is_needed:
            problem, at, faults = self._provider_calls.deliver(binding, credential_sid, credential)
            if problem is not None and problem.code in BINDING_CHANGES:
                self._some_unregistered = True
        return Delivery(
            self._state.sids.new("DL"),
            channel.name,
            binding.identity,
            binding.address,
            binding.sid,
            self._notification.sid,
            self._notification.service_sid,
            self._notification.account_sid,
            credential_sid,
            at,
            rendering,
            problem,
            faults,
            binding.tags,
        )

    def _prepare(self, kind: str, own_credential: str | None, version: str | None) -> _Prepared:
        channel, state = BY_TYPE[kind], self._state
        credential_sid = credential_sid_for(channel, own_credential, self._service)
        accept = state.providers.fcm.accept_legacy
        credential = find_credential(state.store, credential_sid, self._service)
        use = use_credential(state.store, channel, credential_sid, credential, self._now, accept_legacy=accept)
        channel = LEGACY_FCM if use.legacy else channel
        if channel not in self._renderings:
            self._renderings[channel] = channel.render(self._notification, self._service, self._now)
        rendering, refused = self._renderings[channel]
        if channel is APN and credential is not None:
            rendering = with_topic(rendering, credential)
        if use.project is not None:
            rendering = rendering._replace(project=use.project)
        problem = use.problem or refused
        if channel.is_push and version not in (None, *VERSIONS):
            problem = Problem(52001, f"{version!r} is not a notification protocol version")
        return _Prepared(channel, credential_sid, credential, rendering, problem)
