"""How APNs judges a certificate and its key."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime, timezone

import pytest

from notify_mock import apn_pair
from notify_mock.push_keys.certificate import check_certificate

NOW = datetime.now(timezone.utc).timestamp()
RSA = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"


@pytest.mark.parametrize(
    "name", ["Apple Distribution: Example (ABC)", "iPhone Developer: Example", "Developer ID Application: E"]
)
def test_a_certificate_for_signing_code_is_rejected(name: str) -> None:
    assert str(check_certificate(*apn_pair(name), NOW)) == (
        "52131 Invalid APNs credentials (the certificate is for signing code, not for pushes)"
    )


def test_a_certificate_with_a_key_of_an_unknown_kind_is_no_error_of_the_emulator() -> None:
    certificate, key = apn_pair()
    der = b64decode("".join(certificate.splitlines()[1:-1]))
    assert der.count(RSA) == 1
    unknown = b64encode(der.replace(RSA, RSA[:-1] + b"\x7f")).decode()
    damaged = f"-----BEGIN CERTIFICATE-----\n{unknown}\n-----END CERTIFICATE-----\n"
    problem = check_certificate(damaged, key, NOW)
    assert problem is not None
    assert problem.code == 52145
