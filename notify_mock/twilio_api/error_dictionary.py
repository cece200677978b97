"""The dictionary of delivery errors: what each code means, how to mend it, and where that is known from.

Import it only where somebody asks about a code: the titles alone are in ``delivery_errors``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from notify_mock.twilio_api.delivery_errors import TITLES
from notify_mock.twilio_api.errors import Evidence

Level = Literal["ERROR", "WARNING"]


class Entry(NamedTuple):
    """One code. ``level`` is that of Twilio's Debugger, or None if it is not known.

    ``evidence`` is for title and cause: a user's log (observed), Twilio's page (documented), or neither (inferred).
    ``source`` is the path of Twilio's page, or the repository and issue. Causes and remedies are our words.
    """

    code: int
    title: str
    cause: str
    remedy: str
    level: Level | None
    evidence: Evidence
    source: str


_PAGE = "twilio.com/docs/api/errors/"
_DICT = "Twilio's error dictionary, copy of May 2023"
_ANDROID, _IOS = "twilio/voice-quickstart-android", "twilio/voice-quickstart-ios"
_OUTAGE = "Try again later. See Twilio's and the provider's status pages."
_WEBHOOK = "Notify's own Credential has no such token: check the Webhook Credential and its token endpoint."
_AGAIN = "Register the device again and create a Binding with the token that the app gets then."


def _known(
    code: int,
    cause: str,
    remedy: str,
    source: str = "",
    evidence: Evidence = "documented",
    level: Level | None = "ERROR",
) -> Entry:
    return Entry(code, TITLES[code], cause, remedy, level, evidence, source or f"{_PAGE}{code}")


_ENTRIES = (
    _known(52000, "Twilio failed internally while it handled the notification.", _OUTAGE, _DICT),
    _known(
        52001,
        "The channel rejected the destination: address, identity or protocol version of a Binding or ToBinding is"
        " invalid. Only this message was not sent.",
        "Pass on addresses exactly as the device or user gave them. A phone number is + and digits (E.164).",
    ),
    _known(
        52002,
        "The Credential that the Service or Binding names does not exist.",
        "Set the Credential's SID (CR...) in the Service, or in the Binding when you create it.",
    ),
    _known(
        52003,
        "The Credential is of another type than the Binding, such as apn for an fcm Binding.",
        "Use a Credential of the Binding's type.",
        f"{_PAGE}52003; text of the Debugger in twilio/twilio-node #561",
        "observed",
    ),
    _known(
        52004,
        "Neither the Binding nor the Service names a Credential for this type.",
        "Set ApnCredentialSid, FcmCredentialSid or GcmCredentialSid in the Service, or CredentialSid in the Binding.",
    ),
    _known(
        52005,
        "The Credential is malformed, has expired, is of a legacy kind, or the provider rejected it. It is accepted"
        " when it is created; the error appears when a push is sent.",
        "Create the Credential from the whole file: for FCM the JSON of a service account, quoted as one text.",
        f"{_PAGE}52005; seen in twilio/twilio-voice-react-native #647",
        "observed",
    ),
    _known(52101, "The GCM API key or the FCM secret is invalid or empty.", "Update the Credential with a valid one."),
    _known(
        52102,
        "The registration token is not valid.",
        "Pass it on unchanged. On a command line, encode it for a URL.",
    ),
    _known(
        52103,
        "The app was removed from the device, or its user turned notifications off. Twilio disables the registration"
        " token and sends it nothing more.",
        f"Nothing, for a device that is gone. {_AGAIN}",
        f"{_PAGE}52103, as quoted in {_ANDROID} #179; #457",
        "observed",
    ),
    _known(
        52104,
        "The Credential belongs to another Firebase project than the app that the token comes from.",
        "Use the Credential of the app's project, or allow that project's sender ID in the app.",
    ),
    _known(
        52105,
        "The token belongs to an app with another package name than the one in the request.",
        "Check restricted_package_name and the app that registered the token.",
    ),
    _known(52106, "The payload for GCM or FCM is larger than 4 KB.", "Send less; let the app fetch the rest."),
    _known(
        52107,
        "Data has a key that the provider reserves: from, gcm, or one that starts with google.",
        "Rename the key.",
    ),
    _known(
        52108,
        "Too many messages were sent to one device.",
        "Send fewer, and do not retry this device at once.",
    ),
    _known(
        52109,
        "The API key or secret was revoked, or is invalid.",
        "Update the Credential with a new one, or create a Credential and update the Service's"
        " FcmCredentialSid or GcmCredentialSid.",
    ),
    _known(52110, "GCM or FCM is unavailable for now, or Twilio cannot connect to it.", _OUTAGE),
    _known(52111, "GCM or FCM replied with an error that Twilio has no code for.", _OUTAGE, _DICT),
    _known(
        52112,
        "Not known: seen once, for a push through FCM in July 2025. Twilio has no page for it.",
        "Check token and Credential as for 52118.",
        "twilio/twilio-voice-react-native #552",
        "observed",
        None,
    ),
    _known(
        52116,
        "The Credential is a legacy server key. It worked until Google ended the legacy API in June 2024.",
        "Create a Credential with the JSON of a service account (FCM HTTP v1) as its Secret.",
        level="WARNING",
    ),
    _known(
        52117,
        "The Credential is a legacy server key. Google ended the legacy API in June 2024; such Credentials no longer"
        " work.",
        "Create a Credential with the JSON of a service account (FCM HTTP v1) as its Secret.",
        f"{_PAGE}52117; seen in {_ANDROID} #621",
        "observed",
    ),
    _known(
        52118,
        "FCM refused the request: an invalid or missing token, a payload that FCM cannot read, a missing field, too"
        " large a payload, or an invalid key.",
        "Check the token. All values of data must be text.",
    ),
    _known(
        52119,
        "An iOS device reached through FCM: APNs said that its token is no longer registered. Twilio deleted the"
        " Binding.",
        _AGAIN,
    ),
    _known(
        52131,
        "The certificate or the private key is invalid, or the certificate has expired.",
        "Create the Credential with the PEM of certificate and private key only, without bag attributes and"
        " passphrase. Renew an expired certificate.",
        f"{_PAGE}52131; seen in {_IOS} #142, #547",
        "observed",
    ),
    _known(
        52133,
        "The device token does not have 32 bytes (64 hex digits).",
        "Pass the token on unchanged.",
    ),
    _known(
        52134,
        "The device token is malformed, or belongs to the other environment: sandbox against production.",
        "Pass the token on unchanged. For an app from Xcode set Sandbox to True in the Credential; for one from"
        " TestFlight or the App Store, to False.",
        f"{_PAGE}52134; text of the Debugger in {_IOS} #304",
        "observed",
    ),
    _known(
        52135,
        "The certificate has no subject; it should name the app's bundle ID.",
        "Create a new certificate for a bundle ID.",
    ),
    _known(
        52136,
        "There is nothing to show and no data.",
        "Give at least one of Body, Sound, Action, Data or Apn.",
    ),
    _known(
        52137,
        "The subject of the certificate has an invalid length.",
        "Create a new certificate for a valid bundle ID.",
    ),
    _known(
        52138,
        "The payload for APNs is too large. Twilio's page says 2 KB; Apple's documentation says 4 KB.",
        "Send less; let the app fetch the rest.",
    ),
    _known(52139, "APNs is shutting down, such as for maintenance.", _OUTAGE, _DICT),
    _known(52140, "APNs replied with an error that Twilio has no code for.", _OUTAGE, _DICT),
    _known(
        52141,
        "The app was removed from the device, or its user turned notifications off: APNs says that the token is no"
        " longer active for the topic. Twilio removes the Binding.",
        f"Delete the Binding if it still exists. {_AGAIN}",
        f"{_DICT}; that the Binding is removed: {_IOS} #519 (a maintainer)",
        "observed",
    ),
    _known(
        52142,
        "The device token is malformed or missing.",
        "Check how the app reads its token.",
    ),
    _known(
        52143,
        "The certificate is for another topic: its subject does not match the app's bundle ID, or a regular"
        " certificate was used for a VoIP push or the other way round.",
        "Use the certificate of the app that the token comes from. Twilio sends only to the certificate's main topic.",
        f"{_PAGE}52143; text of the Debugger in {_IOS} #240, #282",
        "observed",
    ),
    _known(52144, "APNs had an internal error, is unavailable, or did not answer in time.", _OUTAGE),
    _known(
        52145,
        "The TLS handshake with APNs failed: certificate and private key do not belong together, or the certificate"
        " was revoked.",
        "Export both from the same item. Replace a revoked certificate.",
        f"{_PAGE}52145; text of the Debugger in {_IOS} #379",
        "observed",
    ),
    _known(52147, "Provider tokens are made too often, or are not cached.", _WEBHOOK, level="WARNING"),
    _known(52148, "The provider token is too old, or was made incorrectly.", _WEBHOOK),
    _known(52149, "The provider token is malformed or wrong.", _WEBHOOK),
    _known(
        52161,
        "The Credential is invalid, or there is none with this SID.",
        "Set the SID of a valid Credential.",
    ),
    _known(
        52162,
        "The Credential belongs to another account.",
        "Create a Credential in the account that sends the notification.",
    ),
    _known(52163, "The URL of a Webhook Credential is wrong, or answers with 404.", _WEBHOOK, _DICT),
    _known(52164, "A Webhook Credential is set up for another Binding type.", _WEBHOOK),
    _known(52165, "A Webhook Credential has a wrong identifier.", _WEBHOOK),
    _known(
        52181,
        "Notify's global limit of SMS per second was exceeded, by a broadcast or by high load.",
        "Send to fewer recipients at once, and more slowly.",
        _DICT,
    ),
    _known(
        52182,
        "The Service has no MessagingServiceSid.",
        "Create a Messaging Service and set MessagingServiceSid in the Notify Service.",
    ),
    _known(
        52202,
        "The Service's Facebook page is not connected to Twilio. Messenger is no longer a channel of Notify.",
        "Use another channel.",
        _DICT,
    ),
    _known(
        52203,
        "The notification has neither Body nor FacebookMessenger.",
        "Use another channel: Messenger is no longer one of Notify.",
    ),
    _known(
        52301,
        "No Binding matches the Identity, Tag or Segment of the notification. The request itself succeeded.",
        "Nothing, if that was intended. Else check that the Bindings exist in this Service, and have all of the tags.",
        _DICT,
        level="WARNING",
    ),
    _known(
        52302,
        "The notification has too many recipients; nothing was sent.",
        "Send several notifications to fewer recipients each, by tag.",
    ),
    _known(
        52309,
        "The channel's provider replied with an error: a wrong address, credentials, permissions or the like.",
        "Check the channel's configuration, and the provider's text in the Debugger.",
        _DICT,
    ),
    _known(
        52310,
        "The notification took longer than its Ttl, or there were too many notifications.",
        "Increase Ttl, or try again later.",
    ),
    _known(
        52311,
        "Twilio could not call the delivery callback: its URL is invalid, or it replied with an error.",
        "Check DeliveryCallbackUrl, and that the server behind it answers with 2xx.",
    ),
)

ENTRIES: Mapping[int, Entry] = {entry.code: entry for entry in _ENTRIES}
"""The entry of every code in ``TITLES``."""
