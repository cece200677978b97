"""The in-process clients, compared with the real ones over a socket."""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from helpers.pem import Pair
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from notify_mock import Emulator
from notify_mock.twilio_api.messages import BODY_LIMIT


async def walk(client: Client, pair: Pair) -> list[str]:
    """Create, list, update, fetch and delete credentials with the SDK's asynchronous methods."""
    credentials = client.notify.v1.credentials
    apn = await credentials.create_async(type="apn", certificate=pair.certificate, private_key=pair.private_key)
    await credentials.create_async(type="gcm", api_key="k")
    fcm = await credentials.create_async(type="fcm", secret="s")
    names = [one.type for one in await credentials.list_async(page_size=1)]
    names.append((await credentials(apn.sid).update_async(friendly_name="new")).friendly_name)
    names.append((await credentials(apn.sid).fetch_async()).friendly_name)
    assert await credentials(fcm.sid).delete_async() is True
    with pytest.raises(TwilioRestException) as caught:
        await credentials(fcm.sid).fetch_async()
    return [*names, str(caught.value.code)]


def test_the_async_client_needs_no_socket(emulator: Emulator, pair: Pair) -> None:
    assert asyncio.run(walk(emulator.async_client(), pair)) == ["apn", "gcm", "fcm", "new", "new", "20404"]


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated", "ignore:The 'auth' parameter is deprecated")
def test_the_sdks_own_async_client_works_over_a_socket(served: Emulator, pair: Pair) -> None:
    async def main() -> list[str]:
        async with AsyncTwilioHttpClient() as http_client:
            client = Client(*served.auth, http_client=http_client)
            client.notify.base_url = served.url
            return await walk(client, pair)

    assert asyncio.run(main()) == ["apn", "gcm", "fcm", "new", "new", "20404"]


@pytest.mark.parametrize("product", ["notify", "chat", "conversations"])
def test_a_base_url_redirects_every_product_to_the_server(served: Emulator, product: str) -> None:
    served.credentials.add(type="fcm")
    served.credentials.add(type="fcm")
    client = Client(*served.auth)
    domain = getattr(client, product)
    domain.base_url = f"{served.url}/{product}"
    assert len(domain.v1.credentials.list(page_size=1)) == 2
    client.http_client.session.close()


FORM = "application/x-www-form-urlencoded"

REQUESTS: list[tuple[str, str, Any, Any]] = [
    ("GET", "/v1/Credentials", {"PageSize": 1}, None),
    ("GET", "/v1/Credentials", {"PageSize": "ä &=%"}, None),
    ("GET", "/v1/Credentials?PageSize=2&x=%zz", {}, None),
    ("GET", "/v1/Credentials/a b?c#d", {}, None),
    ("GET", "/v1/Credentials/%ff", {}, None),
    ("GET", "/v1/../v1/./Credentials", {}, None),
    ("POST", "/v1/Credentials", None, {"Type": "fcm", "Secret": ["a", "b"]}),
    ("POST", "/v1/Credentials", None, {"Type": "fcm", "Secret": "a+b %41&=ü\n", "FriendlyName": None}),
    ("POST", "/v1/Credentials", None, {"Type": "gcm", "ApiKey": 7, "Sandbox": True}),
    ("POST", "/v1/Credentials", None, {"Type": b"fcm", "Secret": "x"}),
    ("POST", "/v1/Credentials", None, {"Type": "fcm", "Secret": "x" * (BODY_LIMIT + 1)}),
    ("POST", "/v1/Credentials", None, {"Type": "fcm", "Secret": "ü" * (BODY_LIMIT // 6 + 1)}),
    ("POST", "/v1/Credentials", None, {"Type": "fcm", "Secret": "ü" * 200_000}),
    ("POST", "/v1/Credentials", None, {}),
]


@pytest.mark.parametrize(
    ("method", "path", "params", "data", "content_type"),
    [(*request, FORM) for request in REQUESTS]
    + [(*request, "application/json") for request in REQUESTS if b"fcm" not in (request[3] or {}).values()],
)
def test_the_in_process_client_reads_the_same_call_as_the_server(
    served: Emulator, method: str, path: str, params: object, data: object, content_type: str
) -> None:
    """The same request gives the same call and the same response through the SDK's HTTP client and through ours."""
    twin = Emulator()
    results = []
    for emulator, http_client, base in [
        (served, TwilioHttpClient(pool_connections=False), served.url),
        (twin, twin.client().http_client, served.url),
    ]:
        response = http_client.request(
            method, base + path, params=params, data=data, headers={"Content-Type": content_type}, auth=served.auth
        )
        call = emulator.journal.last.call
        results.append((call.method, call.path, call.query, call.form, call.host, call.scheme))
        body = json.loads(response.text)
        dates = {"date_created", "date_updated"}
        results[-1] += (response.status_code, {key: value for key, value in body.items() if key not in dates})
        results[-1] += (sorted(name.lower() for name in response.headers if name != "Connection"),)
    assert results[0] == results[1]


def test_one_client_in_many_threads_sends_each_call_its_own_headers() -> None:
    emulator, before = Emulator(journal_limit=10_000), sys.getswitchinterval()
    http_client = emulator.client().http_client
    url = "https://notify.twilio.com/v1/Credentials"

    def send(number: int) -> None:
        user = f"AC{number % 4}"
        http_client.request("GET", url, headers={"X-Number": str(number)}, auth=(user, "x"))

    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(send, range(2000)))
    finally:
        sys.setswitchinterval(before)
    for exchange in emulator.journal:
        assert exchange.account_sid == f"AC{int(exchange.call.headers['x-number']) % 4}"
    assert len({exchange.call.headers["x-number"] for exchange in emulator.journal}) == 2000


def test_headers_are_case_insensitive(emulator: Emulator) -> None:
    response = emulator.client().http_client.request("GET", "https://notify.twilio.com/v1/Credentials")
    assert response.headers["x-api-domain"] == response.headers["X-API-Domain"] == "notify.twilio.com"
    assert repr(response).startswith("HTTP 401 ")


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_timeout_of_zero_or_less_is_an_error_as_in_the_sdk(emulator: Emulator, timeout: float) -> None:
    with pytest.raises(ValueError, match=str(timeout)):
        emulator.client().http_client.request("GET", "https://notify.twilio.com/v1/Credentials", timeout=timeout)


def test_a_client_accepts_the_sdks_options(emulator: Emulator) -> None:
    client = emulator.client("SK" + "1" * 32, "secret", account_sid="AC" + "1" * 32, region="ie1")
    client.notify.v1.credentials.list()
    assert emulator.journal.last.region == "ie1"


def test_without_the_sdk_the_error_names_what_to_install(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from notify_mock import UsageError

    monkeypatch.setitem(sys.modules, "twilio.rest", None)
    with pytest.raises(UsageError, match="pip install twilio"):
        emulator.client()
