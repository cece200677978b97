"""Delivery errors: codes of Twilio's error dictionary, and the code of each provider's outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

TITLES: Mapping[int, str] = {
    52001: "Invalid destination binding",
    52002: "Invalid Credential Sid",
    52003: "Invalid Credential Type",
    52004: "Credential SID not specified",
    52005: "Invalid credential content",
    52101: "Invalid GCM Api Key or FCM Secret",
    52102: "Invalid GCM/FCM registration token",
    52103: "GCM/FCM client uninstalled or turned off notifications",
    52104: "Mismatched GCM/FCM sender ID",
    52106: "Notification too large for GCM/FCM",
    52107: "Invalid custom key for GCM/FCM",
    52108: "GCM/FCM device message rate exceeded",
    52109: "GCM/FCM unauthorized error",
    52110: "GCM/FCM service unavailable",
    52111: "GCM/FCM unknown error",
    52131: "Invalid APNs credentials",
    52133: "Invalid APNs device token size",
    52134: "Invalid APNs device token",
    52135: "Missing subject in APNs certificate",
    52136: "Missing payload for APNs delivery",
    52138: "APNs payload too large",
    52139: "APN service shutdown",
    52140: "APN service unknown error",
    52141: "APNs device token unregistered",
    52142: "APNs device token is not correct",
    52143: "Notification rejected by APNs",
    52144: "APN service internal error",
    52145: "Failed to authenticate with APNs",
    52161: "Empty Credentials",
    52162: "Credentials do not belong to used account",
    52181: "Too many SMS notification requests",
    52182: "Messaging Service not specified",
    52202: "Facebook Messenger page not connected",
    52301: "Resulted destination list for requested parameters is empty",
    52309: "Channel provider replied with an error",
    52310: "Notification TTL has expired",
    52311: "Delivery callback invocation failed",
}
"""Titles from the error dictionary (documented). These codes are asynchronous: none was seen in a response."""


EVIDENCE, SOURCE = (
    "inferred",
    "titles of the error dictionary (documented); which of them a failure gets was never seen",
)
"""How well it is known which code a failed delivery gets."""


class Problem(NamedTuple):
    """A ``code`` of the error dictionary, and a more detailed ``reason`` for debugging."""

    code: int
    reason: str

    def __str__(self) -> str:
        return f"{self.code} {TITLES[self.code]}" + (f" ({self.reason})" if self.reason else "")


Outcome = Literal["unregistered", "throttled", "revoked", "down"]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

CODES: Mapping[str, Mapping[str, int]] = {
    "apn": {"unregistered": 52141, "throttled": 52143, "revoked": 52145, "down": 52139},
    "fcm": {"unregistered": 52103, "throttled": 52108, "revoked": 52109, "down": 52110},
    "gcm": {"unregistered": 52103, "throttled": 52108, "revoked": 52109, "down": 52110},
    "sms": {"unregistered": 52309, "throttled": 52181, "revoked": 52309, "down": 52309},
}
"""Codes by channel and outcome, inferred from the titles. An outcome without a code of its own is "rejected" for APNs
and "the provider replied with an error" for SMS."""
