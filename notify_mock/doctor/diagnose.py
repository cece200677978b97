"""Diagnose files before they become a credential, or a credential that is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from notify_mock.doctor.case import Case, case_of
from notify_mock.doctor.certificate_facts import CertificateFacts, Pair, pair_of, read_facts
from notify_mock.doctor.contents import Contents, read_contents
from notify_mock.doctor.diagnosis import Diagnosis, Finding
from notify_mock.doctor.explanations import EXPLANATIONS
from notify_mock.doctor.findings import create_finding, push_finding
from notify_mock.doctor.mending import CERTIFICATE, PRIVATE_KEY, SECRET
from notify_mock.doctor.prediction import predict
from notify_mock.doctor.remarks import remarks
from notify_mock.push_keys.pem import write_certificate, write_private_key
from notify_mock.push_keys.push_certificate import SANDBOX
from notify_mock.twilio_api.masking import show_text

_KINDS = {"push": "an APNs certificate", "voip": "a VoIP certificate", None: "a certificate"}
_ORDER = ("error", "warning", "note")


def diagnose(files: Mapping[str, bytes], password: str | None, now: float) -> Diagnosis:
    """Say what the files of one credential are, and what Twilio would make of them.

    ``files`` are contents by file name: certificate and key, one file with both, or the JSON of a service account.
    ``password`` is that of a .p12 file or of the private key. ``now`` is the time to judge at, in seconds since 1970.
    Never raises for a bad file: that is a finding.
    """
    return judge([read_contents(name, content, password) for name, content in files.items()], now)


def judge(contents: Sequence[Contents], now: float) -> Diagnosis:
    """Diagnose files that have been read."""
    return judge_case(case_of(contents), now)


def judge_case(case: Case, now: float) -> Diagnosis:
    """Diagnose one credential."""
    names = tuple(one.name for one in case.contents)
    if case.type is None:
        return Diagnosis("not a push credential", names, None, tuple(_not_a_credential(case)), now)
    pair = pair_of(case)
    facts = read_facts(pair)
    sent = {role: source.sent for role, source in case.sources.items()}
    refused, problem = predict({"Type": case.type, **sent, **_sandbox(case, facts)}, now)
    parameters = _mended(case, pair, facts)
    later = predict(parameters, now)
    findings = list(remarks(case, facts, now, is_refused=refused is not None))
    problem = later.problem if refused else problem
    if problem:
        findings.insert(0, push_finding(case, problem, mended=refused is not None))
    if refused:
        findings.insert(0, create_finding(case, refused))
    findings.sort(key=lambda one: _ORDER.index(one.level))
    what = _what(case, facts)
    return Diagnosis(
        what, names, case.type, tuple(findings), now, facts, _project(case), {} if later.refused else parameters
    )


def _sandbox(case: Case, facts: CertificateFacts | None) -> dict[str, str]:
    """Return the parameter Sandbox: true only for a certificate that is for nothing else."""
    if case.type != "apn":
        return {}
    return {"Sandbox": "true" if facts is not None and facts.claims.environments == (SANDBOX,) else "false"}


def _mended(case: Case, pair: Pair, facts: CertificateFacts | None) -> dict[str, str]:
    """Return the parameters as they should be sent, or as many as can be had."""
    found = {"Type": str(case.type)}
    if SECRET in case.sources:
        found[SECRET] = case.sources[SECRET].text.strip()
    if pair.certificate is not None:
        found[CERTIFICATE] = write_certificate(pair.certificate)
    if pair.key is not None:
        found[PRIVATE_KEY] = write_private_key(pair.key)
    return found | _sandbox(case, facts)


def _not_a_credential(case: Case) -> list[Finding]:
    found = [(EXPLANATIONS[one.parts[0].kind], one) for one in case.contents]
    return [Finding("error", text.format(file=show_text(one.name)), remedy) for (text, remedy), one in found]


def _project(case: Case) -> str | None:
    data = case.sources[SECRET].data if SECRET in case.sources else None
    project = data.get("project_id") if data else None
    return project if isinstance(project, str) else None


def _what(case: Case, facts: CertificateFacts | None) -> str:
    if case.type != "apn":
        kind = case.sources[SECRET].parts[0].kind
        names = {"service account": "a Google service account, for FCM", "legacy key": "a legacy server key, for FCM"}
        return names.get(kind, kind)
    has_key = case.parts("private key") or case.parts("encrypted key")
    if facts is not None:
        name = _KINDS.get(facts.claims.kind, "a certificate of Apple's")
        return f"{name} and {'its' if facts.fits else 'a'} private key" if has_key else f"{name} without a private key"
    if has_key:
        return "a private key without a certificate"
    names = {"locked p12": "a .p12 file that is locked", "certificate request": "a certificate signing request"}
    kind = next(iter(case.sources.values())).parts[0].kind
    return names.get(kind, f"a {kind}")
