"""An exported state, loaded into another emulator: the same answers, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from helpers.calls import ask, basic

from notify_mock import Account, ApiKey, Emulator, Refuse, UsageError
from notify_mock.cli.state.files import write_export
from notify_mock.twilio_api.messages import Answer, read

OTHER, SID = "AC" + "2" * 32, "AC" + "1" * 32
TOKEN = "hush-token"
HOSTS = ("notify.twilio.com", "notify.ie1.twilio.com")


def call(emulator: Emulator, user: str, method: str, path: str, body: str = "", host: str = HOSTS[0]) -> Answer:
    headers = {"authorization": basic(user, TOKEN), "content-type": "application/x-www-form-urlencoded"}
    return emulator.handle(read(method, path, host=host, headers=headers, body=body.encode(), scheme="https"))


def tour(emulator: Emulator, calls: int, seed: str) -> list[Answer]:
    """Make calls of every kind, drawn from ``seed`` and from what earlier answers said, and return the answers."""
    draw, answers = Random(seed), list[Answer]()
    users = (SID, OTHER, "SK" + "3" * 32)
    places = [(user, host, path) for user in users for host in HOSTS for path in ("/v1/Credentials", "/v1/Services")]
    for number in range(calls):
        user, host, path = draw.choice(places[:12] if draw.random() < 0.3 else places)
        user = user if draw.random() < 0.9 else draw.choice(users)
        kind = draw.random()
        body, is_list = body_for(path, number), not path[-32:].isalnum()
        if path.endswith("/Notifications") or kind < (0.5 if is_list else 0.1):
            answer = call(emulator, user, "POST", path, body, host)
        elif is_list or kind < 0.9:
            query = draw.choice(("", "?PageSize=3", "?PageSize=2&Page=0", "?PageSize=0")) if is_list else ""
            answer = call(emulator, user, "GET", path.partition("?")[0] + query, host=host)
        else:
            answer = call(emulator, user, "DELETE", path, host=host)
        answers.append(answer)
        places += [(user, host, found) for found in found_in(answer)]
        emulator.clock.advance(draw.choice((0, 1, 30)))
    return answers


def body_for(path: str, number: int) -> str:
    if path.endswith("/Credentials"):
        return f"Type={('fcm', 'gcm')[number % 2]}&Secret=AAAA{number}&FriendlyName=n{number}"
    if path.endswith("/Bindings"):
        return f"Identity=i{number % 7}&BindingType=sms&Address=%2B1500555{number % 50:04}&Tag=t{number % 3}"
    return f"Identity=i{number % 7}&Body=b{number}" if path.endswith("/Notifications") else f"FriendlyName=s{number}"


def found_in(answer: Answer) -> list[str]:
    """Return the paths of what an answer shows."""
    if not answer.body.startswith(b"{") or answer.status >= 300:
        return []
    content, found = json.loads(answer.body), []
    for one in [content, *content.get("credentials", []), *content.get("services", []), *content.get("bindings", [])]:
        if one.get("url"):
            base = one["url"].partition(".com")[2]
            found += [
                base,
                *([f"{base}/Bindings", f"{base}/Notifications"] if base.startswith("/v1/Services/IS") else []),
            ]
    return [path for path in found if path.count("/") < 6][:9]


@pytest.fixture(params=["open", "strict"])
def used(request: pytest.FixtureRequest) -> Emulator:
    """An emulator in use: with records of several accounts and regions, faults that have fired, failing providers."""
    accounts = [Account(SID, TOKEN, keys={"SK" + "3" * 32: ApiKey(TOKEN)}), Account(OTHER, TOKEN)]
    emulator = Emulator(
        seed="moved", frozen="2029-03-01T10:00:00Z", accounts=accounts if request.param == "strict" else None
    )
    emulator.faults.add("credential.*", "refuse", code=20429, chance=0.1)
    emulator.faults.add("binding.create", "refuse", code=20500, every=7, name="named")
    emulator.faults.add("delivery.sms", "undelivered", error=52181, chance=0.2)
    tour(emulator, 200, "before")
    emulator.providers.sms.throttle("+15005550006")
    emulator.providers.fcm.go_down()
    emulator.accounts.suspend("AC" + "4" * 32) if request.param == "open" else None
    emulator.accounts.expire(SID, authorization=basic(SID, "old"), new_token=TOKEN)
    return emulator


@pytest.mark.parametrize("name", ["state.json", "state.yaml", ""])
def test_an_imported_state_answers_a_tour_of_500_calls_byte_for_byte(used: Emulator, name: str, tmp_path: Path) -> None:
    data: Any = used.export()
    if name:
        write_export(data, tmp_path / name)
        data = tmp_path / name
    loaded = Emulator(data=data)
    assert loaded.export() == used.export()
    assert tour(loaded, 500, "after") == tour(used, 500, "after")
    assert loaded.export() == used.export()


def test_a_state_is_loaded_into_a_running_emulator_in_place_of_its_own(used: Emulator) -> None:
    loaded = Emulator(seed=5, frozen="2020-01-01")
    loaded.credentials.add(type="fcm", secret="x")
    loaded.faults.add("*", "drop")
    loaded.load(json.loads(json.dumps(used.export())))
    assert tour(loaded, 100, "after") == tour(used, 100, "after")
    loaded.reset()
    assert not loaded.credentials
    assert (loaded.auth, loaded.accounts.strict) == (Emulator(seed=5).auth, False)


def test_a_reset_restores_what_the_data_has(used: Emulator) -> None:
    loaded = Emulator(data=used.export())
    tour(loaded, 20, "after")
    loaded.reset()
    assert loaded.export() == used.export()


def test_an_export_is_loaded_by_a_state_in_a_file(used: Emulator, tmp_path: Path) -> None:
    lasting = Emulator(state=tmp_path / "a.db")
    lasting.load(used.export())
    lasting.close()
    assert Emulator(state=tmp_path / "a.db").export() == used.export()


def test_data_that_is_wrong_changes_nothing(used: Emulator) -> None:
    before = used.export()
    for data in ({"credentials": [{"type": "no"}]}, {"faults": [{"effect": "no"}]}, {"providers": {"apns": {"x": 1}}}):
        with pytest.raises(UsageError):
            used.load(data)
    assert used.export() == before


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"accounts": []}, "data, accounts: no account given"),
    ({"accounts": [{"sid": "x"}]}, "data, accounts[0]: 'x' is not an account SID"),
    ({"accounts": [{"sid": SID}]}, "has no auth token"),
    ({"accounts": [{"sid": SID, "auth_token": "t", "status": "x"}]}, "'x' is not an account status"),
    ({"accounts": [{"sid": SID, "auth_token": "t", "keys": {"SK1": {"secret": "s"}}}]}, "keys has an invalid entry"),
    ({"accounts": [{"sid": SID, "auth_token": "t", "tokn": "s"}]}, "unknown key 'tokn'"),
    ({"accounts": [{"sid": SID, "auth_token": "t"}] * 2}, "data, accounts: has an account twice"),
    ({"accounts": [{"sid": SID, "auth_token": 5}]}, "auth_token: is not text"),
    ({"strict": True}, "data, accounts: is missing"),
    ({"accounts": [{"sid": SID}], "strict": "no"}, "data, strict: expected true or false, got 'no'"),
    ({"clock": {}}, "data, clock: expected exactly one of: freeze, set"),
    ({"clock": {"freeze": "soon"}}, "data, clock, freeze: 'soon' is not a point in time"),
    ({"clock": {"frozen": "2030-01-01"}}, "data, clock: unknown key 'frozen'; did you mean freeze?"),
    ({"clock": "2030-01-01"}, "data, clock: expected a mapping, got '2030-01-01'"),
    ({"sids": {}}, "data, sids, seed: expected a number or text, got None"),
    ({"sids": {"seed": 0, "made": {"CR": -1}}}, "data, sids, made: expected a number for each prefix"),
    ({"providers": {"apn": {}}}, "data, providers: unknown key 'apn'; did you mean apns?"),
    ({"providers": {"apns": None}}, "data, providers, apns: expected a mapping, got None"),
    ({"providers": {"apns": {"down": 1}}}, "data, providers, apns: "),
    ({"faults": [{"effect": "drop", "seen": "x"}]}, "data, faults[0], seen: expected a number of calls, got 'x'"),
    ({"faults": [{"effekt": "drop"}]}, "did you mean effect?"),
    ({"accounts": [{"sid": SID, "auth_token": "[secret]"}]}, "data, accounts: [secret] is a masked secret"),
]


@pytest.mark.parametrize(("data", "message"), WRONG)
def test_what_is_wrong_in_the_data_is_named(data: dict[str, Any], message: str) -> None:
    for use in (lambda: Emulator(data=data), lambda: Emulator().load(data)):
        with pytest.raises(UsageError) as caught:
            use()
        assert message in str(caught.value)


def test_an_error_in_a_file_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("clock:\n  freeze: soon\naccounts:\n- sid: x\n")
    with pytest.raises(UsageError, match=r"a\.yaml, line 4, accounts\[0\]: 'x' is not an account SID"):
        Emulator(data=tmp_path / "a.yaml")


def test_accounts_cannot_be_given_twice() -> None:
    data = {"accounts": [{"sid": SID, "auth_token": "t"}]}
    with pytest.raises(UsageError, match="accounts: the data has accounts, too"):
        Emulator(data=data, accounts={OTHER: "t"})


def test_without_secrets_nothing_secret_is_exported_and_nothing_is_loaded(used: Emulator) -> None:
    secrets = {one.secret for one in used.credentials.values()} | {TOKEN, "old"}
    data = used.export(with_secrets=False)
    assert not [secret for secret in secrets if secret and f'"{secret}"' in json.dumps(data)]
    with pytest.raises(UsageError, match="is a masked secret"):
        Emulator(data=data)


def test_a_rule_that_is_not_plain_data_is_not_exported() -> None:
    emulator = Emulator()
    emulator.faults.add("*", Refuse(20429), predicate=lambda _exchange: False)
    with pytest.raises(UsageError, match="faults: the rule refuse-1 has a function or an effect of your own"):
        emulator.export()


def test_a_new_emulator_exports_only_its_account_and_seed() -> None:
    emulator = Emulator(seed=3)
    account = {"sid": emulator.auth[0], "auth_token": emulator.auth[1]}
    assert emulator.export() == {"strict": False, "accounts": [account], "sids": {"seed": 3, "made": {}}}


def test_a_clock_that_was_set_goes_on_from_there() -> None:
    emulator = Emulator()
    emulator.clock.advance("10d")
    data = emulator.export()
    assert list(data["clock"]) == ["set"]
    assert abs(Emulator(data=data).clock.time() - emulator.clock.time()) < 60


@pytest.fixture(params=["memory", "file"])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Emulator]:
    """An emulator in which two accounts have the same."""
    emulator = Emulator(state=tmp_path / "a.db" if request.param == "file" else None)
    for account in (SID, OTHER):
        service = emulator.services.add(account_sid=account, friendly_name="s").sid
        call(emulator, account, "POST", f"/v1/Services/{service}/Bindings", "Identity=i&BindingType=sms&Address=%2B1")
        call(emulator, account, "POST", f"/v1/Services/{service}/Notifications", "Identity=i&Body=b")
    yield emulator
    emulator.close()


def counts(emulator: Emulator, account: str) -> list[int]:
    kept = [len(records.of(account)) for records in emulator.records]  # type: ignore[attr-defined]
    return [*kept, len(emulator.journal.calls(account_sid=account)), len(emulator.deliveries.find(account=account))]


def test_the_reset_of_an_account_removes_what_it_has_and_nothing_else(two: Emulator) -> None:
    other = counts(two, OTHER)
    two.faults.add("*", "drop")
    two.reset(SID)
    assert not any(counts(two, SID))
    assert counts(two, OTHER) == other
    assert all(other[1:])
    assert len(two.faults) == 1


def test_the_reset_of_an_account_has_no_misspelt_account(two: Emulator) -> None:
    with pytest.raises(UsageError, match="account: there is no account 'ACx'; expected one of: "):
        two.reset("ACx")


def test_the_control_api_resets_an_account_exports_and_imports(two: Emulator) -> None:
    client = two.app.test_client()
    assert client.get("/_mock/export?whole=true&secrets=true").get_json() == json.loads(json.dumps(two.export()))
    data = client.get("/_mock/export?whole=true&secrets=true").get_json()
    assert client.post("/_mock/reset", json={"account": SID}).status_code == 200
    assert not counts(two, SID)[1]
    assert client.post("/_mock/import", json=data).status_code == 200
    assert two.export() == data
    for body, field in (({"account": 5}, "account"), ({"acount": SID}, "acount"), ({"account": "ACx"}, "account")):
        answer = client.post("/_mock/reset", json=body)
        assert (answer.status_code, answer.get_json()["error"]["field"]) == (400, field)
    assert client.post("/_mock/import", json={"clock": {}}).status_code == 400
    assert client.post("/_mock/records", json={"clock": {"freeze": "2030-01-01"}}).status_code == 400


Build = Callable[..., Emulator]


def test_position_and_checkpoints_last_with_the_state(tmp_path: Path) -> None:
    emulator = Emulator(state=tmp_path / "a.db")
    client = emulator.app.test_client()
    assert client.get("/_mock/state").get_json()["position"] == 0
    assert client.post("/_mock/checkpoint", json={"name": "empty"}).status_code == 201
    ask(emulator, "POST", "/v1/Services", FriendlyName="s")
    assert client.get("/_mock/state").get_json()["position"] == 2
    emulator.close()
    again = Emulator(state=tmp_path / "a.db")
    client = again.app.test_client()
    assert len(again.services) == 1
    assert client.post("/_mock/checkpoint/empty").status_code == 200
    assert not again.services
    assert client.delete("/_mock/checkpoint/empty").status_code == 204
    assert client.post("/_mock/checkpoint/empty").status_code == 404
    again.close()
