"""Files of the certificate authority that are damaged, swapped, outdated, or open to other users."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from notify_mock import Emulator, UsageError, intercept
from notify_mock.certificate_authority import permissions
from notify_mock.certificate_authority.authority import FOLDER_VARIABLE, Authority
from notify_mock.certificate_authority.bundles import TRUST_STORE_PASSWORD, make_bundles
from notify_mock.certificate_authority.certificates import issue, make_ca
from notify_mock.server.tls import Tls

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
RENEW = "run notify-mock ca renew"
ALL_COMMANDS = """
import sys
from notify_mock.cli import main

for arguments in ("ca path", "ca show", "exec true", "env", "serve --tls --port 0"):
    sys.argv = ["notify-mock", *arguments.split()]
    try:
        main()
    except SystemExit as error:
        print(error.code)
"""


def cut(key: Path) -> str:
    key.write_bytes(key.read_bytes()[:-60])
    return "ca-key.pem: does not contain a certificate and key"


def empty(key: Path) -> str:
    key.write_bytes(b"")
    return "ca-key.pem: does not contain a certificate and key"


def not_text(key: Path) -> str:
    key.write_bytes(b"\xff\xfe" + key.read_bytes())
    return "ca-key.pem: is not UTF-8 text"


def too_large(key: Path) -> str:
    os.truncate(key, 10**9)
    return "ca-key.pem: is larger than the limit of 16 MiB"


def another_key(key: Path) -> str:
    pair = Authority(key.parent).pair()
    key.write_text(pair.certificate + make_ca(now()).private_key)
    return "ca-key.pem: contains the key of another certificate"


def no_authority(key: Path) -> str:
    key.write_text("".join(issue(Authority(key.parent).pair(), "notify.twilio.com")))
    return "ca-key.pem: contains a certificate that is not that of a certificate authority"


def changed_signature(key: Path) -> str:
    certificate, end, private_key = key.read_text().partition("\n-----END CERTIFICATE-----\n")
    other = certificate[:-20] + ("A" if certificate[-20] != "A" else "B") + certificate[-19:]
    key.write_text(other + end + private_key)
    return "ca-key.pem: contains a certificate that is not that of a certificate authority"


def readable(key: Path) -> str:
    key.chmod(0o644)
    return "ca-key.pem: other users can read or change the private key (mode 0644)"


def writable(key: Path) -> str:
    key.chmod(0o666)
    return "ca-key.pem: other users can read or change the private key (mode 0666)"


def unreadable(key: Path) -> str:
    key.chmod(0)
    return "ca-key.pem: cannot be read: Permission denied"


Damage = Callable[[Path], str]
DAMAGES = [
    cut,
    empty,
    not_text,
    too_large,
    another_key,
    no_authority,
    changed_signature,
    pytest.param(readable, marks=posix_only),
    pytest.param(writable, marks=posix_only),
    pytest.param(
        unreadable,
        marks=pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root can read every file"),
    ),
]


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), timezone.utc)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an authority with all its files, which is that of this machine."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "ca"))
    make_bundles(Authority())
    return tmp_path / "ca"


def ca(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "notify_mock", "ca", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=50)


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*") if path.name != ".lock"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_every_command_names_the_file_and_the_remedy_at_the_start(damage: Damage, folder: Path) -> None:
    line = f"notify-mock: {folder / damage(folder / 'ca-key.pem')}; {RENEW}"
    done = subprocess.run([sys.executable, "-c", ALL_COMMANDS], capture_output=True, text=True, timeout=50)
    assert done.stderr.splitlines() == [line] * 5
    assert done.stdout.split() == ["2"] * 5


@pytest.mark.parametrize("damage", DAMAGES)
def test_in_python_it_is_an_error_where_tls_is_first_used(damage: Damage, folder: Path) -> None:
    line = f"{folder / damage(folder / 'ca-key.pem')}; {RENEW}"
    uses: list[Callable[[], object]] = [
        Authority().pair,
        lambda: make_bundles(Authority()),
        Emulator().env,
        lambda: Emulator(tls=True).url,
    ]
    for use in uses:
        with pytest.raises(UsageError) as found:
            use()
        assert str(found.value) == line
    with intercept() as emulator, pytest.raises(UsageError) as found:
        requests.get("https://notify.twilio.com/v1/Credentials", auth=emulator.auth, timeout=20)
    assert str(found.value) == line


@pytest.mark.parametrize("damage", DAMAGES)
def test_renewing_repairs_it(damage: Damage, folder: Path) -> None:
    old = Authority().pair()
    damage(folder / "ca-key.pem")
    assert Authority().renew() != old
    make_bundles(Authority())
    with intercept() as emulator:
        url = "https://notify.twilio.com/v1/Credentials"
        assert requests.get(url, auth=emulator.auth, timeout=20).status_code == 200


def test_every_flipped_bit_is_an_error_or_harmless(folder: Path) -> None:
    """So that damage never shows only as a failed handshake."""
    key, pair = folder / "ca-key.pem", Authority().pair()
    content = key.read_bytes()
    for place in range(0, len(content), 11):
        key.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        try:
            found = Authority().pair()
        except UsageError:
            continue
        signed = x509.load_pem_x509_certificate(issue(found, "notify.twilio.com").certificate.encode())
        signed.verify_directly_issued_by(x509.load_pem_x509_certificate(pair.certificate.encode()))


def test_one_that_is_not_valid_yet_is_replaced(folder: Path) -> None:
    """As after the machine's clock was wrong."""
    future = make_ca(now() + timedelta(days=3))
    (folder / "ca-key.pem").write_text("".join(future))
    assert Authority().pair() != future
    assert Authority().certificate.read_text() == Authority().pair().certificate


