"""The call that creates the credential, for Twilio's SDK and for curl, with names of files in place of secrets."""

from __future__ import annotations

import shlex

from notify_mock.doctor.diagnosis import Diagnosis
from notify_mock.doctor.mending import CERTIFICATE, PRIVATE_KEY, SECRET, can_be_named

_NEEDED = {"apn": (CERTIFICATE, PRIVATE_KEY), "fcm": (SECRET,)}
_ARGUMENTS = {CERTIFICATE: "certificate", PRIVATE_KEY: "private_key", SECRET: "secret"}


def create_lines(diagnosis: Diagnosis) -> dict[str, str]:
    """Return the call as ``python`` and as ``curl``, or {} if the files cannot become a credential.

    curl has no option for a file with ``=`` in its name.
    """
    needed = _NEEDED.get(str(diagnosis.type), ("",))
    if not set(needed) <= diagnosis.files.keys() or not all(map(can_be_named, diagnosis.files.values())):
        return {}
    files = {role: diagnosis.files[role] for role in needed}
    sandbox = diagnosis.parameters.get("Sandbox", "false") if diagnosis.type == "apn" else ""
    python = {"python": _python(str(diagnosis.type), files, sandbox)}
    is_plain = not any("=" in name for name in files.values())
    return python | ({"curl": _curl(str(diagnosis.type), files, sandbox)} if is_plain else {})


def _python(kind: str, files: dict[str, str], sandbox: str) -> str:
    arguments = [f'type="{kind}"']
    arguments += [f'{_ARGUMENTS[role]}=Path({name!r}).read_text("utf-8")' for role, name in files.items()]
    arguments += [f"sandbox={sandbox.title()}"] if sandbox else []
    lines = "".join(f"    {argument},\n" for argument in arguments)
    return (
        "from pathlib import Path\n"
        "from twilio.rest import Client\n\n"
        "client = Client()  # reads TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN\n"
        f"client.notify.v1.credentials.create(\n{lines})"
    )


def _curl(kind: str, files: dict[str, str], sandbox: str) -> str:
    """``name@file`` keeps the secret out of the arguments, which other users of the machine can see."""
    words = [
        'curl https://notify.twilio.com/v1/Credentials -u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN"',
        f"-d Type={kind}",
    ]
    words += [f"--data-urlencode {shlex.quote(f'{role}@{name}')}" for role, name in files.items()]
    words += [f"-d Sandbox={sandbox}"] if sandbox else []
    return " \\\n  ".join(words)
