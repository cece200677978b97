"""The certificate authority of a machine: its files, constraints and bundles."""

from __future__ import annotations

import socket
import ssl
import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from freezegun import freeze_time

from notify_mock import UsageError
from notify_mock.certificate_authority.authority import FOLDER_VARIABLE, Authority, _temporary_folder
from notify_mock.certificate_authority.bundles import TRUST_STORE_PASSWORD, make_bundles
from notify_mock.certificate_authority.certificates import LIFETIME, Pair, make_ca
from notify_mock.server.tls import Tls


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


def parsed(pair: Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate.encode())


def test_no_file_is_created_before_it_is_needed(authority: Authority) -> None:
    assert not authority.exists_already
    assert not authority.folder.exists()
    Tls(authority)
    assert not authority.folder.exists()


def test_it_is_created_once_and_reused(authority: Authority) -> None:
    assert authority.pair() == authority.pair() == Authority(authority.folder).pair()
    assert authority.certificate.read_text() == authority.pair().certificate


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_owner_can_read_the_key(authority: Authority) -> None:
    authority.pair()
    key = authority.folder / "ca-key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(authority.folder.stat().st_mode) == 0o700
    with_key = [path.name for path in authority.folder.iterdir() if "PRIVATE KEY" in path.read_text()]
    assert with_key == ["ca-key.pem"]


