"""What is worth knowing about a case although it does not fail in the emulator: warnings and notes."""

from __future__ import annotations

from collections.abc import Iterator

from notify_mock.doctor.case import Case
from notify_mock.doctor.certificate_facts import CertificateFacts
from notify_mock.doctor.diagnosis import Finding
from notify_mock.doctor.findings import mendings
from notify_mock.doctor.mending import CERTIFICATE, SECRET
from notify_mock.push_keys.certificate import is_for_code
from notify_mock.push_keys.pem import read_private_key
from notify_mock.push_keys.push_certificate import PRODUCTION, SANDBOX
from notify_mock.support.counted import counted
from notify_mock.twilio_api.masking import show_text

_SOON = 30 * 86400
_OTHER_KINDS = {
    "voip": "It is for VoIP pushes, which Twilio Voice sends. APNs rejects other pushes with it (52143).",
    "mac": "It is for apps on macOS.",
    "watchkit": "It is for WatchKit.",
    "website": "It is for pushes of a website in Safari.",
    "pass": "It is for passes in Wallet.",
}
_ENVIRONMENTS = {
    (SANDBOX,): "It is for apps built with Xcode (Sandbox true); those from TestFlight and the App Store get 52134.",
    (
        PRODUCTION,
    ): "It is for apps from TestFlight and the App Store (Sandbox false); those built with Xcode get 52134.",
    (SANDBOX, PRODUCTION): "Set Sandbox to true for apps built with Xcode, to false for TestFlight and the App Store.",
}
_PKCS8 = (
    "The private key is PKCS #8. Twilio's instructions show PKCS #1 (BEGIN RSA PRIVATE KEY); whether it accepts both is"
    " not known."
)
_NO_KEY = "Its private_key cannot be read, so no push can be signed with it. The emulator does not check that."
_STRIP = "The emulator accepts that. Twilio's documentation says to strip everything outside of BEGIN and END."


def remarks(case: Case, facts: CertificateFacts | None, now: float, *, is_refused: bool) -> Iterator[Finding]:
    """Yield warnings, then notes. Of a case that is refused, the error says already how to mend its files."""
    if facts is not None:
        yield from _about_certificate(facts, now)
    if not is_refused:
        yield from _about_form(case)
    data = case.sources[SECRET].data if SECRET in case.sources else None
    if data is not None and isinstance(data.get("private_key"), str) and not _is_key(data["private_key"]):
        yield Finding("warning", _NO_KEY, "Generate a new private key in the Firebase console.", evidence="inferred")
    for one in case.others:
        yield Finding("note", f"{show_text(one.name)} is not used.")
    if facts is not None and facts.claims.environments in _ENVIRONMENTS:
        yield Finding("note", _ENVIRONMENTS[facts.claims.environments], evidence="observed")


def _is_key(text: str) -> bool:
    try:
        read_private_key(text)
    except ValueError:
        return False
    return True


def _about_certificate(facts: CertificateFacts, now: float) -> Iterator[Finding]:
    kind, name = facts.claims.kind, facts.claims.name or ""
    if kind in _OTHER_KINDS:
        yield Finding("warning", _OTHER_KINDS[kind], evidence="documented")
    elif kind is None and name and not is_for_code(name):
        what = f"Its common name is {show_text(name)!r}."
        yield Finding("warning", f'{what} Apple\'s are called "Apple Push Services: <bundle ID>".', evidence="observed")
    if not facts.is_apples:
        issuer = f"It was issued by {show_text(facts.issuer)!r}, not by Apple."
        yield Finding("warning", f"{issuer} APNs refuses it; the emulator does not check that.", evidence="documented")
    if 0 <= facts.ends - now < _SOON:
        yield Finding("warning", f"It expires in {counted(int((facts.ends - now) // 86400), 'day')}.")


def _about_form(case: Case) -> Iterator[Finding]:
    found = mendings(case)
    for source in dict.fromkeys(source.name for source in case.sources.values()):
        roles = [role for role in found if role != SECRET and case.sources[role].name == source]
        if roles:
            yield _more_in_it(case, roles, tuple(found[role].command for role in roles))
    for one in case.contents:
        if "crlf" in one.quirks:
            yield Finding("note", f"{show_text(one.name)} has Windows line ends, which are accepted.")
    if any(part.form == "pkcs8" for part in case.parts("private key")):
        yield Finding("note", _PKCS8, evidence="inferred")


def _more_in_it(case: Case, roles: list[str], commands: tuple[str, ...]) -> Finding:
    source = case.sources[roles[0]]
    wanted = "the certificate" if roles[0] == CERTIFICATE else "the private key"
    text = "starts with a byte order mark" if "bom" in source.quirks else f"has more in it than {wanted}"
    if len(roles) == 2:
        text = "is for both Certificate and PrivateKey, and should be two files"
    return Finding("warning", f"{show_text(source.name)} {text}.", _STRIP, commands, evidence="documented")
