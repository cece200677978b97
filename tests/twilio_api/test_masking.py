"""What is masked: unknown parameters, the passwords and queries of URLs, key pairs, and secrets in errors."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from helpers.calls import basic
from helpers.parameters import Read
from helpers.pem import Pair

from notify_mock import Emulator, UsageError, apn_pair
from notify_mock.accounts.account import Account, ApiKey
from notify_mock.cli.logs import json_line
from notify_mock.deliveries.callback import Callback
from notify_mock.resources import RESOURCES
from notify_mock.store.collections import Collection
from notify_mock.support.masked_url import MASK, masked_url
from notify_mock.twilio_api.masking import PLAIN, is_secret, show_pairs
from notify_mock.twilio_api.messages import read
from notify_mock.twilio_api.paging import read_paging

ACCOUNT = "AC" + "1" * 32
URL = "https://user:hush-password@host/hook?token=hush-token"
URLS = [
    ("https://user:hush@host/hook", f"https://{MASK}@host/hook"),
    ("https://hush@host:8443/hook?room=hush", f"https://{MASK}@host:8443/hook?room={MASK}"),
    ("https://host/hook?token=hush&hush&b=&hush=", f"https://host/hook?token={MASK}&{MASK}&{MASK}&{MASK}"),
    ("https://user:hu/sh@host/hook#hush", f"https://{MASK}@host/hook#{MASK}"),
    ("https://user:hush", f"https://{MASK}"),
    ("http://[::1]:80/hook", "http://[::1]:80/hook"),
    ("user:hush@host/hook", f"{MASK}@host/hook"),
    ("hush token://host", f"{MASK}://host"),
    ("/hook?token=hush", f"/hook?token={MASK}"),
    ("", ""),
]


@pytest.mark.parametrize("name", ["Token", "access_token", "passwd", "Secrt", "ClientSecret", "x", "type"])
@pytest.mark.parametrize("place", ["form", "query"])
def test_the_value_of_a_parameter_that_twilio_does_not_know_is_not_shown(name: str, place: str) -> None:
    emulator, pair = Emulator(), urlencode([(name, "hush-hush")])
    target = "/v1/Credentials" + (f"?{pair}" if place == "query" else "")
    body = "Type=fcm" + (f"&{pair}" if place == "form" else "")
    headers = {"content-type": "application/x-www-form-urlencoded", "authorization": basic(*emulator.auth)}
    emulator.handle(read("POST", target, host="x", headers=headers, body=body.encode()))
    text = f"{emulator.journal} {list(emulator.journal)!r} {json_log(emulator)}"
    assert "hush" not in text
    assert f"{name}={MASK}" in text
    assert "Type=fcm" in text


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_a_parameter_of_twilio_is_shown(name: str) -> None:
    assert show_pairs([(name, "value")]) == f"{name}=value"
    assert not is_secret(name)


def test_the_parameters_that_are_shown_are_those_that_the_resources_read(pair: Pair) -> None:
    service = Emulator().services.add()
    secrets = {"Certificate": pair.certificate, "PrivateKey": pair.private_key, "ApiKey": "x", "Secret": "x"}
    names = {one.name for resource in RESOURCES for one in resource.filters}
    for kind in ("apn", "gcm", "fcm"):
        form = Read({"Type": kind, "Identity": "x", "BindingType": kind, "Address": "x", **secrets})
        for resource in RESOURCES:
            resource.create(form, service)
        names |= form.names
    query = Read({"PageSize": "1"})
    read_paging(query, Collection[Any]())
    names |= query.names
    of_callbacks = {name for name, _ in Callback("", "", "", "", "", 1, True, (), 0.0, 1).form()} | {"DeliveryState"}
    are_shown = {name for name in names | of_callbacks if show_pairs([(name, "x")]) == f"{name}=x"}
    assert are_shown == (names | of_callbacks) - set(secrets)
    assert PLAIN - names == {"Segment", "Limit"}, "documented, but no call reads them"


@pytest.mark.parametrize(("url", "masked"), URLS)
def test_user_query_and_fragment_of_a_url_are_masked(url: str, masked: str) -> None:
    assert masked_url(url) == masked
    assert masked_url(masked) == masked
    assert show_pairs([("DeliveryCallbackUrl", url)]) == f"DeliveryCallbackUrl={masked}"


@pytest.mark.parametrize("url", ["https://user:hush@host", " HTTPS://host/?a=hush", "see https://user:hush@host"])
def test_a_url_is_masked_in_other_parameters_too(url: str) -> None:
    assert "hush" not in show_pairs([("Body", url)])


def test_the_secrets_in_a_callback_url_are_kept_but_not_shown() -> None:
    emulator = Emulator()
    v1 = emulator.client().notify.v1
    service = v1.services.create(
        delivery_callback_url=URL, delivery_callback_enabled=True, messaging_service_sid="MG" + "0" * 32
    )
    to = json.dumps({"binding_type": "sms", "address": "+4915112345678"})
    v1.services(service.sid).notifications.create(to_binding=[to], body="x", delivery_callback_url=URL)
    emulator.faults.add("service.create", "drop", DeliveryCallbackUrl=URL, unused="ignore")
    waiting = emulator.callbacks.waiting
    emulator.callbacks.drain()
    assert service.delivery_callback_url == emulator.services[service.sid].delivery_callback_url == URL
    assert [callback.url for callback in waiting] == [URL]
    with pytest.raises(AssertionError) as caught:
        emulator.journal.expect("service.create", DeliveryCallbackUrl="https://hush@other")
    web = emulator.app.test_client()
    shown = [web.get(f"/_mock/{path}").text for path in ("state", "journal", "faults")]
    shown += map(repr, [*emulator.services.values(), *emulator.notifications.values()])
    shown += [json_log(emulator), str(emulator.journal), str(caught.value)]
    for text in shown:
        assert f"https://{MASK}@host/hook?token={MASK}" in text
    hidden = [web.get(f"/_mock/{path}").text for path in ("callbacks", "deliveries")]
    for text in [*shown, *hidden, *map(repr, [*waiting, *emulator.faults])]:
        assert "hush" not in text
        assert "user:" not in text


def json_log(emulator: Emulator) -> str:
    """Return the lines that ``--log-format json`` would have written."""
    return "\n".join(map(json_line, emulator.journal))


def test_a_rule_with_a_masked_url_cannot_be_sent_back() -> None:
    web = Emulator().app.test_client()
    rule = {"call": "service.create", "effect": "drop", "DeliveryCallbackUrl": "https://host/?token=hush"}
    added = web.post("/_mock/faults", json=rule)
    assert (added.status_code, "hush" in added.text) == (201, False)
    form = added.get_json()["form"]
    again = web.post("/_mock/faults", json={**rule, **form})
    assert again.status_code == 400
    assert "masked secret" in again.text


def test_the_repr_of_a_key_pair_is_masked_and_its_parts_are_text() -> None:
    pair = apn_pair()
    certificate, private_key = pair
    assert repr(pair) == str(pair) == f"{pair}" == f"ApnPair(certificate={MASK}, private_key={MASK})"
    assert (certificate, private_key) == (pair.certificate, pair.private_key) == pair
    assert certificate.startswith("-----BEGIN CERTIFICATE-----")
    assert private_key.startswith("-----BEGIN RSA PRIVATE KEY-----")


@pytest.mark.parametrize(
    "options",
    [
        {"upstream": "https://user:hush@host"},
        {"upstream": "https://host/?token=hush"},
        {"upstream": "ftp://hush@host"},
        {"callback_hosts": ["https://user:hush@host"]},
        {"data": {"credentials": [{"type": "fcm", "secret": "hush", "sid": "https://user:hush@host"}]}},
        {"data": {"credentials": [{"type": "fcm", "secrt": "hush"}]}},
        {"accounts": [Account(ACCOUNT, "hush", keys={"SK1": ApiKey("hush")})]},
        {"accounts": [Account(ACCOUNT, "hush", status="odd")]},  # type: ignore[arg-type]
        {"accounts": [f"{ACCOUNT}:hush"] * 2},
        {"control_token": ["hush"]},
    ],
)
def test_the_error_for_an_option_has_no_secret(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        Emulator(**options)
    assert "hush" not in str(caught.value)


def test_accounts_keys_and_emulators_have_no_secret_in_their_repr() -> None:
    account = Account(ACCOUNT, "hush", keys={"SK" + "1" * 32: ApiKey("hush")})
    emulator = Emulator(accounts=[account], control_token="hush")
    assert "hush" not in repr([account, account.keys, emulator, emulator.accounts, emulator.accounts.default])


@pytest.mark.parametrize("name", ["access_token", "Token", "passwd", "Cookie", "new_token"])
def test_a_token_is_recognized_by_its_name(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["PageToken", "page_token", "next_page_token"])
def test_a_page_token_is_no_secret(name: str) -> None:
    assert not is_secret(name)