@pytest.mark.parametrize("name", ["ca-key.pem", "ca.pem", "bundle.pem", "truststore.p12", "python/sitecustomize.py"])
def test_a_folder_in_place_of_a_file_is_an_error_that_names_it(name: str, folder: Path) -> None:
    (folder / name).unlink()
    (folder / name).mkdir()
    for arguments in (("path", "--bundle"), ("renew",)):
        done = ca(*arguments)
        assert done.stderr == f"notify-mock: {folder / name}: is a folder; delete it, then {RENEW}\n"
        assert done.returncode == 2
    (folder / name).rmdir()
    assert ca("renew").returncode == 0
    assert (folder / name).is_file()


@posix_only
def test_a_folder_that_every_user_can_write_to_is_an_error(folder: Path) -> None:
    folder.chmod(0o777)
    for arguments in (("path",), ("show",), ("renew",)):
        done = ca(*arguments)
        assert done.stderr == (
            f"notify-mock: {folder}: every user can replace the files in this folder (mode 0777); "
            f"run chmod o-w on it, then {RENEW}\n"
        )
    folder.chmod(0o1777)
    assert Authority().pair()
    folder.chmod(0o775)
    assert Authority().pair()


@posix_only
def test_a_folder_of_another_user_is_an_error_unless_for_root(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sticky folder, its owner can replace the files of others."""
    folder.chmod(0o1777)
    users = {"owner": 4711, "me": 4711}
    monkeypatch.setattr(os, "geteuid", lambda: users["me"])
    monkeypatch.setattr(permissions, "_owner", lambda _path: users["owner"])
    assert Authority().pair()
    users["owner"] = 4712
    with pytest.raises(UsageError, match="ca: this folder belongs to another user, who can replace its files; use"):
        Authority().pair()
    users["me"] = 0
    assert Authority().pair()


@posix_only
def test_a_folder_for_pythonpath_that_every_user_can_write_to_is_an_error(folder: Path) -> None:
    (folder / "python").chmod(0o777)
    with pytest.raises(UsageError, match="python: every user can replace the files"):
        Authority().pair()


def missing(path: Path) -> None:
    path.unlink()


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def not_utf8(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")


def of_another_authority(path: Path) -> None:
    other = Authority(path.parents[2] / "other")
    make_bundles(other)
    path.write_bytes((other.folder / path.name).read_bytes())


def writable_by_all(path: Path) -> None:
    path.chmod(0o666)


@pytest.mark.parametrize(
    "change",
    [missing, half, not_utf8, of_another_authority, pytest.param(writable_by_all, marks=posix_only)],
)
@pytest.mark.parametrize("name", ["ca.pem", "bundle.pem", "truststore.p12"])
def test_a_derived_file_is_rebuilt(name: str, change: Callable[[Path], None], tmp_path: Path) -> None:
    authority = Authority(tmp_path / "deep" / "ca")
    make_bundles(authority)
    change(authority.folder / name)
    bundles, pair = make_bundles(authority), authority.pair()
    assert bundles.certificate.read_text() == pair.certificate
    assert bundles.bundle.read_text().endswith(pair.certificate)
    ssl.create_default_context(cafile=str(bundles.bundle))
    store = pkcs12.load_pkcs12(bundles.trust_store.read_bytes(), TRUST_STORE_PASSWORD.encode())
    trusted = {one.certificate for one in store.additional_certs}
    assert x509.load_pem_x509_certificate(pair.certificate.encode()) in trusted
    assert not (authority.folder / name).stat().st_mode & 0o022 or sys.platform == "win32"


@pytest.mark.parametrize("change", [missing, half, not_utf8, pytest.param(writable_by_all, marks=posix_only)])
@pytest.mark.parametrize("name", ["notify-mock.ini", "python/sitecustomize.py"])
def test_a_copied_file_is_rebuilt(name: str, change: Callable[[Path], None], folder: Path) -> None:
    good = (folder / name).read_bytes()
    change(folder / name)
    make_bundles(Authority())
    assert (folder / name).read_bytes() == good
    assert not (folder / name).stat().st_mode & 0o022 or sys.platform == "win32"


def test_without_its_key_the_authority_is_made_anew(folder: Path) -> None:
    old = Authority().pair()
    (folder / "ca-key.pem").unlink()
    bundles = make_bundles(Authority())
    assert Authority().pair() != old
    assert bundles.certificate.read_text() == Authority().pair().certificate
    assert old.certificate not in bundles.bundle.read_text()


def test_a_running_server_needs_the_folder_no_more(folder: Path) -> None:
    tls = Tls()
    tls.prepare()
    shutil.rmtree(folder)
    tls.prepare("chat.twilio.com")
    assert not folder.exists()


def ask_through(proxy: str) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.get("https://notify.twilio.com/v1/Credentials", proxies={"https": proxy}, timeout=20)


def test_a_proxy_logs_why_it_cannot_use_tls(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without ``--tls``, the authority is not read before a client needs it."""
    line = f"cannot use TLS: {folder / cut(folder / 'ca-key.pem')}; {RENEW}"
    with Emulator() as emulator:
        ask_through(emulator.url)
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [line]


def test_a_proxy_logs_that_there_is_no_room_for_temporary_files(
    folder: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    Authority().pair()
    monkeypatch.setattr("tempfile.tempdir", str(folder / "missing"))
    with Emulator() as emulator:
        ask_through(emulator.url)
    assert f"cannot use TLS: {folder / 'missing'}" in caplog.text
    assert "cannot be written: No such file or directory; set TMPDIR to another folder" in caplog.text


def test_roots_that_cannot_be_read_are_an_error_that_names_them(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "roots.pem").touch()
    os.truncate(tmp_path / "roots.pem", 10**9)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "roots.pem"))
    with pytest.raises(UsageError, match=r"roots\.pem: is larger than the limit of 16 MiB"):
        make_bundles(Authority())
    assert folder.exists()


