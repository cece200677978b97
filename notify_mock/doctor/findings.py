"""What makes a case fail at create or at a push, why, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator

from notify_mock.doctor.binary import Part
from notify_mock.doctor.case import Case
from notify_mock.doctor.diagnosis import Finding
from notify_mock.doctor.explanations import EXPLANATIONS, Explanation
from notify_mock.doctor.mending import CERTIFICATE, PRIVATE_KEY, SECRET, Mending, mend
from notify_mock.twilio_api.delivery_errors import TITLES, Problem
from notify_mock.twilio_api.error_dictionary import ENTRIES
from notify_mock.twilio_api.errors import TwilioError
from notify_mock.twilio_api.masking import show_text

_WANTED = {CERTIFICATE: "certificate", PRIVATE_KEY: "private key", SECRET: "service account"}
_FORMS = ("der", "p12", "utf-16", "bare base64")
_LACKING = {
    CERTIFICATE: "There is no certificate.",
    PRIVATE_KEY: "There is no private key. Export it together with the certificate, or name its file too.",
}


def create_finding(case: Case, refused: TwilioError) -> Finding:
    """Return why it cannot be created."""
    causes = list(dict.fromkeys(_causes(case)))
    words = [f'Twilio refuses to create it: "{refused.text}".', *(cause.text for cause in causes)]
    remedies = dict.fromkeys(cause.remedy for cause in causes if cause.remedy)
    commands = tuple(mending.command for mending in mendings(case).values())
    return Finding("error", " ".join(words), " ".join(remedies), commands, refused.code, "create", refused.evidence)


def push_finding(case: Case, problem: Problem, *, mended: bool) -> Finding:
    """Return why a push fails; if ``mended``, after the file was mended so that it can be created."""
    entry = ENTRIES[problem.code]
    secret = [one for one in _causes(case) if SECRET in case.sources]
    words = [
        f"{'After that, a push' if mended else 'A push'} fails: {TITLES[problem.code]} ({show_text(problem.reason)}).",
        *(one.text for one in secret),
    ]
    remedy = next((one.remedy for one in secret if one.remedy), entry.remedy)
    commands = () if mended else tuple(one.command for role, one in mendings(case).items() if role == SECRET)
    return Finding("error", " ".join(words), remedy, commands, problem.code, "push", entry.evidence)


def mendings(case: Case) -> dict[str, Mending]:
    """Return the commands for the parameters whose file is not as Twilio wants it."""
    taken = {one.name for one in case.contents}
    found: dict[str, Mending] = {}
    for role, source in case.sources.items():
        if _is_clean(case, role):
            continue
        mending = mend(source, role, taken)
        if mending is not None:
            found[role] = mending
            taken.add(mending.output)
    return found


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
    if certificate is None and any(map(_is_token_key, case.parts("private key"))) and key is not None:
        yield _named("token key", key.name)
        return
    for role, source in case.sources.items():
        if not source.has(_WANTED[role]):
            yield _named(source.parts[0].kind, source.name)
        yield from (_named(quirk, source.name) for quirk in source.quirks if quirk in _FORMS)
    if case.type == "apn":
        yield from (Explanation(text) for role, text in _LACKING.items() if role not in case.sources)


def _named(kind: str, name: str) -> Explanation:
    text, remedy = EXPLANATIONS[kind]
    return Explanation(text.format(file=show_text(name)), remedy)


def _is_token_key(part: Part) -> bool:
    from notify_mock.support.crypto import ec

    return isinstance(part.key, ec.EllipticCurvePrivateKey)
