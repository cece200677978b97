"""Interception: all clients in this process are redirected to the emulator, and none reaches the real Twilio."""

from __future__ import annotations

import asyncio
import http.client
import logging
import socket
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
import urllib3
from helpers.calls import basic
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

import notify_mock
from notify_mock import Delay, Drop, Emulator, EscapedRequest, Refuse, UsageError
from notify_mock.interception.adapters.sockets import CONNECTS, LOOKUPS
from notify_mock.interception.patches import ImportHook

MADE_AT_IMPORT = Client("AC" + "1" * 32, "token")
URL = "https://notify.twilio.com/v1/Credentials"
AUTH = ("AC" + "1" * 32, "token")
SIGNED = {"Authorization": basic(*AUTH)}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as made:
        yield made


@pytest.fixture
def intercepted(emulator: Emulator) -> Iterator[Emulator]:
    with emulator.intercept():
        yield emulator


def create(client: Client) -> Any:
    return client.notify.v1.credentials.create(type="fcm", secret="s")


class TestTheSdk:
    def test_a_client_created_at_import_is_redirected(self, intercepted: Emulator) -> None:
        assert create(MADE_AT_IMPORT).sid in intercepted.credentials
        assert len(MADE_AT_IMPORT.notify.v1.credentials.list(page_size=1)) == 1

    def test_a_client_in_another_thread_is_redirected(self, intercepted: Emulator) -> None:
        made: list[str] = []
        thread = threading.Thread(target=lambda: made.append(create(Client(*AUTH)).sid))
        thread.start()
        thread.join(20)
        assert made == list(intercepted.credentials)

    @pytest.mark.parametrize(
        ("options", "host"),
        [
            ({}, "notify.twilio.com"),
            ({"region": "ie1"}, "notify.ie1.twilio.com"),
            ({"edge": "sydney"}, "notify.sydney.us1.twilio.com"),
            ({"edge": "dublin", "region": "ie1"}, "notify.dublin.ie1.twilio.com"),
        ],
    )
    def test_every_edge_and_region_is_redirected(
        self, intercepted: Emulator, options: dict[str, str], host: str
    ) -> None:
        assert create(Client(*AUTH, **options)).url.startswith(f"https://{host}/v1/Credentials/CR")
        assert intercepted.credentials

    def test_all_apis_are_redirected(self, intercepted: Emulator) -> None:
        create(Client(*AUTH))
        assert len(Client(*AUTH).chat.v2.credentials.list()) == 1
        assert len(Client(*AUTH).conversations.v1.credentials.list()) == 1

    def test_the_async_client_is_redirected(self, intercepted: Emulator) -> None:
        async def scenario() -> None:
            async with AsyncTwilioHttpClient() as http_client:
                credentials = Client(*AUTH, http_client=http_client).notify.v1.credentials
                made = await credentials.create_async(type="fcm", secret="s")
                assert [one.sid for one in await credentials.list_async()] == [made.sid]

        asyncio.run(scenario())
        assert len(intercepted.journal) == 2

    def test_no_socket_is_used_and_a_delay_takes_no_time(
        self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = emulator.clock.time()
        with emulator.intercept(), emulator.faults.add("*", Delay(3600)), monkeypatch.context() as patch:
            patch.setattr(socket, "socket", None)
            create(MADE_AT_IMPORT)
        assert emulator.clock.time() >= before + 3600

    def test_errors_and_faults_raise_the_sdks_exceptions(self, intercepted: Emulator) -> None:
        with pytest.raises(TwilioRestException) as caught:
            MADE_AT_IMPORT.notify.v1.credentials("CR" + "0" * 32).fetch()
        assert caught.value.code == 20404
        with intercepted.faults.add("*", Drop()), pytest.raises(requests.ConnectionError):
            create(MADE_AT_IMPORT)

    def test_the_clients_timeout_applies(self, intercepted: Emulator) -> None:
        client = Client(*AUTH, http_client=TwilioHttpClient(timeout=2))
        with intercepted.faults.add("*", Delay(3)), pytest.raises(requests.ReadTimeout):
            create(client)
        with pytest.raises(ValueError, match="0"):
            client.http_client.request("GET", URL, timeout=0)

    def test_it_logs_and_keeps_the_last_response_as_usual(
        self, intercepted: Emulator, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "twilio.http_client")
        client = Client(*AUTH)
        create(client)
        assert "-- BEGIN Twilio API Request --" in caplog.text
        assert "Response Status Code: 201" in caplog.text
        assert client.http_client._test_only_last_response.status_code == 201

    def test_a_session_that_retries_still_does(self, intercepted: Emulator) -> None:
        http_client = TwilioHttpClient()
        again = urllib3.Retry(total=2, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
        http_client.session.mount("https://", HTTPAdapter(max_retries=again))
        intercepted.faults.add("credential.create", Refuse(20503), times=2)
        create(Client(*AUTH, http_client=http_client))
        http_client.session.close()
        assert len(intercepted.journal) == 3

    def test_request_hooks_are_called(self, intercepted: Emulator) -> None:
        seen: list[int] = []
        hooks: dict[str, object] = {"response": [lambda answer, **_: seen.append(answer.status_code)]}
        create(Client(*AUTH, http_client=TwilioHttpClient(pool_connections=False, request_hooks=hooks)))
        assert seen == [201]

    @pytest.mark.filterwarnings("ignore:.*deprecated and will be removed:DeprecationWarning")  # from the SDK
    def test_an_async_client_that_retries_still_does(self, intercepted: Emulator) -> None:
        intercepted.faults.add("credential.list", Refuse(20503), times=1)

        async def scenario() -> int:
            async with AsyncTwilioHttpClient(max_retries=2) as http_client:
                credentials = Client(*AUTH, http_client=http_client).notify.v1.credentials
                return len(await credentials.list_async())

        assert asyncio.run(scenario()) == 0
        assert len(intercepted.journal) == 2

    def test_a_request_with_an_unusual_url_uses_the_socket(self, intercepted: Emulator) -> None:
        answer = MADE_AT_IMPORT.http_client.request("GET", f"{URL}?PageSize=1", auth=AUTH)
        assert answer.status_code == 200
        assert intercepted.journal.calls()[0].call.query["PageSize"] == "1"


def test_intercept_works_without_a_fixture() -> None:
    with notify_mock.intercept(seed=7, data={"credentials": [{"type": "gcm"}]}) as emulator:
        assert create(MADE_AT_IMPORT).sid in emulator.credentials
        assert by_requests() == 200
        assert len(emulator.credentials) == 2


def by_requests() -> int:
    return requests.get(URL, auth=AUTH, timeout=20).status_code


def by_a_session() -> int:
    with requests.Session() as session:
        session.get(URL, auth=AUTH)
        return session.get(URL, auth=AUTH).status_code


def by_urllib3() -> int:
    with urllib3.PoolManager() as pool:
        return pool.request("GET", URL, headers=SIGNED).status


def by_urllib3_through_a_proxy() -> int:
    """With a proxy of the developer's: no server listens there, and it must not be used."""
    with urllib3.ProxyManager("http://127.0.0.1:9") as pool:
        return pool.request("GET", URL, headers=SIGNED).status


def by_httpx() -> int:
    return httpx.get(URL, auth=AUTH).status_code


def by_httpx_async() -> int:
    async def get() -> int:
        async with httpx.AsyncClient(http2=False) as client:
            await client.get(URL, auth=AUTH)
            return (await client.get(URL, auth=AUTH)).status_code

    return asyncio.run(get())


def by_httpx2() -> int:
    return httpx2.get(URL, auth=AUTH).status_code


def by_httpx2_async() -> int:
    async def get() -> int:
        async with httpx2.AsyncClient() as client:
            return (await client.get(URL, auth=AUTH)).status_code

    return asyncio.run(get())


def by_aiohttp() -> int:
    async def get() -> int:
        async with (
            aiohttp.ClientSession("https://notify.twilio.com", headers=SIGNED) as session,
            session.get("/v1/Credentials") as answer,
        ):
            return answer.status

    return asyncio.run(get())


def by_http_client() -> int:
    connection = http.client.HTTPSConnection("notify.twilio.com", timeout=20)
    connection.request("GET", "/v1/Credentials", headers=SIGNED)
    with connection.getresponse() as answer:
        answer.read()
    connection.close()
    return answer.status


def by_urllib_request() -> int:
    with urllib.request.urlopen(urllib.request.Request(URL, headers=SIGNED), timeout=20) as answer:
        return int(answer.status)


WAYS = [
    by_requests,
    by_a_session,
    by_urllib3,
    by_urllib3_through_a_proxy,
    by_httpx,
    by_httpx_async,
    by_httpx2,
    by_httpx2_async,
    by_aiohttp,
    by_http_client,
    by_urllib_request,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_http_client_is_redirected(intercepted: Emulator, way: Callable[[], int]) -> None:
    assert way() == 200
    assert intercepted.journal.calls()[0].call.scheme == "https"
    assert intercepted.journal.calls()[0].call.host == "notify.twilio.com"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_in_the_environment_changes_nothing(
    intercepted: Emulator, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert [way() for way in WAYS] == [200] * len(WAYS)


@pytest.mark.parametrize("phase", ["before", "after"])
def test_faults_on_a_socket_raise_what_the_library_raises(intercepted: Emulator, phase: Any) -> None:
    for way, error in [
        (by_requests, requests.ConnectionError),
        (by_httpx, httpx.RemoteProtocolError),
        (by_httpx2, httpx2.RemoteProtocolError),
        (by_http_client, http.client.RemoteDisconnected),
    ]:
        with intercepted.faults.add("*", Drop(), phase=phase), pytest.raises(error):
            way()


async def by_escaping_aiohttp(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        await session.get(url)


async def by_escaping_httpx(url: str) -> None:
    async with httpx.AsyncClient() as client:
        await client.get(url)


def by_a_raw_name(url: str) -> None:
    with socket.socket() as connection:
        connection.connect((urllib3.util.parse_url(url).host, 443))


ESCAPES: list[tuple[str, Callable[[str], object]]] = [
    ("requests", requests.get),
    ("urllib3", lambda url: urllib3.PoolManager().request("GET", url)),
    ("httpx", httpx.get),
    ("httpx2", httpx2.get),
    ("httpx async", lambda url: asyncio.run(by_escaping_httpx(url))),
    ("aiohttp", lambda url: asyncio.run(by_escaping_aiohttp(url))),
    ("urllib.request", urllib.request.urlopen),
    ("the SDK", lambda url: Client(*AUTH).request("GET", url)),
    ("a lookup", lambda url: socket.getaddrinfo(urllib3.util.parse_url(url).host, 443)),
    ("another lookup", lambda url: socket.gethostbyname(str(urllib3.util.parse_url(url).host))),
    ("a bare socket", by_a_raw_name),
]


@pytest.mark.parametrize("ask", [ask for _, ask in ESCAPES], ids=[name for name, _ in ESCAPES])
@pytest.mark.parametrize("host", ["api.twilio.com", "VERIFY.Twilio.com", "notify.sydney.twilio.com"])
def test_a_request_to_a_host_that_is_not_emulated_is_an_error(
    emulator: Emulator, host: str, ask: Callable[[str], object]
) -> None:
    with emulator.intercept() as interception, pytest.raises(EscapedRequest) as caught:
        ask(f"https://{host}/2010-04-01/Accounts.json?token=secret-9f3c")
    text = str(caught.value)
    assert f"{host.lower()} is not emulated" in text
    assert f"or allow_real=['{host.lower()}'] to let it reach the real Twilio, in @pytest.mark.notify_mock(" in text
    assert "secret" not in text
    assert [f"notify_mock: {escaped}" for escaped in interception.escaped] == [text]


def test_the_error_names_the_caller(emulator: Emulator) -> None:
    with emulator.intercept(), pytest.raises(EscapedRequest, match=r"\(at .*test_intercept\.py, line \d+\)"):
        Client(*AUTH).api.v2010.accounts.list()
    with emulator.intercept(), pytest.raises(EscapedRequest, match=r"GET https://api\.twilio\.com/2010-04-01/Accounts"):
        Client(*AUTH).api.v2010.accounts.list()


def test_an_unsupported_client_gets_an_error_with_a_remedy(intercepted: Emulator) -> None:
    for name in ("NOTIFY.twilio.com.", "notify\u3002twilio\u3002com", b"notify.twilio.com"):
        with pytest.raises(EscapedRequest, match="Set this client's base URL to the emulator's url"):
            socket.getaddrinfo(name, 443)
    with pytest.raises(EscapedRequest, match="cannot intercept this client's request to notify"):
        by_a_raw_name("https://notify.twilio.com")


@pytest.mark.parametrize("host", ["notify.twilio.com", "api.twilio.com"])
def test_a_redirect_of_aiohttp_is_blocked(intercepted: Emulator, host: str) -> None:
    class Away(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"http://{host}/v1/Credentials")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    async def follow(port: int) -> None:
        async with aiohttp.ClientSession() as session:
            await session.get(f"http://127.0.0.1:{port}/")

    with HTTPServer(("127.0.0.1", 0), Away) as elsewhere:
        thread = threading.Thread(target=elsewhere.handle_request)
        thread.start()
        with pytest.raises(EscapedRequest, match=f"{host}"):
            asyncio.run(follow(elsewhere.server_port))
        thread.join(20)


def test_a_plain_request_through_a_proxy_is_blocked(intercepted: Emulator) -> None:
    with pytest.raises(EscapedRequest, match=r"blocked a request to http://notify\.twilio\.com through a proxy"):
        urllib3.ProxyManager("http://127.0.0.1:9").request("GET", "http://notify.twilio.com/v1/Credentials")


def test_allowed_hosts_are_really_connected_to(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    resolved: list[str] = []
    real = socket.getaddrinfo

    def look_up(host: str, *args: Any, **options: Any) -> Any:
        if host == "127.0.0.1":
            return real(host, *args, **options)
        resolved.append(host)
        raise socket.gaierror("not in a test")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setenv("NO_PROXY", "*")
    with emulator.intercept(allow_real=["api.twilio.com"]) as interception:
        with pytest.raises(requests.ConnectionError):
            requests.get("https://api.twilio.com/")
        with pytest.raises(EscapedRequest):
            requests.get("https://verify.twilio.com/")
        assert by_requests() == 200
    assert resolved[0] == "api.twilio.com"
    assert len(interception.escaped) == 1


@pytest.mark.parametrize("wrong", ["api.twilio.com", ["example.com"], [3], 7, ["*.twilio.com.example"]])
def test_a_wrong_allow_real_is_refused(emulator: Emulator, wrong: Any) -> None:
    with pytest.raises(UsageError, match="allow_real"):
        emulator.intercept(allow_real=wrong)


def test_requests_to_other_hosts_are_not_redirected(intercepted: Emulator) -> None:
    with Emulator() as other:
        assert requests.get(f"{other.url}/v1/Credentials", auth=AUTH).status_code == 200
        assert len(other.journal) == 1
    assert len(intercepted.journal) == 0


def patched_attributes() -> list[object]:
    """Return the current value of every patched attribute."""
    import urllib3.connection

    owners: list[tuple[Any, tuple[str, ...]]] = [
        (socket, LOOKUPS),
        (socket.socket, CONNECTS),
        (http.client.HTTPConnection, ("connect", "putrequest")),
        (http.client.HTTPSConnection, ("connect",)),
        (urllib3.connection.HTTPConnection, ("connect",)),
        (urllib3.connection.HTTPSConnection, ("connect",)),
        (TwilioHttpClient, ("request",)),
        (AsyncTwilioHttpClient, ("request",)),
        (httpx.HTTPTransport, ("handle_request",)),
        (httpx.AsyncHTTPTransport, ("handle_async_request",)),
        (httpx2.HTTPTransport, ("handle_request",)),
        (httpx2.AsyncHTTPTransport, ("handle_async_request",)),
        (aiohttp.ClientSession, ("_request",)),
    ]
    return [(owner, name, name in vars(owner), getattr(owner, name)) for owner, names in owners for name in names]


class TestRestoring:
    def test_an_interception_can_be_entered_only_once(self, emulator: Emulator) -> None:
        interception = emulator.intercept()
        before = patched_attributes()
        with interception, pytest.raises(UsageError, match="has already been entered"):
            interception.__enter__()
        assert patched_attributes() == before

    def test_everything_is_restored(self, emulator: Emulator) -> None:
        before, finders = patched_attributes(), list(sys.meta_path)
        with emulator.intercept():
            assert not [one for one in patched_attributes() if one in before]
        assert patched_attributes() == before
        assert sys.meta_path == finders

    def test_everything_is_restored_after_an_exception(self, emulator: Emulator) -> None:
        before = patched_attributes()
        with pytest.raises(ZeroDivisionError), emulator.intercept():
            raise ZeroDivisionError
        assert patched_attributes() == before

    def test_everything_is_restored_when_they_end_out_of_order(self, emulator: Emulator) -> None:
        before = patched_attributes()
        first, second, third = emulator.intercept(), emulator.intercept(), emulator.intercept()
        for one in (first, second, third):
            one.__enter__()
        for one in (second, first, third):
            one.__exit__()
        assert patched_attributes() == before

    def test_the_innermost_is_active_and_then_the_outer_again(self, intercepted: Emulator) -> None:
        inner = Emulator()
        with inner.intercept():
            create(MADE_AT_IMPORT)
            assert by_requests() == 200
        inner.close()
        create(MADE_AT_IMPORT)
        assert by_requests() == 200
        assert (len(inner.journal), len(intercepted.journal)) == (2, 2)

    def test_the_outer_does_not_block_what_the_inner_allows(
        self, intercepted: Emulator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with intercepted.intercept(allow_real=["api.twilio.com"]):
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [])
            with pytest.raises(OSError, match="getaddrinfo returns an empty list"):
                socket.create_connection(("api.twilio.com", 443))
            monkeypatch.undo()
        with pytest.raises(EscapedRequest):
            socket.create_connection(("api.twilio.com", 443))

    def test_kept_connections_are_closed_at_the_end(self, emulator: Emulator) -> None:
        session = requests.Session()
        session.trust_env = False
        with emulator.intercept():
            session.get(URL, auth=AUTH)
        with Emulator() as other, other.intercept():
            session.get(URL, auth=AUTH)
        session.close()
        assert (len(emulator.journal), len(other.journal)) == (1, 1)

    def test_a_connection_opened_before_is_not_used(self, emulator: Emulator) -> None:
        """It may be connected to the real Twilio."""
        with socket.create_server(("127.0.0.1", 0)) as real:
            connection = http.client.HTTPSConnection("notify.twilio.com")
            connection.sock = socket.create_connection(real.getsockname())
            with emulator.intercept():
                connection.request("GET", "/v1/Credentials", headers=SIGNED)
                with connection.getresponse() as answer:
                    assert answer.status == 200
            connection.close()
        assert len(emulator.journal) == 1

    def test_a_foreign_patch_on_top_is_kept(self, emulator: Emulator) -> None:
        before = TwilioHttpClient.request
        with pytest.MonkeyPatch.context() as patch:
            with emulator.intercept():
                patch.setattr(TwilioHttpClient, "request", lambda *_, **__: "theirs")
            assert TwilioHttpClient.request(None) == "theirs"  # type: ignore[call-arg,arg-type]
        assert MADE_AT_IMPORT.http_client.request.__func__ is not before  # monkeypatch restored our patch
        with emulator.intercept():
            create(MADE_AT_IMPORT)
        assert TwilioHttpClient.request is before


class TestImports:
    def test_a_library_imported_later_is_patched(self, pytester: pytest.Pytester) -> None:
        pytester.makepyfile(
            """
            import sys

            def test_it(notify_mock):
                assert not {"twilio", "requests", "httpx", "httpx2", "aiohttp"} & set(sys.modules)
                import aiohttp, httpx, requests
                from twilio.http.async_http_client import AsyncTwilioHttpClient
                from twilio.rest import Client
                Client().notify.v1.credentials.create(type="fcm", secret="s")
                assert httpx.get("https://notify.twilio.com/v1/Credentials").status_code == 401
                assert requests.get("https://notify.twilio.com/v1/Credentials").status_code == 401
                assert len(notify_mock.journal) == 3
            """
        )
        pytester.runpytest_subprocess(
            "-p", "no:randomly", "-p", "no:hypothesispytest", "-p", "no:respx"
        ).assert_outcomes(passed=1)

    def test_the_loader_of_a_patched_module_is_restored(self, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "late_module.py").write_text("VALUE = 3")
        monkeypatch.syspath_prepend(tmp_path)
        seen: list[str] = []
        later = ImportHook(["late_module", "missing_module"], seen.append)
        later.install()
        try:
            import late_module  # type: ignore[import-not-found]

            with pytest.raises(ModuleNotFoundError):
                import missing_module  # type: ignore[import-not-found]  # noqa: F401
        finally:
            later.uninstall()
        assert (seen, late_module.VALUE) == (["late_module"], 3)
        assert "exec_module" not in vars(late_module.__loader__)
        sys.modules.pop("late_module")
