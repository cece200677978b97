"""The environment of another process in which clients of every kind and language land at the emulator."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping
from typing import Literal, get_args

from notify_mock.authority.bundles import TRUST_STORE_PASSWORD, Bundles
from notify_mock.protocol.hosts import TWILIO

Format = Literal["shell", "dotenv", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)

Changes = Mapping[str, str | None]
"""Variables to set, and with None those to unset."""

_DIRECT = ("localhost", "127.0.0.1", "::1")


def changes(url: str, auth: tuple[str, str] | None, bundles: Bundles, base: Mapping[str, str] | None = None) -> Changes:
    """What is to be changed in ``base`` (the environment of this process), for clients to land at ``url``.

    ``auth`` is the account sid and token that they are to use, or None for their own; ``bundles`` the files as they see
    them. What ``base`` already has for Java, PHP, Python and hosts without a proxy stays.
    """
    base = os.environ if base is None else base
    bundle = str(bundles.bundle)
    direct = ",".join(_without_proxy(base))
    return {
        "HTTP_PROXY": url,
        "HTTPS_PROXY": url,
        "http_proxy": url,
        "https_proxy": url,
        "ALL_PROXY": None,
        "all_proxy": None,
        "NO_PROXY": direct,
        "no_proxy": direct,
        "NODE_USE_ENV_PROXY": "1",
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "NODE_EXTRA_CA_CERTS": bundle,
        "JAVA_TOOL_OPTIONS": " ".join([*base.get("JAVA_TOOL_OPTIONS", "").split(), *_java(url, bundles)]),
        "PHP_INI_SCAN_DIR": f"{base.get('PHP_INI_SCAN_DIR', '')}{os.pathsep}{bundles.php.parent}",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(bundles.python.parent), base.get("PYTHONPATH", "")])),
        **(dict(zip(("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"), auth, strict=True)) if auth else {}),
        "TWILIO_REGION": None,
        "TWILIO_EDGE": None,
        "NOTIFY_EMULATOR_URL": url,
    }


def apply(changes: Changes, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The whole environment, for ``subprocess.run(env=...)``."""
    whole = {**(os.environ if base is None else base), **changes}
    return {name: value for name, value in whole.items() if value is not None}


def render(changes: Changes, form: Format) -> str:
    """Lines for a shell's ``eval``, for a dotenv file, or one JSON object."""
    if form == "json":
        return json.dumps(changes, indent=2)
    if form == "shell":
        return "\n".join(
            f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}"
            for name, value in changes.items()
        )
    return "\n".join(f"{name}={_dotenv(value or '')}" for name, value in changes.items())


def _without_proxy(base: Mapping[str, str]) -> list[str]:
    """Hosts that are reached directly, without those by which Twilio's would be."""
    given = re.split(r"[,\s]+", f"{base.get('NO_PROXY', '')},{base.get('no_proxy', '')}")
    return list(dict.fromkeys([*_DIRECT, *(name for name in given if _is_elsewhere(name))]))


def _is_elsewhere(entry: str) -> bool:
    """Whether an entry of NO_PROXY surely means no host of Twilio's; what it says with a port or a star counts."""
    name = re.sub(r":\d*$", "", entry).strip(".").lower().removeprefix("*.")
    return bool(name) and "*" not in name and "/" not in name and name != "com" and not name.endswith(TWILIO)


def _java(url: str, bundles: Bundles) -> list[str]:
    host, _, port = url.partition("://")[2].rpartition(":")
    options = {
        "https.proxyHost": host.strip("[]"),
        "https.proxyPort": port,
        "http.proxyHost": host.strip("[]"),
        "http.proxyPort": port,
        "javax.net.ssl.trustStore": str(bundles.trust_store),
        "javax.net.ssl.trustStoreType": "PKCS12",
        "javax.net.ssl.trustStorePassword": TRUST_STORE_PASSWORD,
    }
    return [f'"-D{name}={value}"' if " " in value else f"-D{name}={value}" for name, value in options.items()]


def _dotenv(value: str) -> str:
    """Single quotes are taken as they are by docker compose, and by the libraries named dotenv."""
    if re.fullmatch(r"[\w.,:/@%+=-]*", value):
        return value
    if "'" not in value:
        return f"'{value}'"
    escaped = re.sub(r'(["\\$`])', r"\\\1", value)
    return f'"{escaped}"'
