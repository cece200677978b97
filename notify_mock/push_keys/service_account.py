"""Generate service accounts for tests: the JSON of a Google service account that Google does not know."""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote


def fcm_service_account(project_id: str = "example-app") -> str:
    """Return the JSON text of a Google service account, for the ``Secret`` of an fcm credential.

    Its RSA key is generated once per process, because that takes longer than most tests. All else follows from
    ``project_id``.
    """
    mark = sha256(project_id.encode())
    email = f"firebase-adminsdk-{mark.hexdigest()[:5]}@{project_id}.iam.gserviceaccount.com"
    account = {
        "type": "service_account",
        "project_id": project_id,
        "private_key_id": mark.hexdigest()[:40],
        "private_key": _private_key(),
        "client_email": email,
        "client_id": f"1{int.from_bytes(mark.digest(), 'big') % 10**20:020}",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{quote(email)}",
        "universe_domain": "googleapis.com",
    }
    return json.dumps(account, indent=2) + "\n"


@lru_cache(maxsize=1)
def _private_key() -> str:
    """Return a new RSA key in PKCS#8."""
    from notify_mock.support.crypto import rsa, serialization

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
