"""Random commands for an emulator, the same for the same seed and state."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from helpers.calls import ask, basic
from notify_mock import Answer, Emulator
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.messages import read

NAMES = ("one", "two", "three", "")
OTHER = "AC" + "7" * 32

EFFECTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("refuse", {"code": 20429}),
    ("status", {"status": 502, "body": "<html>"}),
    ("rate_limit", {"limit": 2, "window": "10s"}),
    ("delay", {"seconds": 3}),
    ("delay", {"low": 1, "high": 2, "phase": "after"}),
    ("hang", {"seconds": 5}),
    ("dribble", {}),
    ("drop", {}),
    ("reset", {"phase": "after"}),
    ("truncate", {}),
    ("garble", {"what": "utf-8"}),
    ("stale", {"seconds": 30}),
    ("forget", {}),
    ("expire", {"phase": "after"}),
    ("undelivered", {"outcome": "throttled"}),
)


class Tour:
    """Takes step after step on an emulator. An app answers its callbacks, which ``mount`` refuses with a state."""

    def __init__(self, emulator: Emulator, seed: object, checkpoints: list[Any] | None = None) -> None:
        self.emulator, self._seed = emulator, seed
        self.checkpoints: list[Any] = [] if checkpoints is None else checkpoints
        emulator.callbacks._apps[None] = _app

    def step(self, number: int) -> Any:
        """Take the step of this number, and return what came of it: a response, or the text of an error."""
        random = Random(f"{self._seed}/{number}")
        self.random = random
        steps: tuple[tuple[int, Callable[[], Any]], ...] = (
            (12, self.create_credential),
            (4, self.update_credential),
            (4, self.delete_credential),
            (8, self.fetch),
            (6, self.page),
            (5, self.create_service),
            (2, self.delete_service),
            (8, self.create_binding),
            (8, self.notify),
            (3, self.strange),
            (3, self.other_account),
            (3, self.add_fault),
            (3, self.remove_faults),
            (3, self.move_clock),
            (3, self.change_provider),
            (2, self.change_account),
            (2, self.records),
            (2, self.drain),
            (1, self.checkpoint),
            (1, self.restart),
        )
        (act,) = random.choices([act for _, act in steps], [weight for weight, _ in steps])
        try:
            return act()
        except (UsageError, KeyError) as error:
            return f"{type(error).__name__}: {error}"

    # --- calls --------------------------------------------------------------------------------------------------------

    def create_credential(self) -> Answer:
        kind, secret = self.random.choice([("fcm", "Secret"), ("gcm", "ApiKey"), ("fcm", "ApiKey"), ("apn", "Secret")])
        form = {"Type": kind, "FriendlyName": self.random.choice(NAMES), secret: "s"}
        return ask(self.emulator, "POST", "/v1/Credentials", **form)

    def update_credential(self) -> Answer:
        form = {"FriendlyName": self.random.choice(NAMES), "Secret": "other"}
        return ask(self.emulator, "POST", f"/v1/Credentials/{self._any('credentials')}", **form)

    def delete_credential(self) -> Answer:
        return ask(self.emulator, "DELETE", f"/v1/Credentials/{self._any('credentials')}")

    def fetch(self) -> Answer:
        kind = self.random.choice(["Credentials", "Services"])
        return ask(self.emulator, "GET", f"/v1/{kind}/{self._any(kind.lower())}")

    def page(self) -> Answer:
        size = self.random.randint(1, 5)
        return ask(self.emulator, "GET", f"/v1/{self.random.choice(['Credentials', 'Services'])}?PageSize={size}")

    def create_service(self) -> Answer:
        form = {"FriendlyName": self.random.choice(NAMES), "MessagingServiceSid": "MG" + "0" * 32}
        if self.random.random() < 0.7:
            form["DeliveryCallbackUrl"] = "http://localhost:5000/hook"
        if self.random.random() < 0.7:
            form["FcmCredentialSid"] = self._any("credentials")
        return ask(self.emulator, "POST", "/v1/Services", **form)

    def delete_service(self) -> Answer:
        return ask(self.emulator, "DELETE", f"/v1/Services/{self._any('services')}")

    def create_binding(self) -> Answer:
        kind, address = self.random.choice([("fcm", "token"), ("sms", "+4912"), ("apn", "a" * 64), ("fcm", "gone")])
        form = {"Identity": self.random.choice("abc"), "BindingType": kind, "Address": address}
        form["Tag"] = self.random.sample(["vip", "de"], self.random.randint(0, 2))
        if self.random.random() < 0.3:
            form["Endpoint"] = "phone"
        return ask(self.emulator, "POST", f"/v1/Services/{self._any('services')}/Bindings", **form)

    def notify(self) -> Answer:
        form: dict[str, Any] = {"Body": "hello", "Identity": list("abc")[: self.random.randint(0, 3)]}
        if self.random.random() < 0.5:
            form["ToBinding"] = '{"binding_type": "sms", "address": "+4912"}'
        if self.random.random() < 0.5:
            form["DeliveryCallbackUrl"] = "http://localhost:5000/own"
        return ask(self.emulator, "POST", f"/v1/Services/{self._any('services')}/Notifications", **form)

    def strange(self) -> Answer:
        method, target = self.random.choice(
            [("PUT", "/v1/Credentials"), ("OPTIONS", "/v1/Credentials"), ("HEAD", "/v1/Services"), ("GET", "/nowhere")]
        )
        return ask(self.emulator, method, target)

    def other_account(self) -> Answer:
        account = self.random.choice([OTHER, "AC" + "8" * 32, "AB", f"AC{self.random.randint(0, 20):032}"])
        headers = {"authorization": basic(account, "token")}
        method, target = self.random.choice([("GET", "/v1/Credentials"), ("POST", "/v1/Services")])
        return self.emulator.handle(read(method, target, host="notify.twilio.com", headers=headers, scheme="https"))

    # --- other commands -----------------------------------------------------------------------------------------------

    def add_fault(self) -> Any:
        kind, fields = self.random.choice(EFFECTS)
        call = "delivery.*" if kind == "undelivered" else "*.create" if kind == "forget" else "*.list"
        call = call if kind in ("undelivered", "forget", "stale") else self.random.choice(["*", "credential.create"])
        rest = self.random.choice(
            [{"times": 2}, {"chance": 0.4, "times": 3}, {"every": 2, "times": 3}, {"until": "1h"}]
        )
        return str(self.emulator.faults.add(call, kind, unused="ignore", **fields, **rest))

    def remove_faults(self) -> Any:
        names = [rule.name for rule in self.emulator.faults]
        if names and self.random.random() < 0.5:
            return self.emulator.faults.remove(self.random.choice(names))
        return self.emulator.faults.clear()

    def move_clock(self) -> Any:
        clock = self.emulator.clock
        return self.random.choice(
            [
                lambda: clock.freeze(),
                lambda: clock.freeze("2031-05-05"),
                lambda: clock.advance("90s"),
                lambda: clock.set("2030-02-03T04:05:06"),
                clock.resume,
            ]
        )()

    def change_provider(self) -> Any:
        providers = self.emulator.providers
        provider = self.random.choice([providers.apns, providers.fcm, providers.sms])
        return self.random.choice(
            [
                lambda: provider.unregister(self.random.choice(["gone", "a" * 64])),
                lambda: providers.apns.register("a" * 64, topic="app", sandbox=True),
                lambda: provider.throttle(),
                lambda: provider.throttle("token"),
                lambda: provider.revoke(self._any("credentials")),
                lambda: provider.slow_down("2s"),
                provider.go_down,
                provider.recover,
                providers.reset,
                lambda: providers.fcm.change({"accept_legacy": True}),
            ]
        )()

    def change_account(self) -> Any:
        accounts = self.emulator.accounts
        return self.random.choice(
            [
                lambda: accounts.suspend(OTHER),
                lambda: accounts.activate(OTHER),
                lambda: accounts.expire(OTHER, new_token="new"),
                lambda: accounts.suspend("nobody"),
            ]
        )()

    def records(self) -> Any:
        emulator = self.emulator
        return self.random.choice(
            [
                lambda: emulator.credentials.add(type="fcm", secret="x", friendly_name="added").sid,
                lambda: emulator.services.of(OTHER).add(friendly_name="theirs").sid,
                lambda: emulator.credentials.remove(self._any("credentials")),
                lambda: len(emulator.add_records({"credentials": [{"type": "fcm", "secret": "y"}]})),
                lambda: emulator.credentials.add(type="wrong"),
                lambda: emulator.add_permanent_fault("service.fetch", "refuse", code=20429, times=1, unused="ignore"),
            ]
        )()

    def drain(self) -> Any:
        return [str(exchange.outcome()) for exchange in self.emulator.callbacks.drain()]

    def checkpoint(self) -> Any:
        if self.checkpoints and self.random.random() < 0.5:
            return self.emulator.restore(self.random.choice(self.checkpoints))
        return self.checkpoints.append(self.emulator.snapshot())

    def restart(self) -> Any:
        return self.emulator.reset() if self.random.random() < 0.3 else None

    def _any(self, key: str) -> str:
        known = list(getattr(self.emulator, key))
        prefix = {"credentials": "CR", "services": "IS"}[key]
        return self.random.choice([*known, prefix + "0" * 32] if len(known) < 2 else known)


def _app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Fails for the first attempt of a notification's callback, depending on its token."""
    is_bad = environ["HTTP_I_TWILIO_IDEMPOTENCY_TOKEN"] < "5"
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("500 Internal Server Error" if is_bad else "200 OK", [])
    return [b""]
