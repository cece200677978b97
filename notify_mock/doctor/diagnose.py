"""Diagnose files before they become a credential."""

from __future__ import annotations

from collections.abc import Mapping

from notify_mock.doctor.diagnosis import Diagnosis


def diagnose(files: Mapping[str, bytes], password: str | None, now: float) -> Diagnosis:
    """Say what the files of one credential are, and what Twilio would make of them.

    ``files`` are contents by file name: certificate and key, one file with both, or the JSON of a service account.
    ``password`` is that of a .p12 file or of the private key. ``now`` is the time to judge at, in seconds since 1970.
    Never raises for a bad file: that is a finding.
    """
    raise NotImplementedError
