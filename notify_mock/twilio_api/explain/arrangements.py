"""How to get each error code from the emulator.

Text in backticks is Python that a test runs: ``providers``, ``faults`` and ``emulator`` are those of an emulator,
``credential`` and ``address`` those of a Binding. Other text describes a request or a record.
"""

from __future__ import annotations

from collections.abc import Mapping

from notify_mock.twilio_api.catalog import BY_CODE
from notify_mock.twilio_api.delivery_errors import CODES, TITLES, Outcome

_PROVIDERS = {"apn": "apns", "fcm": "fcm", "gcm": "gcm", "sms": "sms"}

_ACTS: Mapping[Outcome, str] = {
    "unregistered": "unregister(address)",
    "throttled": "throttle(address)",
    "revoked": "revoke(credential)",
    "down": "go_down()",
}
"""The method of a provider for each of its outcomes."""

_BY_HAND: Mapping[int, tuple[str, ...]] = {
    421: ("a call that a cassette with on_miss='error' has no entry for",),
    20001: (
        "a parameter that is missing, invalid or given twice",
        "a certificate or private key that cannot be parsed",
        "a record over a limit, such as a 21st Binding for an identity",
    ),
    20003: (
        "no Authorization header",
        "with accounts=: an unknown account, or a wrong token",
        "`faults.add('*', Expire())`, for the calls that follow",
        '`Emulator(scenario="token-rotated")`, from the sixth call on',
    ),
    20004: ("a method that the path does not have, such as PUT",),
    20005: ('`Emulator(scenario="account-suspended")`', "with accounts=: an Account that is suspended or closed"),
    20007: ("a PageSize over 1000",),
    20404: (
        "a path that does not exist, or a SID without a record",
        '`Emulator(scenario="notify-eol")`',
    ),
    20413: ("a request of more than 1 MiB",),
    20429: (
        "`faults.add('*', RateLimit(1))`, for the calls that follow",
        '`Emulator(scenario="rate-limited")`, from the sixth call on',
    ),
    20503: ('`Emulator(scenario="outage")`',),
    52001: (
        "an SMS to an address that is not + and digits",
        "a push Binding with another protocol version than 1 to 4",
    ),
    52002: ("a Credential that was deleted",),
    52003: ("a Credential of another type than the Binding",),
    52004: ("no Credential in Binding and Service",),
    52005: ("an fcm Credential whose Secret begins like JSON and is not that of a service account",),
    52102: ("a registration token with a space or an accented letter",),
    52106: ("a payload of more than 4,096 bytes for FCM or GCM",),
    52107: ("a key in Data for FCM or GCM that is reserved, such as from",),
    52117: ("a legacy server key, when the emulator's clock is past 20 June 2024",),
    52118: (
        "a value in Data for FCM that is not text",
        "a field in Fcm that a message does not have, or that is no object where it must be one",
    ),
    52119: ("`providers.fcm.unregister(address, ios=True)`",),
    52131: ("a certificate that has expired (`apn_pair(expired=True)`) or is not valid yet, on the emulator's clock",),
    52133: ("a device token of hex digits that does not have 64",),
    52134: (
        "a device token that is not in hex",
        "a certificate for the sandbox, without Sandbox=true in the Credential",
        "`providers.apns.register(address, sandbox=True)`, with a Credential for production",
    ),
    52135: ("a certificate without a subject",),
    52136: ("a push to APNs with nothing to show and no data",),
    52138: ("a payload of more than 4,096 bytes for APNs",),
    52143: ("`providers.apns.register(address, topic='com.example.other')`, with another topic in the certificate",),
    52145: ("a private key that does not belong to the certificate",),
    52162: ("a Credential of another account or region",),
    52182: ("an SMS through a Service without MessagingServiceSid",),
    52202: ("a Binding of type facebook-messenger",),
    52301: ("a notification that selects no Binding",),
    52309: ("a Binding of type alexa", "an SMS without body and media"),
    52310: ("`providers.apns.slow_down('2m')`, with a shorter Ttl",),
    52311: ("a delivery callback that is not answered with 2xx",),
    70051: ("with accounts=: an ApiKey that is restricted",),
    70105: ("a Credential with another Type than apn, fcm and gcm",),
}


def arrangements_for(code: int) -> tuple[str, ...]:
    """Return how to get the code from the emulator, the most natural way first; () for a code that it does not know."""
    found = [*_BY_HAND.get(code, ())]
    for channel, codes in CODES.items():
        for outcome, given in codes.items():
            if given == code and (channel, outcome) != ("sms", "revoked"):  # an SMS has no Credential
                found.append(f"`providers.{_PROVIDERS[channel]}.{_ACTS[outcome]}`")  # type: ignore[index]
    if code in TITLES:
        found.append(f"`faults.add('delivery.*', Undelivered(error={code}))`")
    if code in BY_CODE:
        found.append(f"`faults.add('*', Refuse({code}))`")
    return tuple(found)
