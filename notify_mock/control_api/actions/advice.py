"""Actions that explain: what files of a credential are, and what Twilio's error codes mean."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from notify_mock.control_api.controlled import Control, Result
from notify_mock.control_api.guard import Refused
from notify_mock.control_api.json import read_object
from notify_mock.support.usage import nearest, shown

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
    """Return the codes of error responses, and of failed deliveries."""
    from notify_mock.twilio_api.catalog import FAULT_ERRORS
    from notify_mock.twilio_api.error_dictionary import ENTRIES
    from notify_mock.twilio_api.errors import ERRORS

    codes = sorted({error.code for error in (*ERRORS, *FAULT_ERRORS)} | set(ENTRIES))
    return 200, {"errors": [_described(code) for code in codes]}


def error(_control: Control, name: str) -> Result:
    found = _described(int(name)) if name.isascii() and name.isdigit() and len(name) < 10 else {}
    if not any(found.get(part) for part in ("responses", "delivery")):
        raise Refused(404, f"code: the error {shown(name)} is not known; see /_mock/errors", "code")
    return 200, found


def _described(code: int) -> dict[str, Any]:
    """Return the error responses with this code, and what it means for a delivery (null if it means nothing)."""
    from notify_mock.twilio_api.catalog import FAULT_ERRORS
    from notify_mock.twilio_api.error_dictionary import ENTRIES
    from notify_mock.twilio_api.errors import ERRORS

    entry = ENTRIES.get(code)
    return {
        "code": code,
        "url": f"https://www.twilio.com/docs/errors/{code}",
        "responses": [
            {
                "name": error.__name__,
                "status": error.status,
                "message": error.message,
                "evidence": error.evidence,
                "source": error.source,
            }
            for error in (*ERRORS, *FAULT_ERRORS)
            if error.code == code
        ],
        "delivery": None if entry is None else {key: value for key, value in entry._asdict().items() if key != "code"},
    }
