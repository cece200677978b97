"""Twilio's error responses, one class each: status, code and text, and the evidence for it."""

from __future__ import annotations

import json
from typing import Any, ClassVar, Literal

Evidence = Literal["observed", "documented", "inferred", "emulator"]
"""How well a rule is known. ``emulator``: a decision of the emulator, which says nothing about Twilio."""


class TwilioError(Exception):
    """An error response.

    ``message`` is a ``str.format`` template, filled with the keyword arguments of the constructor. ``reason`` describes
    the problem for debugging: it goes into the journal, never onto the wire. ``headers`` are extra response headers. An
    error ``at_edge`` is sent by the edge, before the gateway, and lacks the gateway's headers.
    """

    status: ClassVar[int]
    code: ClassVar[int]
    message: ClassVar[str]
    evidence: ClassVar[Evidence]
    source: ClassVar[str]
    at_edge: ClassVar[bool] = False
    detail: str | None = None
    headers: tuple[tuple[str, str], ...] = ()

    def __init__(self, reason: str = "", **values: str) -> None:
        self.reason = reason
        self.text = self.message.format(**values)
        super().__init__(f"{self.status} {self.code}: {self.text}")

    def body(self) -> bytes:
        """Return the JSON envelope: sorted keys, spaces, one line (observed: 404 of 196 bytes, 2020)."""
        envelope: dict[str, Any] = {"code": self.code}
        if self.detail is not None:
            envelope["detail"] = self.detail
        envelope["message"] = self.text
        envelope["more_info"] = f"https://www.twilio.com/docs/errors/{self.code}"
        envelope["status"] = self.status
        return json.dumps(envelope).encode()


# --- authentication --------------------------------------------------------------------------------------------------

_REALM = (("WWW-Authenticate", 'Basic realm="Twilio API"'),)


class NoCredentials(TwilioError):
    status, code = 401, 20003
    message = "Authentication Error - No credentials provided"
    evidence, source = "observed", "several clients' logs; the WWW-Authenticate header is inferred from the 2010 API"
    headers = _REALM


class InvalidUsername(TwilioError):
    status, code = 401, 20003
    message = "Authentication Error - invalid username"
    evidence, source = "observed", "many clients' logs; the WWW-Authenticate header is inferred from the 2010 API"
    headers = _REALM


class WrongToken(TwilioError):
    status, code = 401, 20003
    message = "Authenticate"
    detail = "Your AccountSid or AuthToken was incorrect."
    evidence, source = "observed", "api.twilio.com, 2018, 171 bytes; later responses have an empty detail or none"
    headers = _REALM


class RestrictedKey(TwilioError):
    status, code = 401, 70051
    message = "Authorization Error: actor doesn't have any assertions"
    evidence, source = "observed", "a client's log; error dictionary 70051"


class AccountNotActive(TwilioError):
    status, code = 403, 20005
    message = "Account not active"
    evidence, source = "inferred", "error dictionary 20005; the status that Notify sends (401 or 403) was never seen"


# --- path and method -------------------------------------------------------------------------------------------------


class NotFound(TwilioError):
    status, code = 404, 20404
    message = "The requested resource {path} was not found"
    evidence, source = "observed", "notify.twilio.com /Services/IS...; the path is without host, version and query"


class MethodNotAllowed(TwilioError):
    status, code = 405, 20004
    message = "The requested resource {path} does not support the attempted HTTP method {method}"
    evidence, source = "observed", "sibling products; the Allow header is inferred"

    def __init__(self, reason: str = "", *, allow: tuple[str, ...] = (), **values: str) -> None:
        super().__init__(reason, **values)
        self.headers = (("Allow", ", ".join(allow)),) if allow else ()


# --- parameters ------------------------------------------------------------------------------------------------------


class MissingParameter(TwilioError):
    status, code = 400, 20001
    message = "Missing required parameter {name} in the post body"
    evidence, source = "inferred", "chat v2 and Studio send this text for their own parameters (observed)"


class MissingSecret(TwilioError):
    status, code = 400, 20001
    message = "Cannot {verb} credentials record. '{name}' must be present"
    evidence = "observed"
    source = "POST /Credentials without Secret, 2017; ApiKey, Certificate, PrivateKey and the update are inferred"


class UnreadableCertificate(TwilioError):
    status, code = 400, 20001
    message = "Could not parse certificate"
    evidence, source = "observed", "POST /Credentials, 2017"


