"""Diagnose a credential that is stored, or the values of its parameters before it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from notify_mock.deliveries.credentials import use_of
from notify_mock.doctor.case import Case
from notify_mock.doctor.contents import Contents, read_contents
from notify_mock.doctor.diagnose import judge_case, sent_by
from notify_mock.doctor.diagnosis import Diagnosis, Finding
from notify_mock.doctor.mending import API_KEY, CERTIFICATE, PRIVATE_KEY, SECRET
from notify_mock.doctor.prediction import Prediction, predict
from notify_mock.doctor.words import stored
from notify_mock.resources.credential import Credential
from notify_mock.support.usage import UsageError

_SID = re.compile(r"CR[0-9a-fA-F]{32}")
_EXPECTED = "a credential, its SID, a pair of certificate and private key, or the Secret of an fcm credential"
_NOT_JUDGED = "It was added without its secrets, so pushes with it are not judged."


def diagnose_credential(
    credential: Credential | str | tuple[str, str],
    records: Mapping[str, Credential],
    now: float,
    *,
    accept_legacy: bool = False,
) -> Diagnosis:
    """Diagnose a record, its SID in ``records``, a pair of certificate and private key, or a ``Secret``.

    Raises ``UsageError`` for a SID that is not in ``records``, and for anything else.
    """
    if isinstance(credential, str):
        if _SID.fullmatch(credential) is None:
            return diagnose_values({SECRET: credential}, now, accept_legacy=accept_legacy)
        if credential not in records:
            raise UsageError("doctor", f"there is no credential {credential}")
        credential = records[credential]
    if isinstance(credential, Credential):
        return diagnose_record(credential, now, accept_legacy=accept_legacy)
    if isinstance(credential, tuple) and len(credential) == 2 and all(isinstance(one, str) for one in credential):
        values = dict(zip((CERTIFICATE, PRIVATE_KEY), credential, strict=True))
        return diagnose_values(values, now, accept_legacy=accept_legacy)
    raise UsageError("doctor", f"expected {_EXPECTED}, got {type(credential).__name__}")


def diagnose_record(record: Credential, now: float, *, accept_legacy: bool = False) -> Diagnosis:
    """Say what a stored credential is, and whether pushes with it fail. ``accept_legacy``: legacy keys still work."""
    values = {
        CERTIFICATE: record.certificate,
        PRIVATE_KEY: record.private_key,
        SECRET: record.secret,
        API_KEY: record.api_key,
    }
    case = _case(record.type, {name: value for name, value in values.items() if value is not None})
    name = f"{record.sid} ({record.friendly_name})" if record.friendly_name else record.sid
    if not case.sources:
        note = Finding("note", _NOT_JUDGED, evidence="inferred")
        return Diagnosis(stored(record.type), (name,), record.type, (note,), now)
    prediction = Prediction(None, use_of(record, now, accept_legacy=accept_legacy).problem)
    return replace(judge_case(case, prediction, now, accept_legacy=accept_legacy), names=(name,))


def diagnose_values(parameters: Mapping[str, str], now: float, *, accept_legacy: bool = False) -> Diagnosis:
    """Say what Twilio would make of these parameters of a create: Certificate and PrivateKey, Secret, or ApiKey."""
    kind = "apn" if CERTIFICATE in parameters else "gcm" if API_KEY in parameters else "fcm"
    case = _case(kind, parameters)
    prediction = predict(sent_by(case), now, accept_legacy=accept_legacy)
    return judge_case(case, prediction, now, accept_legacy=accept_legacy)


def _case(kind: str, values: Mapping[str, str]) -> Case:
    sources = {name: _contents(name, value) for name, value in values.items()}
    return Case(kind, tuple(sources.values()), sources, (), has_files=False)


def _contents(name: str, value: str) -> Contents:
    return read_contents(name, value.encode("utf-8", "replace"))._replace(sent=value)
