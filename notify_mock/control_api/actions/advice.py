"""Actions that explain: what files of a credential are, and what Twilio's error codes mean."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from notify_mock.control_api.controlled import Control, Result
from notify_mock.control_api.guard import Refused
from notify_mock.control_api.json import read_object
from notify_mock.support.usage import UsageError, nearest, shown

if TYPE_CHECKING:
    from notify_mock.twilio_api.explain import Explanation, Message

_KEYS = ("files", "password", "secrets")
MAX_FILES = 8


def diagnose(control: Control) -> Result:
    """Say what the files of one credential are. Their contents are in the response only if ``secrets`` is true."""
    from notify_mock.doctor.diagnose import diagnose as diagnose_files

    given = read_object()
    for key in given:
        if key not in _KEYS:
            raise Refused(400, f"unknown key {shown(key)}; {nearest(key, _KEYS)}", key)
    password, secrets = given.get("password"), given.get("secrets", False)
    if not isinstance(password, (str, type(None))):
        raise Refused(400, f"password: expected text or null, got a {type(password).__name__}", "password")
    if not isinstance(secrets, bool):
        raise Refused(400, f"secrets: expected true or false, got {shown(secrets)}", "secrets")
    found = diagnose_files(_files(given.get("files")), password, control.emulator.clock.time())
    return 200, found.describe(secrets=secrets)


def _files(given: Any) -> dict[str, bytes]:
    """Return contents by name. Raises ``Refused``, without the content, which may be a secret."""
    if not isinstance(given, Mapping) or not 1 <= len(given) <= MAX_FILES or "" in given:
        raise Refused(400, f"files: expected 1 to {MAX_FILES} contents in base64 by file name", "files")
    return {name: _content(name, content) for name, content in given.items()}


def _content(name: str, content: Any) -> bytes:
    try:
        return b64decode(content if isinstance(content, str) else "?", validate=True)
    except ValueError as error:
        raise Refused(400, f"files: the content of {shown(name)} is not base64", "files") from error


def errors(_control: Control) -> Result:
    """Return every known code of Twilio's."""
    from notify_mock.twilio_api.explain import explanations

    return 200, {"errors": [_described(one) for one in explanations().values()]}


def error(_control: Control, name: str) -> Result:
    from notify_mock.twilio_api.explain import explain

    try:
        return 200, _described(explain(name))
    except UsageError as error:
        raise Refused(404, f"code {error.where} {error.wrong}; {error.remedy}", "code") from error


def _described(found: Explanation) -> dict[str, Any]:
    """Return what is known of a code. ``delivery`` is what it means for a delivery, null if it means nothing."""
    from notify_mock.twilio_api.error_dictionary import ENTRIES

    own = found.entry._asdict()
    code = own.pop("code")
    return {
        "code": code,
        "url": f"https://www.twilio.com/docs/errors/{code}",
        **own,
        "responses": [_response(one) for one in found.messages],
        "arrangements": list(found.arrangements),
        "delivery": own if code in ENTRIES else None,
    }


def _response(message: Message) -> dict[str, Any]:
    own = message._asdict()
    return {"message": own.pop("text"), **own}