class UnreadablePrivateKey(TwilioError):
    status, code = 400, 20001
    message = "Could not parse private key"
    evidence, source = "inferred", "by analogy with the certificate"


class InvalidType(TwilioError):
    status, code = 400, 70105
    message = "Invalid Type Specified in the Request"
    evidence, source = "inferred", "error dictionary 70105 names push credentials; 20001 is equally possible"


class InvalidParameter(TwilioError):
    status, code = 400, 20001
    message = "Can not convert incoming parameters to {resource} object: Parameter '{name}' is invalid"
    evidence, source = "inferred", "Notify sends this text for ToBinding in a Notification (observed, 2019)"


class LimitReached(TwilioError):
    status, code = 400, 20001
    message = "Cannot create {resource}: the limit of {limit} {things} is reached"
    evidence, source = "inferred", "limits documented (notify-limits, binding resource); the text was never seen"


class NoTarget(TwilioError):
    status, code = 400, 20001
    message = (
        "Failed to create notification: At least one parameter among Identity, Tag, and ToBinding must be specified"
    )
    evidence, source = "inferred", "Notify, 2020: observed except for its last letters, which the report cut off"


class MixedTargets(TwilioError):
    status, code = 400, 20001
    message = "Direct notifications and query notifications can not be requested together"
    evidence, source = "observed", "Notify, a report on Twilio's sample code"


class InvalidPageSize(TwilioError):
    status, code = 400, 20001
    message = "Invalid PageSize."
    evidence, source = "inferred", "the text of a mock in a Twilio-authored Java test"


class PageSizeTooLarge(TwilioError):
    status, code = 400, 20007
    message = "Page size too large"
    evidence, source = "inferred", "title of 20007 in the error dictionary; its exact text was never seen"


class InvalidPage(TwilioError):
    status, code = 400, 20001
    message = "Invalid Page."
    evidence, source = "inferred", "by analogy with PageSize"


class MissingPageToken(TwilioError):
    status, code = 400, 20001
    message = "Paged requests must include a PageToken"
    evidence, source = "observed", "twilio-php, 2018; the code is inferred"


class InvalidPageToken(TwilioError):
    status, code = 400, 20001
    message = "Invalid PageToken."
    evidence, source = "inferred", "by analogy with PageSize"


# --- malformed requests (the real edge's responses to these were never seen) and server errors -----------------------


class MalformedRequest(TwilioError):
    status, code = 400, 20001
    message = "Bad request: {what}"
    evidence, source = "inferred", "no recording; the envelope of the other 400s"


class EntityTooLarge(TwilioError):
    status, code = 413, 20413
    message = "Request Entity Too Large"
    evidence, source = "documented", "error dictionary 20413"


class UriTooLong(TwilioError):
    status, code = 414, 20001
    message = "Request-URI Too Long"
    evidence, source = "inferred", "no recording; the envelope of the other 400s"


class HeadersTooLarge(TwilioError):
    status, code = 431, 20001
    message = "Request Header Fields Too Large"
    evidence, source = "inferred", "no recording; the envelope of the other 400s"


class InternalError(TwilioError):
    status, code = 500, 20500
    message = "An internal server error has occurred"
    evidence, source = "observed", "a client's log; here it means a bug in the emulator"


class EdgeUnavailable(TwilioError):
    status, code = 503, 20503
    message = "Service is unavailable, please try again"
    evidence, source = "observed", "api.twilio.com's edge, 2025: compact JSON, more_info ends in the status"
    at_edge = True

    def body(self) -> bytes:
        return (
            b'{"code":20503,"message":"Service is unavailable, please try again",'
            b'"more_info":"https://www.twilio.com/docs/errors/503","status":503}'
        )


ERRORS: tuple[type[TwilioError], ...] = (
    NoCredentials,
    InvalidUsername,
    WrongToken,
    RestrictedKey,
    AccountNotActive,
    NotFound,
    MethodNotAllowed,
    MissingParameter,
    MissingSecret,
    UnreadableCertificate,
    UnreadablePrivateKey,
    InvalidType,
    InvalidParameter,
    LimitReached,
    NoTarget,
    MixedTargets,
    InvalidPageSize,
    PageSizeTooLarge,
    InvalidPage,
    MissingPageToken,
    InvalidPageToken,
    MalformedRequest,
    EntityTooLarge,
    UriTooLong,
    HeadersTooLarge,
    InternalError,
    EdgeUnavailable,
)
