"""Secrets are never written to disk: they become pseudonyms, and entries that still contain one are not written."""

from __future__ import annotations

import gzip
import json
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlencode

import pytest
import yaml
from helpers.calls import basic
from helpers.entries import entry
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from notify_mock import Cassette, Emulator, UsageError
from notify_mock.cassettes.files import read_interactions
from notify_mock.cassettes.interaction import FORM, MAX_BODY_BYTES, Interaction, unpack, unpacked
from notify_mock.cassettes.vcr import write_json, write_yaml
from notify_mock.redaction.leaks import find_leak
from notify_mock.redaction.lint import refuse_leaks, scan, scan_text
from notify_mock.redaction.pseudonyms import Pseudonyms, is_pseudonym
from notify_mock.redaction.redact import MAX_SECRETS, Taints, json_texts, redact, redact_pairs

URL = "https://notify.twilio.com/v1/Credentials"
PSEUDONYMS = Pseudonyms(b"k" * 32)
LEGACY = "AAAAabcdefg:APA91b" + "x" * 120
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n-----END PRIVATE KEY-----\n"
SERVICE = json.dumps({"type": "service_account", "private_key": PEM, "client_email": "push@example.com"})
TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
ACCOUNT = "AC" + "7" * 31 + "e"

LOOKS = {"legacy": LEGACY, "pem": PEM, "service account": SERVICE, "token": TOKEN, "pair": f"{ACCOUNT}:{TOKEN}"}
LOOKS["packed pem"] = b64encode(PEM.encode()).decode()

secrets = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=10, max_size=40)
recognised = st.sampled_from(sorted(LOOKS.values()))

Place = Callable[[Any, str], Interaction]


def interaction(**more: Any) -> Interaction:
    made = Interaction(
        "POST", URL, (), b"", 201, "CREATED", (("Content-Type", "application/json"),), b'{"type": "fcm"}'
    )
    return made._replace(**more)


def sent(body: bytes, kind: str = FORM, **headers: str) -> dict[str, Any]:
    return {"request_body": body, "request_headers": (("Content-Type", kind), *headers.items())}


def multipart(name: str, value: str) -> dict[str, Any]:
    part = f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n--b--\r\n'
    return sent(part.encode(), "multipart/form-data; boundary=b")


NAMES = ["Secret", "ApiKey", "Certificate", "PrivateKey", "secret", "api_key", "Unknown", "x", "Auth-Token", "[secret]"]
PLACES: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "form": lambda name, secret: sent(urlencode([("Type", "fcm"), (name, secret)]).encode()),
    "query": lambda name, secret: {"url": f"{URL}?{urlencode([('Page', '0'), (name, secret)])}"},
    "multipart": multipart,
    "json": lambda name, secret: sent(json.dumps({name: secret}).encode(), "application/json"),
    "utf-8 json": lambda name, secret: sent(json.dumps({name: [secret]}, ensure_ascii=False).encode(), "text/json"),
    "text": lambda _, secret: sent(secret.encode(), "text/plain"),
    "base64": lambda _, secret: sent(b64encode(secret.encode()), "text/plain"),
    "gzip": lambda name, secret: sent(
        gzip.compress(urlencode({name: secret}).encode()), FORM, **{"Content-Encoding": "gzip"}
    ),
    "bad form": lambda name, secret: sent(f"{name}={quote(secret)}&bad=%zz".encode()),
    "bad query": lambda name, secret: {"url": f"{URL}?{quote_plus(name)}={quote(secret)}&bad=%zz"},
    "basic": lambda _, secret: {"request_headers": (("Authorization", basic(ACCOUNT, secret)),)},
    "basic user": lambda _, secret: {"request_headers": (("authorization", basic(secret, "x")),)},
    "bearer": lambda _, secret: {"request_headers": (("Authorization", f"Bearer {secret}"),)},
    "odd authorization": lambda _, secret: {"request_headers": (("AUTHORIZATION", secret),)},
    "header": lambda name, secret: {"request_headers": ((f"X-{name.strip('[]')}", secret),)},
    "cookie": lambda _, secret: {"request_headers": (("Cookie", f"session={secret}"),)},
    "answered cookie": lambda _, secret: {"headers": (("Set-Cookie", f"session={secret}"),)},
    "answered json": lambda _, secret: {"body": json.dumps({"api_key": secret}).encode()},
}
ECHOES: dict[str, Callable[[str], bytes]] = {
    "no": lambda _: b"{}",
    "json": lambda secret: json.dumps({"message": f"got {secret}!"}).encode(),
    "utf-8": lambda secret: f"<p>{secret}</p>".encode(),
    "percent": lambda secret: f"https://x/?{urlencode({'s': secret})}".encode(),
    "lower percent": lambda secret: "".join(f"%{byte:02x}" for byte in secret.encode()).encode(),
    "base64": lambda secret: b"x " + b64encode(b"a: " + secret.encode()),
    "url base64": lambda secret: urlsafe_b64encode(secret.encode()),
    "gzip in base64": lambda secret: b64encode(gzip.compress(secret.encode())),
}


