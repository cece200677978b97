"""The dictionary of error responses: what each code means and how to mend it. The texts are in ``errors``."""

from __future__ import annotations

from collections.abc import Mapping

from notify_mock.twilio_api.error_dictionary import Entry, Level
from notify_mock.twilio_api.errors import Evidence

_PAGE = "twilio.com/docs/api/errors/"
_RETRY = "Try again a few times, and wait longer each time."
_CREDENTIALS = "Use credentials of the account and region that the request is for."


def _known(
    code: int, title: str, cause: str, remedy: str, level: Level | None = None, evidence: Evidence = "documented"
) -> Entry:
    return Entry(code, title, cause, remedy, level, evidence, f"{_PAGE}{code}")


_ENTRIES = (
    Entry(
        421,
        "No recorded response",
        "The cassette that is replayed has no entry left for this call.",
        'Record it again, or let the emulator carry the call out: on_miss="emulate".',
        None,
        "emulator",
        "docs/cassettes.md",
    ),
    _known(
        20001,
        "Unknown parameters",
        "A parameter is missing or invalid, or a limit is reached. The message says which. (Twilio's page is about"
        " unknown parameters; the code is used for all of these.)",
        "Correct the parameter that the message names.",
    ),
    _known(
        20003,
        "Permission Denied",
        "There are no credentials, or they are wrong, deleted, expired, or of another account or region.",
        f"{_CREDENTIALS} Check that no proxy removes the Authorization header.",
        "ERROR",
    ),
    _known(
        20004,
        "Method not allowed",
        "The path exists, and does not have this HTTP method.",
        "Use POST to create and update, GET to read, DELETE to delete.",
    ),
    _known(
        20005,
        "Account not active",
        "The account is suspended or closed, has no funds, or its trial has not begun.",
        "Activate the account in Twilio's console.",
        "ERROR",
    ),
    _known(20006, "Access Denied", "The caller may not do this.", "Use credentials that have the permission."),
    _known(20007, "Page size too large", "PageSize is larger than 1000.", "Use a PageSize of at most 1000."),
    _known(
        20008,
        "Resource not accessible with Test Account Credentials",
        "The request has Twilio's test credentials, and Notify does not take them.",
        "Use the credentials of a live account.",
    ),
    _known(
        20161,
        "Parameters are not specified for update request",
        "An update has no parameters. Notify accepts that; Programmable Chat does not.",
        "Give at least one parameter.",
    ),
    _known(
        20162,
        "A conflicting resource update is in progress",
        "Another request is changing the same record.",
        _RETRY,
    ),
    _known(
        20403,
        "403 Forbidden",
        "The account or key may not make this request.",
        "Check the account's status and the permissions of the key.",
    ),
    _known(
        20404,
        "Not Found",
        "The path is wrong, or there is no record with this SID in the account, region and service. Paths are"
        " case-sensitive.",
        "Check the SID, and which account, region and service it belongs to.",
    ),
    _known(20409, "Conflict", "The request contradicts the record's state.", "Fetch the record, and try again."),
    _known(20413, "Request Entity Too Large", "The request is too large.", "Send less, or several requests."),
    _known(20422, "Invalid Parameter", "A parameter is invalid.", "Correct the parameter that the message names."),
    _known(20426, "Upgrade Required", "Twilio requires another version of the protocol.", "Update the SDK and TLS."),
    _known(
        20429,
        "Too many requests",
        "The account has made too many requests at the same time. They were not carried out.",
        f"{_RETRY} Send fewer requests at once.",
        "ERROR",
    ),
    _known(20500, "Internal Server Error", "Twilio failed internally.", _RETRY),
    _known(20503, "Service unavailable", "Twilio is unavailable for now.", _RETRY, "ERROR"),
    _known(
        70051,
        "Authorization Failed",
        "Account or API key is not found or suspended, or a restricted key lacks the permission.",
        "Add the permission to the key, or use a standard key.",
        "ERROR",
    ),
    _known(
        70105,
        "Invalid Type Specified in the Request",
        "There is no credential of this Type.",
        "Use apn, fcm or gcm.",
        "ERROR",
    ),
)

API_ENTRIES: Mapping[int, Entry] = {entry.code: entry for entry in _ENTRIES}
"""The entry of every code of a response that is not a delivery code."""
