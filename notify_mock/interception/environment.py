"""Environment variables that redirect the clients of another process, in any language, to the emulator."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping
from typing import Literal, get_args

from notify_mock.certificate_authority.bundles import TRUST_STORE_PASSWORD, Bundles
from notify_mock.twilio_api.hosts import TWILIO

Format = Literal["shell", "powershell", "dotenv", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)

Changes = Mapping[str, str | None]
"""Variables to set. None: unset the variable."""

_ACCOUNT = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "TWILIO_API_SECRET")
_DIRECT = ("localhost", "127.0.0.1", "::1")


def changes(
    url: str,
    auth: tuple[str, str] | None,
    bundles: Bundles,
    base: Mapping[str, str] | None = None,
    key: tuple[str, str] | None = None,
) -> Changes:
    """Return the changes to ``base`` (default: this process's environment) that redirect clients to ``url``.

    ``auth``: the account SID and token for clients to use, or None to keep theirs; then ``key`` is not used either.
    ``key``: an API key of the account, or None if it has none. ``bundles``: the files, with paths
    as the clients see them. Existing settings in ``base`` for Java, Node, PHP, Python and NO_PROXY are kept.
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
        "NODE_OPTIONS": _with_node_option(base.get("NODE_OPTIONS", ""), bundles),
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "NODE_EXTRA_CA_CERTS": bundle,
        "JAVA_TOOL_OPTIONS": " ".join([*base.get("JAVA_TOOL_OPTIONS", "").split(), *_java(url, bundles)]),
        "PHP_INI_SCAN_DIR": f"{base.get('PHP_INI_SCAN_DIR', '')}{os.pathsep}{bundles.php.parent}",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(bundles.python.parent), base.get("PYTHONPATH", "")])),
        **(dict(zip(_ACCOUNT, (*auth, *(key or (None, None))), strict=True)) if auth else {}),
        "TWILIO_REGION": None,
        "TWILIO_EDGE": None,
        "NOTIFY_EMULATOR_URL": url,
    }


def apply(changes: Changes, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the whole environment, for ``subprocess.run(env=...)``."""
    whole = {**(os.environ if base is None else base), **changes}
    return {name: value for name, value in whole.items() if value is not None}


def render(changes: Changes, form: Format) -> str:
    """Return lines for a POSIX shell's ``eval``, for PowerShell's ``Invoke-Expression`` or a dotenv file, or JSON."""
    if form == "json":
        return json.dumps(changes, indent=2)
    if form == "shell":
        return "\n".join(
            f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}"
            for name, value in changes.items()
        )
    if form == "powershell":
        return "\n".join(_powershell(name, value) for name, value in changes.items())
    return "\n".join(f"{name}={_dotenv(value or '')}" for name, value in changes.items())


def _without_proxy(base: Mapping[str, str]) -> list[str]:
    """Return the hosts for NO_PROXY, without entries that could match a Twilio host."""
    given = re.split(r"[,\s]+", f"{base.get('NO_PROXY', '')},{base.get('no_proxy', '')}")
    return list(dict.fromkeys([*_DIRECT, *(name for name in given if _is_elsewhere(name))]))


def _is_elsewhere(entry: str) -> bool:
    """Whether an entry of NO_PROXY (port and wildcard included) cannot match a Twilio host."""
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


def _with_node_option(given: str, bundles: Bundles) -> str:
    """Return NODE_OPTIONS with the startup code. Node takes backslashes as they are, except in double quotes."""
    path = str(bundles.node)
    if not re.fullmatch(r"[\w.:/@%+=-]+", path):
        path = json.dumps(path, ensure_ascii=False)
    option = f"--require {path}"
    return given if option in given else f"{given} {option}".lstrip()


def _powershell(name: str, value: str | None) -> str:
    if value is None:
        return f"Remove-Item Env:{name} -ErrorAction SilentlyContinue"
    quoted = re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", value)  # PowerShell takes all of them for a quote
    return f"$env:{name} = '{quoted}'"


def _dotenv(value: str) -> str:
    """Quote a value. Docker Compose and the dotenv libraries take single-quoted values literally."""
    if re.fullmatch(r"[\w.,:/@%+=-]*", value):
        return value
    if "'" not in value:
        return f"'{value}'"
    escaped = re.sub(r'(["\\$`])', r"\\\1", value)
    return f'"{escaped}"'
