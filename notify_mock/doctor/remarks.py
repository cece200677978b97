"""What is worth knowing about a case that does not fail in the emulator: warnings and notes."""

from __future__ import annotations

from collections.abc import Iterator

from notify_mock.doctor.case import Case
from notify_mock.doctor.certificate_facts import CertificateFacts
from notify_mock.doctor.diagnosis import Finding
from notify_mock.doctor.findings import mendings
from notify_mock.doctor.mending import CERTIFICATE, PRIVATE_KEY
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


def remarks(case: Case, facts: CertificateFacts | None, now: float, *, is_refused: bool) -> Iterator[Finding]:
    """Yield warnings, then notes. Of a case that is refused, the error says already how to mend its files."""
    if facts is not None:
        yield from _about_certificate(facts, now)
    if not is_refused:
        yield from _about_form(case)
    for one in case.others:
        yield Finding("note", f"{show_text(one.name)} is not used.")
    if facts is not None:
        yield from _about_environments(facts)
    if case.type == "apn" and any(part.form == "pkcs8" for part in case.parts("private key")) and not is_refused:
        yield Finding(
            "note",
            "The private key is PKCS #8. Twilio's instructions show PKCS #1 (BEGIN RSA PRIVATE KEY); whether it accepts"
            " both is not known.",
            evidence="inferred",
        )


def _about_certificate(facts: CertificateFacts, now: float) -> Iterator[Finding]:
    claims = facts.claims
    if claims.kind in _OTHER_KINDS:
        yield Finding("warning", _OTHER_KINDS[claims.kind], evidence="documented")
    elif claims.kind is None:
        yield Finding(
            "warning",
            f"Its common name is {show_text(claims.name or '')!r}. Apple's push certificates are called "
            '"Apple Push Services: <bundle ID>".',
            evidence="observed",
        )
    if not facts.is_apples:
        yield Finding(
            "warning",
            f"Apple did not issue it, but {show_text(facts.issuer)!r}. APNs refuses it; the emulator does not.",
            evidence="documented",
        )
    if 0 <= facts.ends - now < _SOON:
        yield Finding("warning", f"It expires in {counted(int((facts.ends - now) // 86400), 'day')}.")


def _about_form(case: Case) -> Iterator[Finding]:
    for role, mending in mendings(case).items():
        source = case.sources[role]
        what = {CERTIFICATE: "the certificate", PRIVATE_KEY: "the private key"}.get(role, "JSON")
        text = "starts with a byte order mark." if "bom" in source.quirks else f"has more in it than {what}."
        yield Finding(
            "warning",
            f"{show_text(source.name)} {text}",
            "The emulator accepts it. Twilio's documentation says to strip everything outside of BEGIN and END."
            if role in (CERTIFICATE, PRIVATE_KEY)
            else "",
            (mending.command,),
            evidence="documented",
        )
    for one in case.contents:
        if "crlf" in one.quirks:
            yield Finding("note", f"{show_text(one.name)} has Windows line ends, which are accepted.")


def _about_environments(facts: CertificateFacts) -> Iterator[Finding]:
    environments = facts.claims.environments
    if environments == (SANDBOX,):
        text = "Set Sandbox to true. It is for apps built with Xcode; apps from TestFlight and the App Store get 52134."
    elif environments == (PRODUCTION,):
        text = "Leave Sandbox false. It is for apps from TestFlight and the App Store; apps built with Xcode get 52134."
    elif environments:
        text = "Set Sandbox to true for apps built with Xcode, and to false for TestFlight and the App Store."
    else:
        return
    yield Finding("note", text, evidence="observed")
