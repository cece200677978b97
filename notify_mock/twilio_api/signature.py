"""The signature of Twilio's callbacks, as the SDKs' ``RequestValidator`` checks it."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable


def sign(auth_token: str, url: str, form: Iterable[tuple[str, str]]) -> str:
    """Return the Base64 HMAC-SHA1, keyed with the auth token, of the URL and the sorted, distinct names and values.

    Documented; repeated names as in twilio-python.
    """
    text = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.digest(auth_token.encode(), text.encode(), "sha1")).decode()
