"""The code to copy runs as it is pasted, for every kind of call, and has the same outcome."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus, urlencode

import pytest
import requests
from helpers.calls import ask, basic
from helpers.paths import ROOT
from twilio.base.exceptions import TwilioException

from notify_mock import Account, ApiKey, Emulator, apn_pair, fcm_service_account
from notify_mock.twilio_api.messages import read

Act = Callable[[Emulator], object]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SECRET = "the-real-secret-of-the-user"
CR, IS = "CR" + "a" * 32, "IS" + "b" * 32


def v1(emulator: Emulator, **options: Any) -> Any:
    return emulator.client(**options).notify.v1


def app(emulator: Emulator, channel: str = "fcm", **credential: Any) -> Any:
    """Return the API of a service with a credential for this channel, and a binding of alice."""
    made = emulator.credentials.add(type=channel, **credential)
    service = emulator.services.add(**{f"{channel}_credential_sid": made.sid})  # type: ignore[arg-type]
    address = "ab" * 32 if channel == "apn" else "token"
    emulator.bindings.add(identity="alice", binding_type=channel, address=address, tags=["vip"])
    return v1(emulator).services(service.sid)


def push(emulator: Emulator, channel: str = "fcm", **credential: Any) -> None:
    app(emulator, channel, **credential).notifications.create(identity=["alice"], body='Hi "you"\n', data={"a": [1]})


def expired(emulator: Emulator) -> None:
    pair = apn_pair(expired=True)
    push(emulator, "apn", certificate=pair.certificate, private_key=pair.private_key)


def mismatched(emulator: Emulator) -> None:
    pair, other = apn_pair(), apn_pair()
    push(emulator, "apn", certificate=pair.certificate, private_key=other.private_key)


def valid(emulator: Emulator) -> None:
    pair = apn_pair(topic="com.example.other", sandbox=True)
    push(emulator, "apn", certificate=pair.certificate, private_key=pair.private_key, sandbox=True)


def create_apn(emulator: Emulator) -> None:
    pair = apn_pair()
    v1(emulator).credentials.create("apn", certificate=pair.certificate, private_key=pair.private_key, sandbox=True)


def with_rule(call: str, effect: str, act: Act, **fields: Any) -> Act:
    def acting(emulator: Emulator) -> None:
        emulator.faults.add(call, effect, **fields)
        act(emulator)

    return acting


def with_removed_rule(emulator: Emulator) -> None:
    with emulator.faults.add("*", "refuse", code=20429):
        list_all(emulator)


def list_all(emulator: Emulator) -> None:
    v1(emulator).credentials.list()


def paged(emulator: Emulator) -> None:
    for _ in range(3):
        emulator.credentials.add(type="fcm")
    first = v1(emulator).credentials.page(page_size=1)
    first.next_page()


def unauthenticated(emulator: Emulator) -> None:
    emulator.handle(read("GET", "/v1/Credentials", host="notify.twilio.com", headers={}))


def as_user(user: str) -> Act:
    headers = {"authorization": basic(user, "x")}
    return lambda emulator: emulator.handle(
        read("GET", "/v1/Credentials", host="notify.twilio.com", headers=headers, scheme="https")
    )


def suspended(emulator: Emulator) -> None:
    emulator.accounts.suspend(emulator.auth[0])
    list_all(emulator)


def too_many_bindings(emulator: Emulator) -> None:
    service = emulator.services.add()
    for number in range(20):
        emulator.bindings.add(identity="alice", binding_type="sms", address=f"+1{number}")
    v1(emulator).services(service.sid).bindings.create("alice", "sms", "+1555")


def too_many_services(emulator: Emulator) -> None:
    for _ in range(1000):
        emulator.services.add()
    v1(emulator).services.create()


def deleted_binding(emulator: Emulator) -> None:
    service = emulator.services.add()
    binding = emulator.bindings.add(identity="a b", binding_type="sms", address="+1")
    v1(emulator).services(service.sid).bindings(binding.sid).delete()


def unregistered(emulator: Emulator) -> None:
    emulator.providers.fcm.unregister("token")
    push(emulator, secret=fcm_service_account())


def uninstalled(emulator: Emulator) -> None:
    """The emulator disables or deletes the binding of a device that is not registered any more."""
    pair = apn_pair()
    emulator.providers.apns.unregister("ab" * 32)
    push(emulator, "apn", certificate=pair.certificate, private_key=pair.private_key)


def accepted(emulator: Emulator) -> None:
    emulator.providers.fcm.accept_legacy = True
    push(emulator, secret=SECRET)


def in_the_past(emulator: Emulator) -> None:
    emulator.clock.freeze("2024-01-01")
    push(emulator, secret=SECRET)


def with_an_outage(emulator: Emulator) -> None:
    emulator.providers.fcm.go_down()
    emulator.providers.fcm.slow_down("2s")
    push(emulator, secret=fcm_service_account())


def sms(emulator: Emulator) -> None:
    service = emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    emulator.bindings.add(identity="alice", binding_type="sms", address="+15550100")
    v1(emulator).services(service.sid).notifications.create(tag=["all"], body="x", priority="low", ttl=60)


def direct(emulator: Emulator) -> None:
    binding = '{"binding_type": "sms", "address": "+15550100"}'
    v1(emulator).services(emulator.services.add().sid).notifications.create(to_binding=[binding], body="x")


CALLS: dict[str, Act] = {
    "create fcm": lambda one: v1(one).credentials.create("fcm", secret=SECRET, friendly_name='a "b" \\ é\n# c'),
    "create account": lambda one: v1(one).credentials.create("fcm", secret=fcm_service_account()),
    "create gcm": lambda one: v1(one).credentials.create("gcm", api_key=SECRET),
    "create apn": create_apn,
    "create in chat": lambda one: one.client().chat.v2.credentials.create("fcm", secret=SECRET),
    "create in ip messaging": lambda one: one.client().ip_messaging.v1.credentials.create("fcm", secret=SECRET),
    "create in ireland": lambda one: v1(one, region="ie1").credentials.create("fcm", secret=SECRET),
    "fetch": lambda one: v1(one).credentials(one.credentials.add(type="gcm", api_key=SECRET).sid).fetch(),
    "update": lambda one: v1(one).credentials(one.credentials.add(type="fcm", secret=SECRET).sid).update(secret="x"),
    "delete": lambda one: v1(one).credentials(one.credentials.add(type="apn").sid).delete(),
    "list": list_all,
    "page": paged,
    "create service": lambda one: v1(one).services.create(
        log_enabled=False, delivery_callback_url="https://u:p@h/?t=x"
    ),
    "fetch service": lambda one: v1(one).services(one.services.add(friendly_name="x").sid).fetch(),
    "update service": lambda one: v1(one).services(one.services.add().sid).update(fcm_credential_sid=CR),
    "delete service": lambda one: v1(one).services(one.services.add().sid).delete(),
    "list services": lambda one: v1(one).services.list(friendly_name="x"),
    "create binding": lambda one: app(one).bindings.create("bob", "fcm", "token", tag=["a", "b"], endpoint="e"),
    "fetch binding": lambda one: app(one).bindings(next(iter(one.bindings))).fetch(),
    "delete binding": deleted_binding,
    "list bindings": lambda one: app(one).bindings.list(identity=["alice"], tag=["vip"], start_date="2020-01-01"),
    "list of a service": lambda one: app(one).bindings.list(limit=5, page_size=2),
    "notify": lambda one: push(one, secret=fcm_service_account()),
    "notify by a valid certificate": valid,
    "notify by SMS": sms,
    "notify directly": direct,
    "notify nobody": lambda one: app(one).notifications.create(identity=["nobody"], body="x"),
    "push without a credential": lambda one: push(one, "gcm"),
    "push with a legacy key": lambda one: push(one, secret=SECRET),
    "push with a broken account": lambda one: push(one, secret='{"project_id": "x"}'),
    "push with broken JSON": lambda one: push(one, secret='{"type'),
    "push with an expired certificate": expired,
    "push with the key of another": mismatched,
    "push to an unregistered device": unregistered,
    "push to an uninstalled app": uninstalled,
    "push with a legacy key that is accepted": accepted,
    "push with a legacy key in the past": in_the_past,
    "push in an outage": with_an_outage,
    "push that a rule fails": with_rule("delivery.fcm", "undelivered", push, outcome="throttled"),
    "404": lambda one: v1(one).credentials(CR).fetch(),
    "404 of a service": lambda one: v1(one).services(IS).bindings.list(),
    "404 of a binding": lambda one: app(one).bindings("BS" + "0" * 32).delete(),
    "404 of a path": lambda one: ask(one, "GET", "/v1/Nothing"),
    "405": lambda one: ask(one, "DELETE", "/v1/Credentials"),
    "a head": lambda one: ask(one, "HEAD", "/v1/Credentials"),
    "a preflight": lambda one: ask(one, "OPTIONS", "/v1/Credentials"),
    "no secret": lambda one: v1(one).credentials.create("fcm"),
    "no type": lambda one: ask(one, "POST", "/v1/Credentials", Secret="x"),
    "a wrong type": lambda one: v1(one).credentials.create("x"),
    "two types": lambda one: ask(one, "POST", "/v1/Credentials", Type=["fcm", "gcm"], Secret="x"),
    "an unknown parameter": lambda one: ask(one, "POST", "/v1/Credentials", Type="fcm", Secret="x", Nmae="y"),
    "no certificate": lambda one: v1(one).credentials.create("apn", certificate="x", private_key="y"),
    "a page too large": lambda one: v1(one).credentials.page(page_size=5000),
    "a bad flag": lambda one: v1(one).services.create(log_enabled="maybe"),
    "a bad JSON": lambda one: app(one).notifications.create(identity=["alice"], data="{"),
    "mixed targets": lambda one: app(one).notifications.create(identity=["a"], to_binding=["{}"]),
    "no target": lambda one: app(one).notifications.create(body="x"),
    "an unreadable path": lambda one: ask(one, "GET", "/v1/%zz"),
    "unauthenticated": unauthenticated,
    "an unknown user": as_user("nobody"),
    "a suspended account": suspended,
    "too many bindings": too_many_bindings,
    "too many services": too_many_services,
    "a rule refuses": with_rule("credential.list", "refuse", list_all, code=20429, message="no"),
    "a removed rule refused": with_removed_rule,
    "a rate limit": with_rule("*", "rate_limit", list_all, limit=0),
    "a rule delays": with_rule("*", "delay", list_all, seconds=2),
    "a rule drops": with_rule("*", "drop", list_all),
    "a rule drops after": with_rule("credential.list", "drop", list_all, phase="after"),
    "a rule resets": with_rule("*", "reset", list_all),
    "a rule truncates": with_rule("*", "truncate", list_all, bytes=3),
    "a rule garbles": with_rule("*", "garble", list_all),
    "a rule redirects": with_rule("*", "status", list_all, status=301, location="/x"),
}
STRICT = {"a wrong token": ("AC" + "1" * 32, "wrong"), "a restricted key": ("SK" + "2" * 32, "key")}


def strict() -> Emulator:
    keys = {"SK" + "2" * 32: ApiKey("key", restricted=True)}
    return Emulator(accounts=[Account("AC" + "1" * 32, "hush", keys=keys)])


def copies(emulator: Emulator) -> dict[str, str]:
    """Return the code to copy for the newest call, which must not contain a secret."""
    assert len(emulator.journal), "nothing was called"
    number = emulator.journal.last.number
    web = emulator.app.test_client()
    answer: dict[str, Any] = web.get(f"/_mock/journal/{number}", base_url="http://127.0.0.1:8010").get_json()
    assert "copy_as" in answer, answer
    found: dict[str, str] = answer["copy_as"]
    for text in found.values():
        assert SECRET not in (text or "")
        assert emulator.auth[1] not in (text or "")
        assert "PRIVATE KEY" not in (text or "")
    return found


def made() -> Iterator[tuple[str, Emulator]]:
    for name, act in CALLS.items():
        emulator = Emulator(keep_bodies=True)
        with suppress(TwilioException, requests.RequestException, ValueError):
            act(emulator)
        yield name, emulator
    for name, auth in STRICT.items():
        emulator = strict()
        with suppress(TwilioException):
            v1(emulator, username=auth[0], password=auth[1], account_sid="AC" + "1" * 32).credentials.list()
        yield name, emulator


def file_name(name: str) -> str:
    return re.sub(r"\W", "_", name.lower())


Scenes = dict[str, tuple[Emulator, dict[str, str]]]


@pytest.fixture(scope="module")
def scenes() -> Scenes:
    """The emulators after their calls, with the texts to copy."""
    return {name: (emulator, copies(emulator)) for name, emulator in made()}


def test_the_pytest_texts_pass_as_they_are(pytester: pytest.Pytester, scenes: Scenes) -> None:
    for name, (_, texts) in scenes.items():
        (pytester.path / f"test_{file_name(name)}.py").write_text(texts["pytest"], encoding="utf-8")
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist", "-q")
    result.assert_outcomes(passed=len(CALLS) + len(STRICT) - 1, skipped=1)


def test_a_pytest_text_fails_where_the_outcome_is_another(pytester: pytest.Pytester) -> None:
    emulator = Emulator()
    push(emulator, secret=SECRET)
    text = copies(emulator)["pytest"].replace("code=52117", "code=52103")
    pytester.makepyfile(text)
    pytester.runpytest_subprocess("-p", "no:randomly").assert_outcomes(failed=1)


def test_the_python_texts_run_as_they_are(tmp_path: Path, scenes: Scenes) -> None:
    """They are for the emulator that has the call."""
    emulators = {name: emulator for name, (emulator, _) in scenes.items() if "ireland" not in name}
    before = {name: len(emulator.journal) for name, emulator in emulators.items()}
    for name, emulator in emulators.items():
        emulator.faults.clear()
        text = scenes[name][1]["python"].replace("http://127.0.0.1:8010", emulator.url)
        (tmp_path / f"{file_name(name)}.py").write_text(text, encoding="utf-8")
    run = "import runpy, sys\nfor path in sys.argv[1:]: runpy.run_path(path)"
    done = subprocess.run(
        [sys.executable, "-c", run, *map(str, tmp_path.glob("*.py"))],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TWILIO_AUTH_TOKEN": "hush"},
        check=False,
    )
    for emulator in emulators.values():
        emulator.close()
    assert done.returncode == 0, done.stderr
    assert [name for name, emulator in emulators.items() if len(emulator.journal) <= before[name]] == []


@pytest.mark.parametrize("name", ["create fcm", "create binding", "list bindings", "404", "405", "a head"])
def test_the_curl_texts_make_the_same_call(served: Emulator, name: str) -> None:
    emulator = Emulator()
    with suppress(TwilioException):
        CALLS[name](emulator)
    text = copies(emulator)["curl"].replace("http://127.0.0.1:8010", served.url)
    subprocess.run(["bash", "-c", text], capture_output=True, timeout=20, check=True)
    ours, theirs = served.journal.last, emulator.journal.last
    assert (ours.name, ours.path, ours.account_sid) == (theirs.name, theirs.path, theirs.account_sid)
    names = [key for key, _ in theirs.call.parameters.pairs if key != "Secret"]
    assert all(ours.values(key) == theirs.values(key) for key in names)


def test_the_node_texts_can_be_parsed(tmp_path: Path, scenes: Scenes) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    texts = [texts["node"].replace("const ", "var ") for _, texts in scenes.values()]
    (tmp_path / "all.js").write_text("\n".join(texts), encoding="utf-8")
    done = subprocess.run(["node", "--check", "all.js"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_vcr_texts_are_cassettes_that_replay_the_call(tmp_path: Path) -> None:
    emulator = Emulator(keep_bodies=True)
    CALLS["fetch"](emulator)
    (tmp_path / "copied.yaml").write_text(copies(emulator)["vcr"])
    replaying = Emulator(cassette=tmp_path / "copied.yaml")
    sid = emulator.journal.last.sid
    assert v1(replaying).credentials(sid).fetch().sid == sid


def test_there_is_no_vcr_text_of_a_response_that_was_not_kept(emulator: Emulator) -> None:
    list_all(emulator)
    assert copies(emulator)["vcr"] is None


HOSTILE = [
    '"; import os; os.abort()#',
    "'; exit 9; '",
    "$(exit 9)`exit 9`${process.exit(9)}",
    '{__import__("os")}',
    "\\",
    "\\\n'\"",
    '\n"""\nimport os\n',
    "\u2028a\u2029b\x85c\x0bd\x0ce\x1cf",
    "\u202eb\u2066a\U000e0001",
    "\x1b[201~\r\n\x9b31m\x7f",
    "-o file",
    "@/etc/passwd",
    "\x00",
    "\U0001f600 %s {}",
]
"""Texts that try to become code, to break a line, or to act on a terminal."""