def shapes(secret: str) -> list[str]:
    """Return the forms in which a text may contain a secret."""
    data = secret.encode()
    sliced = [b64encode(b"x" * pad + data)[(4 if pad else 0) : -4].decode() for pad in range(3)]
    return [
        secret,
        json.dumps(secret)[1:-1],
        quote(data),
        quote(data, safe=""),
        quote_plus(data),
        "".join(f"%{byte:02x}" for byte in data),
        data.hex(),
        *(one for one in sliced if len(one) >= 8),
        *(one.replace("+", "-").replace("/", "_") for one in sliced if len(one) >= 8),
    ]


def texts_of(path: Path) -> list[str]:
    """Return the text of a cassette, and each of its fields, decompressed."""
    found = [path.read_text()]
    for one in read_interactions(path):
        pairs = (*one.request_headers, *one.headers)
        bodies = [one.request_body, unpacked(one.headers, one.body)]
        found += [one.url, *(value for _, value in pairs), *(body.decode("utf-8", "replace") for body in bodies)]
    return found


def check_never_written(folder: Path, made: Interaction, secret: str) -> None:
    refusal, clean = "", made
    try:
        clean = redact(made, PSEUDONYMS)
        refuse_leaks(clean)
    except UsageError as error:
        refusal = str(error)
    assert secret not in refusal
    if refusal:
        return
    for name, text in (("x.yaml", write_yaml([clean])), ("x.json", write_json([clean]))):
        (folder / name).write_text(text)
        for found in texts_of(folder / name):
            for shape in shapes(secret):
                assert shape not in found


@pytest.mark.parametrize("place", PLACES)
@given(
    name=st.sampled_from(NAMES), secret=secrets | recognised, echo=st.sampled_from(sorted(ECHOES)), packed=st.booleans()
)
@settings(max_examples=30, deadline=None)
@example(name="Secret", secret="a&b=c;d%20e+f", echo="json", packed=True)
def test_a_secret_is_never_in_the_file(
    tmp_path_factory: pytest.TempPathFactory, place: str, name: str, secret: str, echo: str, packed: bool
) -> None:
    harmless = write_json([interaction(body=b"\xff")]) + write_yaml([interaction()])
    assume(not any(shape in harmless for shape in shapes(secret)))
    assume(place != "basic user" or ":" not in secret)
    parts = PLACES[place](name, secret)
    assume(all(value.isprintable() for _, value in parts.get("request_headers", ())))
    if not place.startswith("answered"):
        body = ECHOES[echo](secret)
        headers = (("Content-Encoding", "gzip"),) if packed else ()
        parts |= {"body": gzip.compress(body) if packed else body, "headers": headers}
    check_never_written(tmp_path_factory.mktemp("secrets", numbered=True), interaction(**parts), secret)


@pytest.mark.parametrize("name", ["FriendlyName", "PageToken", "Identity", "Type"])
@pytest.mark.parametrize("kind", LOOKS)
@pytest.mark.parametrize("place", ["form", "query", "multipart", "json"])
def test_values_that_look_like_secrets_are_replaced_under_any_name(
    tmp_path: Path, name: str, kind: str, place: str
) -> None:
    check_never_written(tmp_path, interaction(**PLACES[place](name, LOOKS[kind])), LOOKS[kind])


@pytest.mark.parametrize("header", ["User-Agent", "Content-Type", "Host", "Referer", "X-Twilio-Client"])
@pytest.mark.parametrize("kind", ["legacy", "token", "pair"])
def test_values_that_look_like_secrets_are_replaced_in_any_header(tmp_path: Path, header: str, kind: str) -> None:
    check_never_written(tmp_path, interaction(request_headers=((header, f"a/1 {LOOKS[kind]}"),)), LOOKS[kind])


def test_harmless_values_are_kept() -> None:
    form = b"Type=fcm&FriendlyName=Our+app&Sandbox=true"
    headers = (("Content-Type", FORM), ("User-Agent", "twilio-python/9"), ("Accept", "*/*"), ("Content-Length", "42"))
    made = interaction(request_body=form, request_headers=headers, url=f"{URL}?PageSize=5&PageToken=PACR{'a' * 32}")
    assert redact(made, PSEUDONYMS) == made


