"""The inspector's page: where it is, what it may load, and who gets it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from helpers.raw_http import Raw, send
from werkzeug.test import Client, TestResponse

from notify_mock import Emulator
from notify_mock.inspector import page

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
STATIC = Path(page.__file__).with_name("static")
FILES = sorted(file.relative_to(STATIC).as_posix() for file in STATIC.rglob("*") if file.is_file())
TOKEN = "open sésame"


@pytest.fixture
def locked() -> Emulator:
    return Emulator(control_token=TOKEN)


def client(emulator: Emulator) -> Client:
    return emulator.app.test_client()


def bare(emulator: Emulator) -> Client:
    """A client that sends only the cookies in its headers."""
    return emulator.app.test_client(use_cookies=False)


def log_in(browser: Client, token: str = TOKEN, **options: Any) -> TestResponse:
    return browser.post("/_mock/login", data={"token": token}, headers={"Origin": "http://localhost"}, **options)


def ask(emulator: Emulator, target: str, *fields: str, method: str = "GET") -> Raw:
    host = [] if any(field.startswith("Host:") for field in fields) else [f"Host: {emulator.url[7:]}"]
    return send(
        emulator.url, "\r\n".join([f"{method} {target} HTTP/1.1", *host, *fields, "Connection: close", "", ""]).encode()
    )


# the way there


def test_a_browser_is_sent_to_the_page(served: Emulator) -> None:
    for method in ("GET", "HEAD"):
        answer = ask(served, "/", f"Accept: {BROWSER['Accept']}", method=method)
        assert (answer.status, answer.header("Location")) == ("HTTP/1.1 302 FOUND", "/_mock/")
        assert client(served).open("/", method=method, headers=BROWSER).headers["Location"] == "/_mock/"
    assert len(served.journal) == 0


@pytest.mark.parametrize(
    ("method", "target", "fields"),
    [
        ("GET", "/", ["Accept: */*"]),
        ("GET", "/", ["Accept: application/json"]),
        ("GET", "/", []),
        ("POST", "/", ["Accept: text/html"]),
        ("GET", "/v1/Credentials", ["Accept: text/html"]),
        ("GET", "/", ["Accept: text/html", "Host: notify.twilio.com"]),
        ("GET", "/", ["Accept: text/html", "Host: NOTIFY.twilio.com.:443"]),
    ],
)
def test_clients_of_the_api_get_what_they_got(served: Emulator, method: str, target: str, fields: list[str]) -> None:
    answer = ask(served, target, *fields, method=method)
    assert answer.status == "HTTP/1.1 401 UNAUTHORIZED"
    headers = dict(field.split(": ") for field in fields)
    assert client(served).open(target, method=method, headers=headers).status_code == 401
    assert len(served.journal) == 2


def test_a_route_of_the_user_is_not_taken(served: Emulator) -> None:
    served.app.add_url_rule("/", view_func=lambda: "mine")
    assert ask(served, "/", "Accept: text/html").body == b"mine"
    assert client(served).get("/", headers=BROWSER).text == "mine"


def test_the_page_is_found_where_the_app_is_mounted(emulator: Emulator) -> None:
    at = {"SCRIPT_NAME": "/emulator"}
    assert client(emulator).get("/_mock", environ_overrides=at).headers["Location"] == "/emulator/_mock/"
    moved = client(emulator).get("/", headers=BROWSER, environ_overrides=at)
    assert moved.headers["Location"] == "/emulator/_mock/"


# the page


def test_the_page_loads_nothing_from_elsewhere(emulator: Emulator) -> None:
    answer = client(emulator).get("/_mock/")
    assert (answer.status_code, answer.content_type) == (200, "text/html; charset=utf-8")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        **dict.fromkeys(("script-src", "style-src", "img-src", "connect-src", "form-action"), "'self'"),
        **dict.fromkeys(("frame-ancestors", "base-uri"), "'none'"),
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_page_is_the_same_on_the_server(served: Emulator) -> None:
    answer, expected = ask(served, "/_mock/"), client(served).get("/_mock/")
    assert answer.body == expected.data
    assert dict(answer.headers)["Content-Security-Policy"] == expected.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", FILES)
def test_every_static_file_is_served_and_cached(emulator: Emulator, name: str) -> None:
    answer = client(emulator).get(f"/_mock/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = client(emulator).get(f"/_mock/static/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../page.py",
        "..%2fpage.py",
        "%2e%2e/templates/index.html",
        "/etc/passwd",
        "app.js/",
        "APP.JS",
        "x\\..\\y",
        "a%00",
    ],
)
def test_no_other_file_is_served(served: Emulator, name: str) -> None:
    for answer in (client(served).get(f"/_mock/static/{name}"), ask(served, f"/_mock/static/{name}")):
        status = answer.status if isinstance(answer, Raw) else f"HTTP/1.1 {answer.status}"
        assert status == "HTTP/1.1 404 NOT FOUND"
    assert len(served.journal) == 0


def test_other_methods_are_not_for_the_page(emulator: Emulator) -> None:
    for method in ("POST", "PUT", "OPTIONS"):
        assert client(emulator).open("/_mock/", method=method).status_code == 404
    assert client(emulator).get("/_mock/logout").status_code == 404
    assert len(emulator.journal) == 0


def test_the_templates_of_the_user_stay_their_own(emulator: Emulator, tmp_path: Path) -> None:
    from flask import render_template

    (tmp_path / "index.html").write_text("mine")
    emulator.app.template_folder = str(tmp_path)
    emulator.app.add_url_rule("/mine", view_func=lambda: render_template("index.html"))
    assert client(emulator).get("/mine").text == "mine"
    assert client(emulator).get("/_mock/").text != "mine"


def test_the_whole_page_is_small(emulator: Emulator) -> None:
    paths = ["/_mock/", *(f"/_mock/static/{name}" for name in FILES)]
    assert sum(len(client(emulator).get(path).data) for path in paths) < 120_000


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".js", ".css"))])
def test_scripts_and_styles_are_served_without_comments_and_with_their_lines(emulator: Emulator, name: str) -> None:
    written = (STATIC / name).read_text(encoding="utf-8")
    served = client(emulator).get(f"/_mock/static/{name}").text
    pairs = list(zip(written.splitlines(), served.split("\n"), strict=True))
    assert all(short in ("", long.strip()) for long, short in pairs)
    left_out = "\n".join(long.strip() for long, short in pairs if not short).strip()
    assert re.fullmatch(r"(?:/\*(?:(?!\*/).)*\*/\s*)*", left_out, re.DOTALL)
    assert all(line.count("`") % 2 == 0 for line in written.splitlines()), "a text in ` ` may not have several lines"


# the login


def test_without_the_token_the_page_is_a_form(locked: Emulator) -> None:
    for path in ("/_mock/", "/_mock/login"):
        answer = client(locked).get(path)
        assert answer.status_code == 200
        assert 'name="token"' in answer.text
        assert "Content-Security-Policy" in answer.headers
    assert client(locked).get(f"/_mock/static/{FILES[0]}").status_code == 200


def test_the_token_is_exchanged_for_a_cookie(locked: Emulator) -> None:
    browser = client(locked)
    answer = log_in(browser)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/_mock/")
    cookie = answer.headers["Set-Cookie"]
    value, *attributes = cookie.split("; ")
    assert set(attributes) == {"HttpOnly", "Path=/_mock", "SameSite=Strict"}
    assert TOKEN not in cookie
    assert browser.get("/_mock/").status_code == browser.get("/_mock/state").status_code == 200
    assert browser.get("/_mock/login").headers["Location"] == "/_mock/"
    assert 'name="token"' not in browser.get("/_mock/").text
    assert bare(locked).get("/_mock/state", headers={"Cookie": value}).status_code == 200


def test_with_tls_the_cookie_is_secure(locked: Emulator) -> None:
    answer = client(locked).post("/_mock/login", data={"token": TOKEN}, base_url="https://localhost")
    assert "; Secure" in answer.headers["Set-Cookie"]


def test_a_wrong_token_is_told_and_sets_nothing(locked: Emulator) -> None:
    for token in ("", "wrong", TOKEN.upper(), TOKEN + " ", "\ud800"):
        answer = log_in(client(locked), token.encode("utf-8", "surrogatepass").decode("latin-1"))
        assert answer.status_code == 401
        assert "This is not the control token of this server." in answer.text
        assert "Set-Cookie" not in answer.headers
    header = client(locked).get("/_mock/state", headers={"X-Notify-Mock-Token": "wrong"})
    assert header.get_json()["error"]["message"] == "the control token is wrong in the header X-Notify-Mock-Token"


def test_a_large_form_is_refused(locked: Emulator) -> None:
    answer = log_in(client(locked), "x" * 10_000)
    assert (answer.status_code, "8192 bytes" in answer.text) == (413, True)


def test_a_logout_ends_every_cookie(locked: Emulator) -> None:
    browser, other = client(locked), client(locked)
    log_in(browser), log_in(other)
    answer = browser.post("/_mock/logout", headers={"Origin": "http://localhost"})
    assert (answer.status_code, "Max-Age=0" in answer.headers["Set-Cookie"]) == (303, True)
    assert browser.get("/_mock/state").status_code == other.get("/_mock/state").status_code == 401


def test_a_logout_ends_the_streams_that_a_cookie_has_opened(locked: Emulator) -> None:
    browser = client(locked)
    log_in(browser)
    stream = browser.get("/_mock/events").response
    assert next(iter(stream)).startswith((b"retry", "retry"))
    browser.post("/_mock/logout", headers={"Origin": "http://localhost"})
    assert list(stream) == []
    assert browser.get("/_mock/events").status_code == 401


def test_a_cookie_is_not_valid_for_another_emulator(locked: Emulator) -> None:
    value = log_in(client(locked)).headers["Set-Cookie"].partition(";")[0]
    other = Emulator(control_token=TOKEN)
    assert bare(other).get("/_mock/state", headers={"Cookie": value}).status_code == 401


def test_the_cookies_of_two_ports_have_different_names(locked: Emulator) -> None:
    names = {
        client(locked).post("/_mock/login", data={"token": TOKEN}, base_url=url).headers["Set-Cookie"].partition("=")[0]
        for url in ("http://localhost", "http://localhost:8010", "http://[::1]:8011")
    }
    assert names == {"notify_mock_80", "notify_mock_8010", "notify_mock_8011"}


def test_without_a_token_everybody_on_this_machine_is_let_in(emulator: Emulator) -> None:
    assert client(emulator).get("/_mock/login").headers["Location"] == "/_mock/"
    answer = log_in(client(emulator), "x")
    assert "Set-Cookie" not in answer.headers


def test_beyond_loopback_the_page_says_how_to_set_a_token(emulator: Emulator) -> None:
    answer = client(emulator).get("/_mock/", environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    assert answer.status_code == 200
    assert "--control-token" in answer.text
    assert 'name="token"' not in answer.text


# other pages

FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:3000"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    {"Host": "rebound.example"},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_mock/"),
        ("GET", "/_mock/static/app.js"),
        ("GET", "/_mock/login"),
        ("POST", "/_mock/login"),
        ("POST", "/_mock/logout"),
        ("GET", "/_mock/state"),
        ("POST", "/_mock/reset"),
    ],
)
def test_another_page_can_neither_read_nor_change(
    locked: Emulator, method: str, path: str, headers: dict[str, str]
) -> None:
    cookie = log_in(client(locked)).headers["Set-Cookie"].partition(";")[0]
    locked.credentials.add(type="fcm")
    sent = {**headers, "Cookie": cookie}
    answer = bare(locked).open(path, method=method, headers=sent, data={"token": TOKEN} if method == "POST" else None)
    assert (answer.status_code, answer.content_type) == (403, "application/json")
    assert "Set-Cookie" not in answer.headers
    assert len(locked.credentials) == 1
    assert bare(locked).get("/_mock/state", headers={"Cookie": cookie}).status_code == 200


def test_a_link_on_another_page_leads_to_the_page_only(emulator: Emulator) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert client(emulator).get("/_mock/", headers=link).status_code == 200
    assert client(emulator).get("/_mock/state", headers=link).status_code == 403
    assert client(emulator).get("/_mock/static/app.js", headers=link).status_code == 403
    assert client(emulator).post("/_mock/login", headers=link).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 403), ({"Origin": "http://localhost"}, 200), ({"Sec-Fetch-Site": "same-origin"}, 200)],
)
def test_a_change_with_the_cookie_needs_a_sign_of_our_page(
    locked: Emulator, headers: dict[str, str], status: int
) -> None:
    browser = client(locked)
    log_in(browser)
    assert browser.post("/_mock/reset", headers=headers).status_code == status
    assert browser.post("/_mock/reset", headers={**headers, "X-Notify-Mock-Token": "no"}).status_code == 401
    assert (
        client(locked)
        .post("/_mock/reset", headers={"X-Notify-Mock-Token": TOKEN.encode().decode("latin-1")})
        .status_code
        == 200
    )