def say(emulator: Emulator, text: str, method: str) -> None:
    """Send the text in a parameter, twice for PATCH, which no SDK does."""
    params = [("FriendlyName", text), ("FriendlyName", text)][: 1 if method == "POST" else 2]
    emulator.app.test_client().open(
        "/v1/Services",
        method=method,
        data=urlencode(params),
        headers=FORM | {"Authorization": basic("AC" + "1" * 32, "token")},
    )


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_code_in_python(emulator: Emulator, text: str, method: str) -> None:
    say(emulator, text, method)
    found = copies(emulator)
    for language in ("python", "pytest"):
        constants = [node.value for node in ast.walk(ast.parse(found[language])) if isinstance(node, ast.Constant)]
        assert text in constants
        assert found[language].replace("\n", "").isprintable()


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_command_of_the_shell(emulator: Emulator, text: str, method: str) -> None:
    say(emulator, text, method)
    found = copies(emulator)["curl"]
    arguments = shlex.split(found.replace(" \\\n  ", " "))
    sent = arguments[-2].removeprefix("FriendlyName=")
    assert text in (sent, unquote_plus(sent))
    assert found.replace("\n", "").isprintable()


def test_no_text_becomes_code_in_javascript(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    emulator = Emulator()
    script = ["var sent = [], result = {then: () => result, catch: () => result};"]
    script.append("var client = {request: (given) => (sent.push(given.data.FriendlyName), result)};")
    for text in HOSTILE:
        say(emulator, text, "PATCH")
        script.append(re.sub(r"(?m)^const .*$", "", copies(emulator)["node"]))
    script.append("console.log(JSON.stringify(sent.map((pair) => pair[0])));")
    (tmp_path / "all.js").write_text("\n".join(script), encoding="utf-8")
    done = subprocess.run(["node", "all.js"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == HOSTILE


def test_a_name_in_data_is_no_prototype_in_javascript(emulator: Emulator) -> None:
    app(emulator).notifications.create(identity=["alice"], data={"__proto__": 1})
    assert '["__proto__"]: 1' in copies(emulator)["node"]


def test_a_name_that_looks_like_code_does_not_hide_what_is_needed(emulator: Emulator) -> None:
    pair = apn_pair()
    v1(emulator).credentials.create(
        type="apn", friendly_name="pair = 1", certificate=pair.certificate, private_key=pair.private_key
    )
    assert "pair = apn_pair()" in copies(emulator)["python"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_the_rest_of_a_secret_with_an_ampersand_is_not_in_the_code(emulator: Emulator, method: str) -> None:
    headers = {**FORM, "Authorization": basic("AC" + "1" * 32, "token")}
    body = f"Type=fcm&Secret=first&{SECRET}&ApiKey="
    emulator.app.test_client().open("/v1/Credentials", method=method, data=body, headers=headers)
    assert "ApiKey" in copies(emulator)["curl"]


def test_a_host_that_ends_like_twilios_is_not_in_a_test(emulator: Emulator) -> None:
    emulator.app.test_client().get("/nothing", base_url="http://eviltwilio.com")
    assert "eviltwilio" not in copies(emulator)["pytest"]