def test_pseudonyms_are_stable_depend_on_the_key_and_are_not_replaced_again() -> None:
    other = Pseudonyms(b"other")
    for make in (Pseudonyms.secret, Pseudonyms.sids, Pseudonyms.authorization):
        given = {"sids": ACCOUNT, "secret": TOKEN}.get(make.__name__, basic(ACCOUNT, TOKEN))
        once = make(PSEUDONYMS, given)
        assert once == make(Pseudonyms(b"k" * 32), given) != make(other, given)
        assert make(other, once) == once
    assert PSEUDONYMS.secret("") == ""


@pytest.mark.parametrize(
    ("value", "beginning"),
    [
        (PEM, "redacted-private-key-"),
        ("-----BEGIN CERTIFICATE-----", "redacted-certificate-"),
        (SERVICE.replace("-----BEGIN", ""), "redacted-service-account-"),
        ("x", "redacted-secret-"),
    ],
)
def test_a_pseudonym_names_the_kind_of_secret(value: str, beginning: str) -> None:
    assert PSEUDONYMS.secret(value).startswith(beginning)
    assert is_pseudonym(PSEUDONYMS.secret(value))


def test_the_pseudonym_of_an_account_is_an_account_sid() -> None:
    text = PSEUDONYMS.sids(f"/Accounts/{ACCOUNT}/Keys/SK{'b' * 32}.json")
    assert len(text) == len(f"/Accounts/{ACCOUNT}/Keys/SK{'b' * 32}.json")
    assert text.startswith("/Accounts/ACfacade00")
    assert "/Keys/SKfacade00" in text


def test_redacting_twice_changes_nothing() -> None:
    made = interaction(
        **sent(urlencode({"Secret": LEGACY, "FriendlyName": "x"}).encode(), Authorization=basic(ACCOUNT, TOKEN)),
        body=json.dumps({"account_sid": ACCOUNT}).encode(),
    )
    once = redact(made, PSEUDONYMS)
    assert once != made
    assert redact(once, Pseudonyms(b"another")) == once


def test_a_parameter_name_that_is_part_of_a_secret_is_replaced() -> None:
    clean = redact(interaction(**sent(b"Secret=abc&the-rest-of-my-secret&Type=fcm")), PSEUDONYMS)
    assert b"the-rest" not in clean.request_body
    assert b"Type=fcm" in clean.request_body


def test_an_exchange_with_too_many_texts_to_search_for_is_not_written() -> None:
    form = [(f"unknown{number}", f"hush-{number:04}") for number in range(MAX_SECRETS + 1)]
    assert b"hush" not in redact(interaction(**sent(urlencode(form[1:]).encode())), PSEUDONYMS).request_body
    with pytest.raises(UsageError, match="contains more than 100 texts that may be secrets"):
        redact(interaction(**sent(urlencode(form).encode())), PSEUDONYMS)


def test_the_secrets_of_a_request_with_very_many_are_still_replaced_where_they_are_sent() -> None:
    pairs = tuple((f"unknown{number}", f"hush-{number:04}") for number in range(MAX_SECRETS * 3))
    assert "hush" not in repr(redact_pairs(pairs, PSEUDONYMS, Taints()))


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ('{"api_key": "a"}', [("api_key", "a")]),
        ('{"a": ["b", "c"], "d" : "e", "f": 1, "g": "", "h": {"i":"j"}}', [("d", "e"), ("g", ""), ("i", "j")]),
        (r'{"a": "b\"c\\", "d\"": "e"}', [("a", r"b\"c\\"), (r"d\"", "e")]),
        ('{"list": ["a", "b"], "secret": "cut of', [("secret", "cut of")]),
        ('{"secret": "cut of\\', [("secret", "cut of")]),
        ('{"a": "b", "secr', [("a", "b")]),
        ('"' * 7, []),
    ],
)
def test_names_and_texts_are_found_in_json(text: str, pairs: list[tuple[str, str]]) -> None:
    assert list(json_texts(text)) == pairs


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())))
def test_every_text_with_a_name_is_found_in_json(content: dict[str, Any]) -> None:
    found = [(json.loads(f'"{name}"'), json.loads(f'"{value}"')) for name, value in json_texts(json.dumps(content))]
    assert found == [(name, value) for name, value in content.items() if isinstance(value, str)]


def test_a_secret_in_json_that_is_cut_off_is_replaced() -> None:
    clean = redact(interaction(body=b'{"type": "fcm", "api_key": "hush-hush'), PSEUDONYMS)
    assert clean.body.startswith(b'{"type": "fcm", "api_key": "redacted-secret-')
    assert b"hush" not in clean.body