class TestWithoutAHome:
    """The user of a container may have no home, or one that cannot be written."""

    @pytest.fixture(params=["/dev/null/home", "~/.local/share"])
    def home(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
        monkeypatch.delenv(FOLDER_VARIABLE)
        monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: Path(request.param))
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        _temporary_folder.cache_clear()
        return str(request.param)

    def test_a_server_uses_a_private_folder_for_this_run_and_says_so(
        self, home: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        first, second = Tls(), Tls()
        bundles = make_bundles(first.authority)
        assert second.ca == first.ca
        assert bundles.certificate.parent.parent == tmp_path
        assert stat.S_IMODE(bundles.certificate.parent.stat().st_mode) == 0o700
        assert (
            f"the certificate authority of this run is in {bundles.certificate.parent}; set NOTIFY_MOCK" in caplog.text
        )
        assert not Path("~").exists()

    def test_what_outlives_this_run_is_refused(self, home: str) -> None:
        with pytest.raises(UsageError, match=r"cannot be used: .*; set NOTIFY_MOCK_CA_DIR to another folder"):
            make_bundles(Authority())

    def test_a_folder_that_the_user_chose_is_not_replaced(self, home: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(FOLDER_VARIABLE, "/dev/null/chosen")
        with pytest.raises(UsageError, match="/dev/null/chosen"):
            Tls().ca  # noqa: B018 - raises


def test_it_is_valid_for_thirty_days_and_only_for_twilio_hosts(authority: Authority) -> None:
    ca = parsed(authority.pair())
    assert ca.not_valid_after_utc - ca.not_valid_before_utc == LIFETIME + timedelta(hours=1)
    assert timedelta(days=30) == LIFETIME
    limits = ca.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    assert limits.value.permitted_subtrees == [x509.DNSName("twilio.com")]
    assert [str(one.value) for one in limits.value.excluded_subtrees or []] == ["0.0.0.0/0", "::/0"]
    basic = ca.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (basic.ca, basic.path_length) == (True, 0)


def test_one_that_expires_within_a_day_is_replaced(authority: Authority) -> None:
    first = authority.pair()
    old = make_ca(parsed(first).not_valid_before_utc - LIFETIME + timedelta(hours=20))
    (authority.folder / "ca-key.pem").write_text("".join(old))
    second = authority.pair()
    assert second not in (first, old)
    assert authority.certificate.read_text() == second.certificate


def test_renewing_and_removing_delete_the_old_files(authority: Authority) -> None:
    first = authority.pair()
    assert authority.renew() != first
    assert authority.certificate.read_text() == authority.pair().certificate != first.certificate
    make_bundles(authority)
    (authority.folder / "mine.txt").write_text("stays")
    authority.remove()
    assert [path.name for path in authority.folder.iterdir()] == ["mine.txt"]
    assert authority.remove() == []


def test_removing_keeps_the_users_files(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    for name in ("bundle.pem", "python/src/main.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("mine")
    assert authority.remove() == []
    authority.pair()
    authority.remove()
    assert (tmp_path / "python" / "src" / "main.py").read_text() == "mine"


@pytest.mark.parametrize("folder", ["a:b", "it's", 'a"b', "a\nb"])
def test_a_folder_with_path_separators_or_quotes_is_an_error(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, folder)
    with pytest.raises(UsageError, match="contains characters that are not allowed"):
        Authority()


def test_concurrent_callers_get_the_same_authority(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        pairs = set(pool.map(lambda _: Authority(tmp_path / "ca").pair(), range(32)))
    assert len(pairs) == 1


def test_it_uses_the_real_time_when_a_test_has_frozen_the_clock(authority: Authority) -> None:
    with freeze_time("2001-01-01"):
        frozen = parsed(authority.pair())
    assert frozen.not_valid_before_utc.year > 2025


def test_a_file_with_other_content_is_an_error_that_names_it(authority: Authority) -> None:
    authority.pair()
    (authority.folder / "ca-key.pem").write_text("nonsense")
    with pytest.raises(
        UsageError, match=r"ca-key\.pem: does not contain a certificate and key; run notify-mock ca renew"
    ):
        authority.pair()
    authority.renew()
    assert authority.pair().certificate.startswith("-----BEGIN")


def test_an_unusable_folder_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=f"file.*cannot be used.*set {FOLDER_VARIABLE}"):
        Authority(tmp_path / "file" / "ca").pair()


def test_the_folder_is_the_users_data_folder_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert Authority().folder == tmp_path
    monkeypatch.delenv(FOLDER_VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert Authority().folder.name == "ca"
    assert "notify-mock" in Authority().folder.parts


def shake_hands(tls: Tls, client: ssl.SSLContext, host: str, sni: str | None) -> str:
    """Return the name in the certificate that a client with this SNI gets."""
    ours, theirs = socket.socketpair()
    served: list[ssl.SSLSocket] = []

    def serve() -> None:
        try:
            served.append(tls.prepare(host).wrap_socket(theirs, server_side=True))
        except OSError:
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    with ours:
        try:
            with client.wrap_socket(ours, server_hostname=sni) as connection:
                found = connection.getpeercert()
                assert found is not None
                assert connection.selected_alpn_protocol() in ("http/1.1", None)
                return str(found["subjectAltName"][0][1])  # type: ignore[index]
        finally:
            ours.close()
            thread.join(20)
            for one in served:
                one.close()


def test_the_certificate_is_for_the_host_the_client_names(authority: Authority) -> None:
    tls = Tls(authority)
    assert shake_hands(tls, tls.client_context, "notify.twilio.com", "chat.twilio.com") == "chat.twilio.com"
    assert shake_hands(tls, tls.client_context, "", "notify.dublin.ie1.twilio.com") == "notify.dublin.ie1.twilio.com"


def test_a_client_without_sni_gets_the_host_of_its_tunnel(authority: Authority) -> None:
    tls = Tls(authority)
    careless = ssl.create_default_context(cadata=authority.pair().certificate)
    careless.check_hostname = False
    assert shake_hands(tls, careless, "conversations.twilio.com", None) == "conversations.twilio.com"
    assert shake_hands(tls, careless, "", None) == "notify.twilio.com"


@pytest.mark.parametrize("host", ["example.com", "twilio.com.example", "localhost"])
def test_it_is_not_trusted_for_other_hosts(authority: Authority, host: str) -> None:
    tls = Tls(authority)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shake_hands(tls, tls.client_context, host, host)


def test_a_server_keeps_the_authority_it_started_with(authority: Authority) -> None:
    tls = Tls(authority)
    shake_hands(tls, tls.client_context, "chat.twilio.com", "chat.twilio.com")
    authority.renew()
    assert shake_hands(tls, tls.client_context, "", "notify.twilio.com") == "notify.twilio.com"
    authority.remove()
    assert shake_hands(tls, tls.client_context, "", "conversations.twilio.com") == "conversations.twilio.com"


def test_the_bundle_contains_the_roots_and_the_authority(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    roots = authority.folder.parent / "roots.pem"
    root = make_ca(parsed(authority.pair()).not_valid_before_utc)
    roots.write_text(f"# of the company\n{root.certificate}\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    bundles = make_bundles(authority)
    bundle = x509.load_pem_x509_certificates(bundles.bundle.read_bytes())
    assert bundle == [parsed(root), parsed(authority.pair())]
    store = pkcs12.load_pkcs12(bundles.trust_store.read_bytes(), TRUST_STORE_PASSWORD.encode())
    assert {one.certificate for one in store.additional_certs} == set(bundle)


def test_our_own_bundle_is_not_used_as_roots(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a command under ``exec`` runs ``exec``."""
    before = make_bundles(authority).bundle.read_text()
    monkeypatch.setenv("SSL_CERT_FILE", str(make_bundles(authority).bundle))
    assert make_bundles(authority).bundle.read_text().count(authority.pair().certificate) == 1
    assert before.count(authority.pair().certificate) == 1


def test_up_to_date_files_are_not_rewritten(authority: Authority) -> None:
    first = {path: path.stat().st_mtime_ns for path in make_bundles(authority)}
    assert {path: path.stat().st_mtime_ns for path in make_bundles(authority)} == first
    authority.renew()
    assert authority.pair().certificate in make_bundles(authority).bundle.read_text()


def test_a_root_that_the_library_rejects_is_left_out_only_for_java(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    roots = authority.folder.parent / "roots.pem"
    roots.parent.mkdir(exist_ok=True)
    roots.write_text("-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    bundles = make_bundles(authority)
    assert "bm9uZQ==" in bundles.bundle.read_text()
    assert len(pkcs12.load_pkcs12(bundles.trust_store.read_bytes(), b"changeit").additional_certs) == 1
