"""A diagnosis: what was found about one credential, as data and as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal, NamedTuple

from notify_mock.doctor.certificate_facts import CertificateFacts
from notify_mock.support.counted import counted
from notify_mock.support.masked_url import MASK
from notify_mock.twilio_api.errors import Evidence
from notify_mock.twilio_api.masking import show_text

Level = Literal["error", "warning", "note"]
When = Literal["create", "push"]

SECRETS = ("Certificate", "PrivateKey", "Secret", "ApiKey")
_DAY = 86400


class Finding(NamedTuple):
    """One thing that is wrong or worth knowing.

    An error has the ``code`` of Twilio's that it would cause and ``when``. ``commands`` are lines for a shell that mend
    it. ``evidence`` says how well it is known that Twilio does this.
    """

    level: Level
    text: str
    remedy: str = ""
    commands: tuple[str, ...] = ()
    code: int | None = None
    when: When | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Diagnosis:
    """What was found about one credential. ``str()`` is the text of ``notify-mock doctor``.

    - ``what``: what it is, such as "an APNs certificate and its private key".
    - ``names``: the files, or the SID of a stored credential.
    - ``type``: apn, fcm or gcm, or None if it is not a push credential.
    - ``certificate``: what the certificate says, if one could be read.
    - ``findings``: errors, warnings and notes, in this order.
    - ``parameters``: the parameters of a create that Twilio accepts, mended where possible, secrets included. Empty if
      there is no way to make them. The ``repr`` leaves them out.
    - ``files``: the file that has the value of each secret parameter, after the commands of the findings were run.
    - ``checked_at``: the time that it was judged at, in seconds since 1970.
    """

    what: str
    names: tuple[str, ...]
    type: str | None
    findings: tuple[Finding, ...]
    checked_at: float
    certificate: CertificateFacts | None = None
    project_id: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether Twilio accepts it as it is, and pushes do not fail because of it."""
        return not any(finding.level == "error" for finding in self.findings)

    @property
    def code(self) -> int | None:
        """The first code of Twilio's that it causes, or None."""
        return next((one.code for one in self.findings if one.level == "error"), None)

    @property
    def when(self) -> When | None:
        """When that code comes: at ``create`` or at ``push``."""
        return next((one.when for one in self.findings if one.level == "error"), None)

    @property
    def days_left(self) -> int | None:
        """Full days until the certificate expires; -1 on the first day after that."""
        facts = self.certificate
        return None if facts is None else int((facts.ends - self.checked_at) // _DAY)

    def describe(self, *, secrets: bool = False) -> dict[str, Any]:
        """Return it as JSON data. ``secrets``: with the values of the parameters that are secret, else masked."""
        facts, claims = self.certificate, self.certificate and self.certificate.claims
        return {
            "what": self.what,
            "names": _shown_all(self.names),
            "type": self.type,
            "ok": self.ok,
            "code": self.code,
            "when": self.when,
            "topic": claims and claims.topic and _shown(claims.topic),
            "topics": _shown_all(claims.topics) if claims else [],
            "environments": list(claims.environments) if claims else [],
            "valid_from": facts and _moment(facts.begins),
            "expires": facts and _moment(facts.ends),
            "days_left": self.days_left,
            "key_matches": facts and facts.fits,
            "project_id": self.project_id and _shown(self.project_id),
            "findings": [{**one._asdict(), "commands": list(one.commands)} for one in self.findings],
            "files": dict(self.files),
            "parameters": {
                name: value if secrets or name not in SECRETS else MASK for name, value in self.parameters.items()
            },
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{', '.join(map(show_text, self.names))}: {self.what}"
        for name, value in self._facts():
            yield f"  {name:<12} {show_text(value)}"
        if self.ok and self.parameters:
            yield "  ok           No reason was found why Twilio would refuse it or a push would fail."
        for one in self.findings:
            cause = f"{one.code} at {one.when}, " if one.code else ""
            known = f"[{cause}{one.evidence}]" if one.evidence else ""
            yield f"  {one.level:<12} {one.text} {known}".rstrip()
            if one.remedy:
                yield f"{'':<15}{one.remedy}"
            yield from (f"{'':<15}$ {command}" for command in one.commands)

    def _facts(self) -> Iterator[tuple[str, str]]:
        if self.project_id:
            yield "project", self.project_id
        if self.certificate is None:
            return
        claims = self.certificate.claims
        if claims.topic:
            others = ", ".join(claims.topics[1:])
            yield "topic", claims.topic + (f" (also {others})" if others else "")
        if claims.environments:
            yield "for", " and ".join(claims.environments)
        yield "valid until", f"{_moment(self.certificate.ends)} ({_days(self.days_left or 0)})"
        if self.certificate.fits is not None:
            yield "private key", "belongs to the certificate" if self.certificate.fits else "does not match"


def _shown(value: str) -> str:
    """Return the text, or that it looks like a secret: files can have one where a name belongs."""
    return MASK if show_text(value) == MASK else value


def _shown_all(values: Iterable[str]) -> list[str]:
    return [_shown(value) for value in values]


def _days(left: int) -> str:
    if left >= 0:
        return f"{counted(left, 'day')} left"
    return f"expired {counted(-left - 1, 'day')} ago"


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
