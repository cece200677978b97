"""What makes a case fail at create or at a push, why, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator

from notify_mock.doctor.case import Case
from notify_mock.doctor.certificate_facts import CertificateFacts, has_own_certificate_first
from notify_mock.doctor.diagnosis import Finding
from notify_mock.doctor.explanations import EXPLANATIONS, Explanation
from notify_mock.doctor.mending import API_KEY, CERTIFICATE, PRIVATE_KEY, SECRET, Mending, compare, mend
from notify_mock.push_keys.binary import Part
from notify_mock.push_keys.certificate import is_for_code
from notify_mock.twilio_api.delivery_errors import TITLES, Problem
from notify_mock.twilio_api.error_dictionary import ENTRIES
from notify_mock.twilio_api.errors import TwilioError
from notify_mock.twilio_api.masking import show_text

_WANTED = {CERTIFICATE: "certificate", PRIVATE_KEY: "private key", SECRET: "service account", API_KEY: "legacy key"}
_FORMS = ("der", "p12", "utf-16", "bare base64")
_LACKING = {
    CERTIFICATE: "There is no certificate.",
    PRIVATE_KEY: "There is no private key. Export it together with the certificate, or name its file too.",
}
_RENEW = "Create a new certificate in Apple's developer account, and update the Credential with it and its key."
_CODE = "Use a certificate of the kind Apple Push Notification service SSL."
_WAIT = "Check the clock, or wait until then."


def create_finding(case: Case, refused: TwilioError) -> Finding:
    """Return why it cannot be created."""
    causes = list(dict.fromkeys(_causes(case)))
    words = [f'Twilio refuses to create it: "{refused.text}".', *(cause.text for cause in causes)]
    remedies = dict.fromkeys(cause.remedy for cause in causes if cause.remedy)
    commands = tuple(mending.command for mending in mendings(case).values())
    return Finding("error", " ".join(words), " ".join(remedies), commands, refused.code, "create", refused.evidence)


def push_finding(
    case: Case, problem: Problem, facts: CertificateFacts | None, now: float, *, is_mended: bool
) -> Finding:
    """Return why a push fails; if ``is_mended``, after the file was mended so that it can be created."""
    entry, evidence = ENTRIES[problem.code], ENTRIES[problem.code].evidence
    causes = list(_causes_at_push(case)) if case.has_files else []
    reason = " ".join(cause.text for cause in causes) or f"{problem.reason[:1].upper()}{problem.reason[1:]}."
    text = f"{'After that, a push' if is_mended else 'A push'} fails: {TITLES[problem.code]}. {reason}"
    remedy = next((cause.remedy for cause in causes if cause.remedy), entry.remedy)
    commands = () if is_mended else tuple(one.command for role, one in mendings(case).items() if role == SECRET)
    if causes and not case.parts("legacy key"):
        evidence = "inferred"
    elif facts is not None:
        if is_for_code(facts.claims.name or ""):
            remedy, evidence = _CODE, "inferred"
        elif facts.ends <= now or now < facts.begins:
            remedy = _RENEW if facts.ends <= now else _WAIT
        elif facts.fits is False and case.has_files:
            commands = compare(case.sources)
    return Finding("error", text, remedy, commands, problem.code, "push", evidence)


def mendings(case: Case) -> dict[str, Mending]:
    """Return the commands for the parameters whose file is not as Twilio wants it."""
    taken = {one.name for one in case.contents}
    found: dict[str, Mending] = {}
    for role, source in case.sources.items() if case.has_files else ():
        mending = None if _is_clean(case, role) else mend(source, role, taken)
        if mending is not None and (role != CERTIFICATE or "p12" in source.quirks or has_own_certificate_first(case)):
            found[role] = mending
            taken.add(mending.output)
    return found


def clean_files(case: Case) -> dict[str, str]:
    """Return the file for each parameter, after it was mended. Those that cannot be had are left out."""
    outputs = {role: mending.output for role, mending in mendings(case).items()}
    clean = {role: one.name for role, one in case.sources.items() if case.has_files and _is_clean(case, role)}
    return {**clean, **outputs}


def _is_clean(case: Case, role: str) -> bool:
    source = case.sources[role]
    is_alone = role == SECRET or len(source.parts) == 1
    return source.has(_WANTED[role]) and is_alone and not {*_FORMS, "text outside", "bom"} & {*source.quirks}


def _causes(case: Case) -> Iterator[Explanation]:
    """Yield what is wrong with the files themselves."""
    certificate, key = (case.sources.get(role) for role in (CERTIFICATE, PRIVATE_KEY))
    if certificate and key and certificate.has("private key") and key.has("certificate") and certificate is not key:
        yield EXPLANATIONS["swapped"]
        return
    if certificate is None and key is not None and any(map(_is_token_key, key.parts)):
        yield _named("token key", key.name)
        return
    for role, source in case.sources.items():
        yield from _causes_of(role, source.name, source.parts, source.quirks)
    if case.type == "apn":
        yield from (Explanation(text) for role, text in _LACKING.items() if role not in case.sources)


def _causes_of(role: str, name: str, parts: tuple[Part, ...], quirks: tuple[str, ...]) -> Iterator[Explanation]:
    kinds = [part.kind for part in parts]
    if _WANTED[role] not in kinds:
        yield _named(next((kind for kind in kinds if kind in EXPLANATIONS), "unknown"), name)
    if any(part.wrong_password for part in parts):
        yield _named("wrong password", name)
    forms = ("bom", *_FORMS) if role == SECRET else ("rc2",) if "locked p12" in kinds else ("rc2", *_FORMS)
    yield from (_named(quirk, name) for quirk in quirks if quirk in forms)


def _causes_at_push(case: Case) -> Iterator[Explanation]:
    if SECRET in case.sources:
        yield from _causes(case)
    elif CERTIFICATE in case.sources and not has_own_certificate_first(case):
        yield _named("not first", case.sources[CERTIFICATE].name)


def _named(kind: str, name: str) -> Explanation:
    text, remedy = EXPLANATIONS[kind]
    return Explanation(text.format(file=show_text(name)), remedy)


def _is_token_key(part: Part) -> bool:
    from notify_mock.support.crypto import ec

    return isinstance(part.key, ec.EllipticCurvePrivateKey)
