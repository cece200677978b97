"""What a diagnosis says in detail."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from helpers.credential_files import LEGACY_KEY, PASSWORD, issued, now, openssl, own, samples
from hypothesis import given
from hypothesis import strategies as st

from notify_mock import apn_pair, fcm_service_account
from notify_mock.doctor.contents import MAX_BYTES, read_contents
from notify_mock.doctor.create_lines import create_lines
from notify_mock.doctor.diagnose import diagnose, judge
from notify_mock.doctor.diagnosis import Diagnosis
from notify_mock.doctor.groups import group

GOOD = samples()["certificate and key"].files


def diagnosed(files: Mapping[str, bytes], password: str | None = None) -> Diagnosis:
    return diagnose(files, password, now())


def test_a_good_pair_is_described() -> None:
    diagnosis = diagnosed(GOOD)
    data = json.loads(json.dumps(diagnosis.describe()))
    assert (diagnosis.ok, diagnosis.code, diagnosis.when) == (True, None, None)
    assert data | {"findings": [], "valid_from": "", "expires": ""} == {
        "what": "an APNs certificate and its private key",
        "names": ["cert.pem", "key.pem"],
        "type": "apn",
        "ok": True,
        "code": None,
        "when": None,
        "topic": "com.example.app",
        "topics": ["com.example.app", "com.example.app.voip", "com.example.app.complication"],
        "environments": ["sandbox", "production"],
        "valid_from": "",
        "expires": "",
        "days_left": 363,
        "key_matches": True,
        "project_id": None,
        "findings": [],
        "files": {"Certificate": "cert.pem", "PrivateKey": "key.pem"},
        "parameters": {
            "Type": "apn",
            "Certificate": "[secret]",
            "PrivateKey": "[secret]",
            "Sandbox": "false",
        },
    }


@pytest.mark.parametrize("before", [b"{\n", b"-----BEGIN CERTIFICATE-----\n"])
@pytest.mark.parametrize("file", ["cert.pem", "key.pem"])
def test_pem_is_found_behind_what_only_begins(file: str, before: bytes) -> None:
    before = before.replace(b"CERTIFICATE", b"PRIVATE KEY") if file == "cert.pem" else before
    diagnosis = diagnosed({**GOOD, file: before + GOOD[file]})
    assert diagnosis.what == "an APNs certificate and its private key"
    assert diagnosis.ok
    assert diagnosis.parameters == diagnosed(GOOD).parameters


def test_what_twilio_accepts_has_parameters_even_if_it_cannot_be_read_here() -> None:
    noise = b"-----BEGIN CERTIFICATE-----\n" * 30
    diagnosis = diagnosed({**GOOD, "key.pem": noise + GOOD["key.pem"]})
    assert diagnosis.ok
    assert diagnosis.parameters["PrivateKey"] == (noise + GOOD["key.pem"]).decode()


def test_the_parameters_are_described_with_their_secrets_only_when_asked_for() -> None:
    diagnosis = diagnosed(GOOD)
    assert diagnosis.describe(secrets=True)["parameters"]["PrivateKey"].encode() == GOOD["key.pem"]
    assert "BEGIN" not in repr(diagnosis) + str(diagnosis) + str(diagnosis.describe())


def test_a_sandbox_certificate_sets_sandbox() -> None:
    assert diagnosed(samples()["sandbox only"].files).parameters["Sandbox"] == "true"
    assert diagnosed(samples()["production only"].files).parameters["Sandbox"] == "false"


def test_a_password_opens_a_p12_and_a_key() -> None:
    for name in ("p12 with its password", "key with a passphrase, given"):
        sample = samples()[name]
        opened, locked = diagnosed(sample.files, PASSWORD), diagnosed(sample.files)
        assert opened.certificate is not None
        assert opened.certificate.fits
        assert opened.parameters["PrivateKey"].startswith("-----BEGIN RSA PRIVATE KEY-----")
        assert locked.parameters == {}


@pytest.mark.parametrize("password", [PASSWORD, None])
def test_a_p12_of_apples_keychain_is_read_and_needs_an_option_of_openssl(tmp_path: Path, password: str | None) -> None:
    (tmp_path / "push.pem").write_bytes(GOOD["cert.pem"] + GOOD["key.pem"])
    ciphers = ["-certpbe", "PBE-SHA1-RC2-40", "-keypbe", "PBE-SHA1-3DES", "-legacy"]
    words = ["pkcs12", "-export", "-in", str(tmp_path / "push.pem"), "-passout", f"pass:{PASSWORD}", *ciphers]
    try:
        content = openssl(*words)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("there is no openssl that can write RC2")
    diagnosis = diagnosed({"push.p12": content}, password)
    assert (diagnosis.certificate is not None) == (password is not None)
    assert diagnosis.findings[0].remedy == "With OpenSSL 3, add -legacy to openssl pkcs12."


def test_a_wrong_password_is_named() -> None:
    for name in ("p12, wrong password", "key with a wrong passphrase"):
        sample = samples()[name]
        assert "The password does not open" in diagnosed(sample.files, "wrong").findings[0].text


def test_both_problems_are_named_if_a_create_fails_and_a_push_would() -> None:
    old = issued(start=timedelta(days=-400))
    diagnosis = diagnosed({"push.p12": old.p12()}, PASSWORD)
    assert [(one.code, one.when) for one in diagnosis.findings if one.level == "error"] == [
        (20001, "create"),
        (52131, "push"),
    ]
    assert diagnosis.findings[1].text.startswith("After that, a push fails")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("VoIP", "It is for VoIP pushes"),
        ("service account, unreadable key", "Its private_key cannot be read"),
        ("expires soon", "It expires in 4 days"),
        ("self-signed (`apn_pair()`)", "not by Apple"),
        ("both in one file", "should be two files"),
        ("chain, own certificate first", "has more in it than the certificate"),
        ("byte order mark", "starts with a byte order mark"),
    ],
)
def test_a_warning_does_not_make_it_fail(name: str, text: str) -> None:
    diagnosis = diagnosed(samples()[name].files)
    assert diagnosis.ok
    assert [one.text for one in diagnosis.findings if one.level == "warning" and text in one.text]


def test_a_certificate_with_another_name_is_noticed() -> None:
    found = issued("My Server", topic="com.example.app")
    diagnosis = diagnosed({"cert.pem": found.cert, "key.pem": found.pkcs1})
    assert "Its common name is 'My Server'." in diagnosis.findings[0].text


def test_a_text_of_a_certificate_cannot_write_to_the_terminal() -> None:
    found = own("bad\x1b[2Jname", topic="com.\x1b]0;x\x07")
    diagnosis = diagnosed({"c\x1b.pem": found.certificate.encode(), "k.pem": found.private_key.encode()})
    assert "\x1b" not in str(diagnosis)
    assert "\x07" not in str(diagnosis)


@pytest.mark.parametrize("name", ["bad\x1b[2J.pem", "bad\udcff.pem", "-"])
def test_a_name_that_cannot_be_copied_is_in_no_command(name: str) -> None:
    diagnosis = diagnosed({name: GOOD["cert.pem"] + GOOD["key.pem"]})
    assert diagnosis.ok
    assert not any(one.commands for one in diagnosis.findings)
    assert create_lines(diagnosis) == {}
    assert str(diagnosis).encode()


@pytest.mark.parametrize(
    ("sample", "file", "what"),
    [
        ("public key for the key", "key.pem", "a public key"),
        ("signing request and key", "push.certSigningRequest", "a certificate signing request"),
    ],
)
def test_a_key_and_what_is_mistaken_for_a_certificate_in_one_file(sample: str, file: str, what: str) -> None:
    other = samples()[sample].files[file]
    for content in (GOOD["key.pem"] + other, other + GOOD["key.pem"]):
        diagnosis = diagnosed({"all.pem": content})
        assert (diagnosis.code, diagnosis.when) == (20001, "create")
        assert f"all.pem is {what}" in str(diagnosis)


def test_curl_is_left_out_for_a_name_that_it_would_take_apart() -> None:
    files = {"a=b.pem": GOOD["cert.pem"], "key.pem": GOOD["key.pem"]}
    assert list(create_lines(diagnosed(files))) == ["python"]
    assert list(create_lines(diagnosed(GOOD))) == ["python", "curl"]


def test_a_password_that_is_not_unicode_opens_nothing() -> None:
    for name in ("p12 with its password", "key with a passphrase"):
        assert "The password does not open" in str(diagnosed(samples()[name].files, "\udcff\ud800"))


def test_errors_come_first_and_notes_last() -> None:
    for sample in samples().values():
        levels = [one.level for one in diagnosed(sample.files, sample.password).findings]
        assert levels == sorted(levels, key=("error", "warning", "note").index)


def test_a_huge_file_is_not_parsed() -> None:
    assert read_contents("x", b"-----BEGIN " * MAX_BYTES).parts[0].kind == "too large"


def test_no_file_is_not_a_credential() -> None:
    assert not diagnosed({}).ok


def test_a_key_of_an_unusual_kind_is_no_error_of_ours() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519

    key = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    assert diagnosed({"cert.pem": GOOD["cert.pem"], "key.pem": key}).code == 52145


def test_many_blocks_take_no_time() -> None:
    text = "-----BEGIN CERTIFICATE-----" * 9000
    assert not diagnosed({"x.pem": text.encode()}).ok


BITS = (
    *(b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----", b"-----BEGIN PRIVATE KEY-----", b"MIIB"),
    *(b"{", b"}", b'"type":', b'"service_account"', b"[", b"\n", b"\0"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\x30\x82", b"\x02\x01\x03"),
)


@given(st.lists(st.one_of(st.sampled_from(BITS), st.binary(max_size=8)), max_size=12), st.none() | st.text(max_size=3))
def test_no_content_makes_it_fail(bits: list[bytes], password: str | None) -> None:
    for files in ({"a": b"".join(bits)}, {"a": b"".join(bits), **GOOD}):
        diagnosis = diagnosed(files, password)
        assert json.dumps(diagnosis.describe())
        assert str(diagnosis)


@given(st.integers(0, 2000), st.integers(0, 255), st.sampled_from(["p12 with its password", "certificate in DER"]))
def test_damage_is_a_finding(at: int, value: int, name: str) -> None:
    sample = samples()[name]
    first, *rest = sample.files.items()
    damaged = bytearray(first[1])
    damaged[at % len(damaged)] = value
    assert str(diagnosed({first[0]: bytes(damaged), **dict(rest)}, PASSWORD))


def groups(files: Mapping[str, bytes]) -> tuple[list[list[str]], list[str]]:
    contents = [read_contents(name, content) for name, content in files.items()]
    found, others = group(contents)
    assert all(judge(one, now()) for one in found)
    return [[one.name for one in files] for files in found], [one.name for one in others]


def test_files_are_grouped_by_what_belongs_together() -> None:
    other = apn_pair()
    both = other.certificate.encode() + other.private_key.encode()
    files = {
        "README.md": b"# Push",
        "a.json": fcm_service_account().encode(),
        "b.pem": both,
        "c.pem": GOOD["key.pem"],
        "d.pem": GOOD["cert.pem"],
        "e.txt": LEGACY_KEY.encode(),
    }
    assert groups(files) == ([["a.json"], ["b.pem"], ["d.pem", "c.pem"], ["e.txt"]], ["README.md"])


def test_the_last_certificate_and_key_are_a_group_even_if_they_do_not_match() -> None:
    files = {"cert.pem": GOOD["cert.pem"], "key.pem": apn_pair().private_key.encode()}
    assert groups(files) == ([["cert.pem", "key.pem"]], [])


def test_several_keys_without_their_certificate_are_each_alone() -> None:
    keys = {f"{number}.pem": apn_pair().private_key.encode() for number in range(2)}
    assert groups({"cert.pem": GOOD["cert.pem"], **keys}) == ([["cert.pem"], ["0.pem"], ["1.pem"]], [])


def test_two_certificates_can_share_a_key() -> None:
    """Apple makes a new certificate from the same signing request."""
    files = {"old.pem": issued().cert, "new.pem": issued().cert, "key.pem": GOOD["key.pem"]}
    assert groups(files) == ([["old.pem", "key.pem"], ["new.pem", "key.pem"]], [])