@pytest.mark.parametrize("place", ["form", "json", "answered json"])
def test_compressed_data_that_is_too_large_to_search_is_not_written(tmp_path: Path, place: str) -> None:
    bombs = [b64encode(gzip.compress(bytes([number]) * 2_000_000)).decode() for number in range(10)]
    assert find_leak(" ".join(bombs)) == "compressed data that is too large to search"
    check_never_written(tmp_path, interaction(**PLACES[place]("FriendlyName", " ".join(bombs))), bombs[-1])


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


COMPRESSED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "deflate without a header": ("deflate", raw_deflate),
    "gzip in two members": ("gzip", lambda body: gzip.compress(b"{}") + gzip.compress(body)),
    "gzip, then plain data": ("gzip", lambda body: gzip.compress(b"{}") + body),
    "gzip in gzip": ("gzip", lambda body: gzip.compress(gzip.compress(body))),
    "gzip that no header names": ("identity", gzip.compress),
    "gzip that is too large": ("gzip", lambda body: gzip.compress(bytes(MAX_BODY_BYTES) + body)),
    "gzip that is cut off": ("gzip", lambda body: gzip.compress(body)[:-4]),
    "gzip that is damaged": ("gzip", lambda body: gzip.compress(body)[:-8] + bytes(8)),
}


@pytest.mark.parametrize("how", COMPRESSED)
def test_a_secret_in_a_response_that_is_oddly_compressed_is_never_in_the_file(tmp_path: Path, how: str) -> None:
    coding, pack = COMPRESSED[how]
    parts = PLACES["form"]("Secret", "hunter2hunter2")
    parts |= {"body": pack(b'{"echo": "hunter2hunter2"}'), "headers": (("Content-Encoding", coding),)}
    path = tmp_path / "x.yaml"
    with suppress(UsageError):
        path.write_bytes(write_yaml([redact_checked(interaction(**parts))]).encode())
    if path.exists():
        (one,) = read_interactions(path)
        found = unpack(one.headers, one.body)
        assert not found.rest
        assert b"hunter2" not in found.plain


@pytest.mark.parametrize("how", sorted(COMPRESSED))
def test_the_scan_finds_secrets_in_oddly_compressed_responses(how: str) -> None:
    coding, pack = COMPRESSED[how]
    leaks = scan(interaction(body=pack(PEM.encode()), headers=(("Content-Encoding", coding),)))
    assert [leak.field for leak in leaks] == ["response.body"]


def redact_checked(one: Interaction) -> Interaction:
    clean = redact(one, PSEUDONYMS)
    refuse_leaks(clean)
    return clean


def test_the_token_of_a_callback_url_is_replaced_in_request_and_response() -> None:
    sent_url = "https://app.example/hook?token=hush-hush&x=1"
    form = sent(urlencode({"DeliveryCallbackUrl": sent_url}).encode())
    body = json.dumps({"delivery_callback_url": sent_url, "sid": "IS1"}).encode()
    with_request = redact(interaction(**form, body=body), PSEUDONYMS)
    alone = redact(interaction(body=body), PSEUDONYMS)
    assert with_request.body == alone.body
    shown = json.loads(alone.body)["delivery_callback_url"]
    assert shown.startswith("https://app.example/hook?redacted-secret-")
    assert parse_qsl(with_request.request_body.decode()) == [("DeliveryCallbackUrl", shown)]
    assert redact(with_request, PSEUDONYMS) == with_request
    without = interaction(body=b'{"delivery_callback_url": "https://app.example/hook"}')
    assert redact(without, PSEUDONYMS) == without


def test_a_callback_url_with_a_password_is_replaced_whole() -> None:
    body = b'{"delivery_callback_url": "https://user:hush-hush@app.example/?token=hush-hush"}'
    clean = redact(interaction(body=body), PSEUDONYMS)
    refuse_leaks(clean)
    assert json.loads(clean.body)["delivery_callback_url"].startswith("redacted-secret-")


@pytest.mark.parametrize(
    "url", ["//me:hush-hush@app.example/x", "me:hush-hush@app.example", "https://hush-hush@a.example"]
)
def test_a_callback_url_with_a_user_but_no_scheme_or_password_is_replaced_too(url: str) -> None:
    form = sent(urlencode({"DeliveryCallbackUrl": url}).encode())
    clean = redact(interaction(**form, body=json.dumps({"delivery_callback_url": url}).encode()), PSEUDONYMS)
    ((_, shown),) = parse_qsl(clean.request_body.decode())
    assert shown.startswith("redacted-secret-")
    assert json.loads(clean.body)["delivery_callback_url"] == shown
    alone = redact(interaction(body=json.dumps({"delivery_callback_url": url}).encode()), PSEUDONYMS)
    assert b"hush" not in alone.body
    assert redact(clean, PSEUDONYMS) == clean