STOP_WHILE_WRITING = """
import os, signal
from notify_mock.certificate_authority.authority import Authority
from notify_mock.certificate_authority.bundles import make_bundles

def stop(descriptor):
    print("writing", flush=True)
    signal.pause()

authority = Authority()
os.fsync = stop
make_bundles(authority) if os.environ["BUNDLES"] else authority.renew()
"""


@posix_only
@pytest.mark.parametrize("name", ["ca-key.pem", "bundle.pem", "truststore.p12"])
def test_what_a_killed_writer_left_is_removed_at_the_next_start(name: str, folder: Path) -> None:
    pair = Authority().pair()
    if name != "ca-key.pem":
        (folder / name).unlink()
    env = {**os.environ, "BUNDLES": "yes" if name != "ca-key.pem" else ""}
    command = [sys.executable, "-c", STOP_WHILE_WRITING]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        assert leftovers(folder)
        writer.kill()
    assert leftovers(folder)
    make_bundles(Authority())
    assert leftovers(folder) == []
    assert Authority().pair() == pair
    assert (folder / name).is_file()


FULL_DISK = """
import resource, sys
from notify_mock.cli import main

resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
sys.argv = ["notify-mock", "ca", "renew"]
main()
"""


@posix_only
def test_on_a_full_disk_nothing_is_left_and_nothing_is_lost(folder: Path) -> None:
    pair = Authority().pair()
    done = subprocess.run([sys.executable, "-c", FULL_DISK], capture_output=True, text=True, timeout=50)
    assert done.stderr == (
        f"notify-mock: {folder / 'ca-key.pem'}: cannot be written: File too large; "
        f"set {FOLDER_VARIABLE} to another folder\n"
    )
    assert leftovers(folder) == []
    assert Authority().pair() == pair
