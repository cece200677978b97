"""Diagnose files before they become a credential, or a credential that is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from notify_mock.doctor.case import Case, case_of
from notify_mock.doctor.certificate_facts import CertificateFacts, Pair, pair_of, read_facts
from notify_mock.doctor.contents import Contents, read_contents
from notify_mock.doctor.diagnosis import Diagnosis, Finding
from notify_mock.doctor.explanations import EXPLANATIONS
from notify_mock.doctor.findings import clean_files, create_finding, push_finding
from notify_mock.doctor.mending import CERTIFICATE, PRIVATE_KEY, SECRET
from notify_mock.doctor.prediction import Prediction, predict
from notify_mock.doctor.remarks import remarks
from notify_mock.doctor.words import what_it_is
from notify_mock.push_keys.pem import write_certificate, write_private_key
from notify_mock.push_keys.push_certificate import SANDBOX
from notify_mock.twilio_api.masking import show_text

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
    case = case_of(contents)
    if case.type is None:
        names = tuple(one.name for one in contents)
        return Diagnosis("not a push credential", names, None, tuple(_not_a_credential(case)), now)
    return judge_case(case, predict(sent_by(case), now), now)


def judge_case(case: Case, prediction: Prediction, now: float, *, accept_legacy: bool = False) -> Diagnosis:
    """Diagnose one credential, of which the ``prediction`` says whether and when it fails as it is."""
    pair = pair_of(case)
    facts = read_facts(pair)
    refused, problem = prediction
    parameters = _mended(case, pair, facts)
    later = predict(parameters, now, accept_legacy=accept_legacy)
    if later.refused and not refused:  # what can be sent as it is, although it could not be read here
        parameters, later = sent_by(case), prediction
    findings = list(remarks(case, facts, now, is_refused=refused is not None))
    problem = later.problem if refused else problem
    if problem:
        findings.insert(0, push_finding(case, problem, facts, now, is_mended=refused is not None))
    if refused:
        findings.insert(0, create_finding(case, refused))
    findings.sort(key=lambda one: _ORDER.index(one.level))
    return Diagnosis(
        what_it_is(case, facts),
        tuple(one.name for one in case.contents),
        case.type,
        tuple(findings),
        now,
        facts,
        _project(case),
        {} if later.refused else parameters,
        clean_files(case),
    )


def sent_by(case: Case) -> dict[str, str]:
    """Return the parameters of a create with the files as they are."""
    sent = {role: source.sent for role, source in case.sources.items()}
    return {"Type": str(case.type), **sent, **_sandbox(case, read_facts(pair_of(case)))}


def _sandbox(case: Case, facts: CertificateFacts | None) -> dict[str, str]:
    """Return the parameter Sandbox: true only for a certificate that is for nothing else."""
    if case.type != "apn":
        return {}
    return {"Sandbox": "true" if facts is not None and facts.claims.environments == (SANDBOX,) else "false"}


def _mended(case: Case, pair: Pair, facts: CertificateFacts | None) -> dict[str, str]:
    """Return the parameters as they should be sent, or as many as can be had."""
    found = {"Type": str(case.type)}
    found |= {role: one.text.strip() for role, one in case.sources.items() if role not in (CERTIFICATE, PRIVATE_KEY)}
    if pair.certificate is not None:
        found[CERTIFICATE] = write_certificate(pair.certificate)
    if pair.key is not None:
        found[PRIVATE_KEY] = write_private_key(pair.key)
    return found | _sandbox(case, facts)


def _not_a_credential(case: Case) -> list[Finding]:
    if not case.contents:
        return [Finding("error", "There is no file.")]
    found = [(EXPLANATIONS[one.parts[0].kind], one) for one in case.contents]
    return [Finding("error", text.format(file=show_text(one.name)), remedy) for (text, remedy), one in found]


def _project(case: Case) -> str | None:
    data = case.sources[SECRET].data if SECRET in case.sources else None
    project = data.get("project_id") if data else None
    return project if isinstance(project, str) else None