# --- lint ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (sent(urlencode({"Secret": "hunter2"}).encode()), "request.body.Secret"),
        (sent(urlencode({"FriendlyName": PEM}).encode()), "request.body"),
        (sent(b'{"api_key": "hunter2"}', "application/json"), "request.body.api_key"),
        (sent(b64encode(SERVICE.encode()), "text/plain"), "request.body"),
        ({"url": f"{URL}?ApiKey=hunter2"}, "request.uri.ApiKey"),
        ({"url": f"{URL}?x={quote(LEGACY)}"}, "request.uri"),
        ({"request_headers": (("Authorization", basic(ACCOUNT, TOKEN)),)}, "request.headers.Authorization"),
        ({"request_headers": (("Authorization", f"Bearer {TOKEN}"),)}, "request.headers.Authorization"),
        ({"request_headers": (("Cookie", "a=b"),)}, "request.headers.Cookie"),
        ({"request_headers": (("X-Trace", f"{ACCOUNT} {TOKEN}"),)}, "request.headers.X-Trace"),
        ({"headers": (("Set-Cookie", "a=b"),)}, "response.headers.Set-Cookie"),
        ({"body": PEM.encode()}, "response.body"),
        ({"body": gzip.compress(PEM.encode()), "headers": (("Content-Encoding", "gzip"),)}, "response.body"),
        ({"body": b"?", "headers": (("Content-Encoding", "br"),)}, "response.body"),
        ({"extra": {"note": LEGACY}}, "entry"),
        ({"reason": LEGACY}, "response.status.message"),
    ],
)
def test_the_scan_names_the_field(change: dict[str, Any], field: str) -> None:
    (leak,) = scan(interaction(**change))
    assert leak.field == field
    assert "hunter2" not in leak.kind
    with pytest.raises(UsageError, match="the entry is not written to the cassette"):
        refuse_leaks(interaction(**change))


@pytest.mark.parametrize(
    "change",
    [
        sent(urlencode({"Secret": "REDACTED", "ApiKey": ""}).encode()),
        {"request_headers": (("authorization", "DUMMY"), ("Idempotency-Key", "7f3c"))},
        {"request_headers": (("Authorization", basic(ACCOUNT, "<auth token>")),)},
        {"body": json.dumps({"meta": {"key": "credentials"}, "sid": "CR" + "a" * 32, "account_sid": ACCOUNT}).encode()},
        {"url": f"{URL}?PageToken=PACR{'a' * 32}"},
        {"headers": (("Access-Control-Allow-Headers", "Authorization"), ("Twilio-Request-Id", "RQ" + "a" * 32))},
    ],
)
def test_the_scan_ignores_harmless_values(change: dict[str, Any]) -> None:
    assert scan(interaction(**change)) == []


def test_comments_are_searched(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(f"# the key was {LEGACY}\n" + yaml.safe_dump({"version": 1, "interactions": [entry()]}))
    (error,) = scan_text(path)
    assert str(error).startswith(f"{path}, line 1: contains a legacy FCM server key")


@pytest.mark.parametrize(
    "text", ["", "a" * 5000, "AAAA:APA91", "%" * 300, "\\u12" * 50, "A" * 24 + "=" * 9, "eyJ.eyJ.x"]
)
def test_harmless_text_has_no_leak(text: str) -> None:
    assert find_leak(text) == ""


@settings(deadline=None)
@given(st.text(max_size=300) | st.text("%25ABCDEabcd0123456789+/=\\un", max_size=300))
def test_the_search_never_raises(text: str) -> None:
    find_leak(text)


def test_secrets_are_compared_by_their_pseudonyms(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    emulator = Emulator(record=path)
    emulator.client().notify.v1.credentials.create(type="fcm", secret=LEGACY)
    emulator.client().notify.v1.credentials.create(type="fcm", secret=SERVICE)
    emulator.close()
    credentials = Emulator(cassette=Cassette(path)).client().notify.v1.credentials
    made = [credentials.create(type="fcm", secret=secret).sid for secret in (SERVICE, LEGACY)]
    recorded = [json.loads(one.body)["sid"] for one in read_interactions(path)]
    assert made == recorded[::-1]
    assert scan_text(path) == []
