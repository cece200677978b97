"""Error responses that only fault rules produce, and the error class for every code."""

from __future__ import annotations

from collections.abc import Mapping

from notify_mock.twilio_api.errors import ERRORS, InvalidParameter, TwilioError, WrongToken


class Forbidden(TwilioError):
    status, code = 403, 20403
    message = "Forbidden"
    evidence, source = "documented", "error dictionary 20403; the text is its title"


class AccessDenied(TwilioError):
    status, code = 403, 20006
    message = "Access Denied"
    evidence, source = "documented", "error dictionary 20006; the text is its title"


class TestCredentials(TwilioError):
    status, code = 403, 20008
    message = "Resource not accessible with Test Account Credentials"
    evidence, source = "inferred", "error dictionary 20008; the text is that of the 2010 API"


class NoUpdateParameters(TwilioError):
    status, code = 400, 20161
    message = "Parameters are not specified for update request"
    evidence, source = "documented", "error dictionary 20161, for Programmable Chat; Notify accepts empty updates"


class ConflictingUpdate(TwilioError):
    status, code = 409, 20162
    message = "A conflicting resource update is in progress"
    evidence, source = "documented", "error dictionary 20162; never seen on Notify"


class Conflict(TwilioError):
    status, code = 409, 20409
    message = "Conflict"
    evidence, source = "documented", "error dictionary 20409; never seen on Notify"


class UnprocessableEntity(TwilioError):
    status, code = 422, 20422
    message = "Invalid Parameter"
    evidence, source = "documented", "error dictionary 20422; the text is its title"


class UpgradeRequired(TwilioError):
    status, code = 426, 20426
    message = "Upgrade Required"
    evidence, source = "documented", "error dictionary 20426; the text is its title"


class TooManyRequests(TwilioError):
    status, code = 429, 20429
    message = "Too many requests"
    detail = "Too many requests for the associated account being sent."
    evidence, source = "observed", "serverless v1, 2020; its headers were not recorded"


class InvalidCredentialContent(TwilioError):
    status, code = 400, 52005
    message = "Invalid credential content"
    evidence, source = "inferred", "error dictionary 52005, an asynchronous error; never seen in a response"


FAULT_ERRORS: tuple[type[TwilioError], ...] = (
    Forbidden,
    AccessDenied,
    TestCredentials,
    NoUpdateParameters,
    ConflictingUpdate,
    Conflict,
    UnprocessableEntity,
    UpgradeRequired,
    TooManyRequests,
    InvalidCredentialContent,
)

BY_CODE: Mapping[int, type[TwilioError]] = {
    **{error.code: error for error in reversed((*ERRORS, *FAULT_ERRORS))},
    20001: InvalidParameter,
    20003: WrongToken,
}
"""The error class for each code. Where several share a code: the one that clients receive most often."""
