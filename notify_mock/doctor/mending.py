"""Shell commands that turn a file into what Twilio takes: PEM without anything else in it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePath
from typing import NamedTuple

from notify_mock.doctor.contents import Contents

CERTIFICATE, PRIVATE_KEY, SECRET, API_KEY = "Certificate", "PrivateKey", "Secret", "ApiKey"
STANDARD_INPUT = "-"
_OUTPUTS = {CERTIFICATE: "cert.pem", PRIVATE_KEY: "key.pem", SECRET: "service-account.json"}
_PKCS12 = {CERTIFICATE: "-clcerts -nokeys", PRIVATE_KEY: "-nocerts -nodes"}


class Mending(NamedTuple):
    """A ``command`` that reads the file of one parameter and writes ``output``."""

    command: str
    output: str


def mend(contents: Contents, role: str, taken: Collection[str]) -> Mending | None:
    """Return how to make a clean file for the parameter ``role``, under a name that is not ``taken``.

    None if there is no such command, because the file has not what is needed, or no name for a command line.
    ``-traditional`` keeps OpenSSL 3 from writing PKCS #8; OpenSSL 1 and LibreSSL do not know it and do not need it.
    """
    if not can_be_named(contents.name):
        return None
    path = PurePath(contents.name)
    output = path.with_name(_OUTPUTS[role])
    if str(output) in taken:
        output = path.with_name(f"{path.stem}-clean{path.suffix or '.pem'}")
    source, target = shlex.quote(str(path)), shlex.quote(str(output))
    steps = list(_unwrapped(contents, role, source))
    if role == SECRET:
        return Mending(f"{steps[0]} > {target}", str(output)) if steps else None
    tool = _tool(contents, role)
    if tool is None:
        return None
    form = " -inform der" if {"der", "bare base64"} & {*contents.quirks} else ""
    read = "" if steps else f" -in {source}"
    traditional = " -traditional" if role == PRIVATE_KEY else ""
    return Mending(" | ".join([*steps, f"{tool}{form}{read} -out {target}{traditional}"]), str(output))


def can_be_named(name: str) -> bool:
    """Whether a file can be named in a command to copy: not standard input, and no control characters in it."""
    return name != STANDARD_INPUT and name.isprintable()


def _unwrapped(contents: Contents, role: str, source: str) -> Iterator[str]:
    """Yield the command whose output openssl can read, if the file itself is not that."""
    if "utf-16" in contents.quirks:
        yield f"iconv -f UTF-16 -t UTF-8 {source}"
    elif "bom" in contents.quirks:
        yield f"tail -c +4 {source}"
    elif "bare base64" in contents.quirks:
        yield f"tr -d ' \\r\\n' < {source}"
        yield "openssl base64 -d -A"
    elif "p12" in contents.quirks:
        yield f"openssl pkcs12 -in {source} {_PKCS12[role]}"
    elif role == CERTIFICATE and contents.has("pkcs7"):
        yield f"openssl pkcs7 -print_certs -in {source}"


def _tool(contents: Contents, role: str) -> str | None:
    if role == CERTIFICATE:
        return "openssl x509" if contents.has("certificate", "locked p12", "pkcs7") else None
    if not contents.has("private key", "encrypted key", "locked p12"):
        return None
    from notify_mock.support.crypto import ec

    is_ec = any(isinstance(part.key, ec.EllipticCurvePrivateKey) for part in contents.parts)
    return "openssl ec" if is_ec else "openssl rsa"


def compare(sources: Mapping[str, Contents]) -> tuple[str, ...]:
    """Return two commands whose output is the same if certificate and key belong together."""
    certificate, key = (sources[role].name for role in (CERTIFICATE, PRIVATE_KEY))
    if not can_be_named(certificate) or not can_be_named(key):
        return ()
    certificate, key = shlex.quote(certificate), shlex.quote(key)
    return (f"openssl x509 -in {certificate} -noout -pubkey", f"openssl pkey -in {key} -pubout")
