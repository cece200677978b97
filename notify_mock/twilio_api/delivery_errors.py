"""Delivery errors: codes of Twilio's error dictionary, and the code of each provider's outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

TITLES: Mapping[int, str] = {
    52000: "Internal notification error",
    52001: "Invalid destination binding",
    52002: "Invalid Credential Sid",
    52003: "Invalid Credential Type",
    52004: "Credential SID not specified",
    52005: "Invalid credential content",
    52101: "Invalid GCM Api Key or FCM Secret",
    52102: "Invalid GCM/FCM registration token",
    52103: "GCM/FCM client uninstalled or turned off notifications",
    52104: "Mismatched GCM/FCM sender ID",
    52105: "Invalid GCM/FCM package name",
    52106: "Notification too large for GCM/FCM",
    52107: "Invalid custom key for GCM/FCM",
    52108: "GCM/FCM device message rate exceeded",
    52109: "GCM/FCM unauthorized error",
    52110: "GCM/FCM service unavailable",
    52111: "GCM/FCM unknown error",
    52112: "FCM error without a page in Twilio's dictionary",
    52116: "Legacy FCM server key credential used to send notifications",
    52117: "Deprecated GCM/FCM API is used to send notifications",
    52118: "FCM Bad Request",
    52119: "FCM could not deliver to iOS device: APNs token is unregistered",
    52131: "Invalid APNs credentials",
    52133: "Invalid APNs device token size",
    52134: "Invalid APNs device token",
    52135: "Missing subject in APNs certificate",
    52136: "Missing payload for APNs delivery",
    52137: "Invalid size of subject in APNs certificate",
    52138: "APNs payload too large",
    52139: "APNs service shutdown",
    52140: "Unknown APNs error",
    52141: "The provided APNs device token has been unregistered",
    52142: "The provided APNs device token is not correct",
    52143: "The push notification was rejected by APNs",
    52144: "APNs experienced an internal error",
    52145: "Failed to authenticate with APNs",
    52147: "Too many APNs provider token updates",
    52148: "Expired APNs provider token used",
    52149: "Invalid APNs provider token used",
    52161: "Empty Credentials",
    52162: "Credentials do not belong to used account",
    52163: "Incorrect URL used to retrieve Webhook Credentials",
    52164: "No Credentials found for the supplied Binding Type",
    52165: "No Credentials found for the supplied Identifier",
    52181: "Too many SMS notification requests",
    52182: "Messaging Service not specified",
    52202: "Facebook page ID is not connected to Twilio",
    52203: "Missing body for Facebook Messenger delivery attempt",
    52301: "Resulted destination list for requested parameters is empty",
    52302: "Too many recipients",
    52309: "Channel provider replied with an error",
    52310: "Notification TTL has expired",
    52311: "Delivery callback invocation failed",
}
"""Titles from Twilio's error dictionary (documented, except for 52112). These codes are asynchronous: none was seen in
a response. Causes, remedies and sources are in ``error_dictionary``."""


class Problem(NamedTuple):
    """A ``code`` of the error dictionary, and a more detailed ``reason`` for debugging."""

    code: int
    reason: str

    def __str__(self) -> str:
        return f"{self.code} {TITLES[self.code]}" + (f" ({self.reason})" if self.reason else "")


BindingChange = Literal["deleted", "disabled"]

BINDING_CHANGES: Mapping[int, BindingChange] = {52103: "disabled", 52119: "deleted", 52141: "deleted"}
"""What Twilio does with the binding of a delivery that failed with the code.

- 52103: "We have disabled the registration token and we will not send new notifications to it" (Twilio's page, observed
  through Voice). A Binding has no field for this, so fetch and list still show it (inferred).
- 52119: "Twilio deleted the Binding that contained this device token" (Twilio's page, documented).
- 52141: "the push notification binding will be removed from the system" (a maintainer of Twilio's Voice SDK, observed).
"""

Outcome = Literal["unregistered", "throttled", "revoked", "down"]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

CODES: Mapping[str, Mapping[str, int]] = {
    "apn": {"unregistered": 52141, "throttled": 52140, "revoked": 52145, "down": 52144},
    "fcm": {"unregistered": 52103, "throttled": 52108, "revoked": 52109, "down": 52110},
    "gcm": {"unregistered": 52103, "throttled": 52108, "revoked": 52109, "down": 52110},
    "sms": {"unregistered": 52309, "throttled": 52181, "revoked": 52309, "down": 52309},
}
"""Codes by channel and outcome. Observed: 52103 and 52141. Documented: the others of FCM and GCM, 52144, 52145 and
52181. Inferred: 52140, as Twilio has no code for a device that APNs throttles, and 52309, whose page names the address
and credentials of a channel."""
