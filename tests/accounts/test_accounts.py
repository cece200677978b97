"""Authentication: open by default, strict with accounts, and the error responses."""

from __future__ import annotations

import json

import pytest
from helpers.calls import basic
from twilio.rest import Client

from notify_mock import Account, ApiKey, Call, Emulator, UsageError, intercept

ONE, TWO = "AC" + "1" * 32, "AC" + "2" * 32
KEY, WEAK = "SK" + "1" * 32, "SK" + "2" * 32


def strict() -> Emulator:
    keys = {KEY: ApiKey("key secret"), WEAK: ApiKey("weak secret", restricted=True)}
    return Emulator(accounts=[Account(ONE, "token one", keys=keys), f"{TWO}:token two"])


def answer(emulator: Emulator, authorization: str | None) -> tuple[int, int | None, str]:
    headers = {} if authorization is None else {"authorization": authorization}
    got = emulator.handle(Call("GET", "notify.twilio.com", "/v1/Credentials", headers=headers))
    body = json.loads(got.body)
    return got.status, body.get("code"), body.get("message", "")


@pytest.mark.parametrize("user", [ONE, "ACany", "AC_with-dash", KEY, "SKany"])
def test_an_open_emulator_accepts_every_account(user: str) -> None:
    assert answer(Emulator(), basic(user, "whatever"))[0] == 200


def test_an_open_emulator_maps_a_bearer_token_to_the_default_account() -> None:
    emulator = Emulator()
    assert answer(emulator, "Bearer abc")[0] == 200
    assert emulator.journal.last.account_sid == emulator.auth[0]


def test_an_api_key_works_on_the_default_account_when_open() -> None:
    emulator = Emulator()
    made = emulator.client(KEY, "x").notify.v1.credentials.create(type="fcm", secret="x")
    assert made.account_sid == emulator.auth[0]


@pytest.mark.parametrize("user", ["", "bob", "AC", "ac" + "1" * 32, "AC" + "x" * 100, "AC/../x"])
def test_an_open_emulator_refuses_other_user_names(user: str) -> None:
    expected = (401, 20003, "Authentication Error - invalid username")
    assert answer(Emulator(), basic(user, "x")) == expected


@pytest.mark.parametrize("authorization", [None, "", "  "])
def test_missing_credentials_have_their_own_401(authorization: str | None) -> None:
    expected = (401, 20003, "Authentication Error - No credentials provided")
    assert answer(Emulator(), authorization) == expected
    assert answer(strict(), authorization) == expected


def test_a_strict_emulator_has_three_different_401s_and_a_fourth_for_restricted_keys() -> None:
    emulator = strict()
    assert answer(emulator, basic(ONE, "token one"))[0] == 200
    assert answer(emulator, basic(KEY, "key secret"))[0] == 200
    assert emulator.journal.last.account_sid == ONE
    invalid = (401, 20003, "Authentication Error - invalid username")
    assert answer(emulator, basic("AC" + "9" * 32, "x")) == invalid
    assert answer(emulator, basic("SK" + "9" * 32, "x")) == invalid
    assert answer(emulator, "Bearer abc") == invalid
    assert answer(emulator, basic(ONE, "token two")) == (401, 20003, "Authenticate")
    assert answer(emulator, basic(KEY, "wrong")) == (401, 20003, "Authenticate")
    restricted = (401, 70051, "Authorization Error: actor doesn't have any assertions")
    assert answer(emulator, basic(WEAK, "weak secret")) == restricted


@pytest.mark.parametrize("make", [Emulator, strict])
def test_a_suspended_account_is_refused_until_it_is_activated(make: type[Emulator]) -> None:
    emulator = make()
    sid, token = emulator.auth
    emulator.accounts.suspend(sid)
    assert answer(emulator, basic(sid, token)) == (403, 20005, "Account not active")
    emulator.accounts.activate(sid)
    assert answer(emulator, basic(sid, token))[0] == 200
    emulator.accounts.suspend(sid)
    emulator.reset()
    assert answer(emulator, basic(sid, token))[0] == 200


def test_an_account_can_be_given_as_suspended() -> None:
    emulator = Emulator(accounts=[Account(ONE, "t", status="closed")])
    assert answer(emulator, basic(ONE, "t")) == (403, 20005, "Account not active")


def test_the_first_account_is_the_default() -> None:
    assert strict().auth == (ONE, "token one")
    assert Emulator(accounts={TWO: "two", ONE: "one"}).auth == (TWO, "two")


def test_a_401_takes_precedence_over_a_404_and_a_405() -> None:
    emulator = Emulator()
    for method, path in [("GET", "/nowhere"), ("PUT", "/v1/Credentials")]:
        assert emulator.handle(Call(method, "notify.twilio.com", path)).status == 401


@pytest.mark.parametrize(
    ("accounts", "expected"),
    [
        ([], "no account given"),
        ("bob", "'bob' is not an account SID (expected AC followed by 32 hex digits)"),
        ([f"{ONE}"], f"write {ONE}:token"),
        ([f"{ONE}:a", f"{ONE}:b"], "given twice"),
        ({"ACshort": "hush"}, "'ACshort' is not an account SID"),
        (5, 'expected a mapping such as {"AC...": "token"}, got 5'),
        ([Account(ONE, "t", keys=None)], "keys is not a mapping"),  # type: ignore[arg-type]
        ([Account(ONE, "t", keys={5: ApiKey("x")})], "SK followed by 32 hex digits"),  # type: ignore[dict-item]
        ([Account(ONE, "t", status="gone")], "active, suspended, closed"),  # type: ignore[arg-type]
        ([Account(ONE, "t", keys={"SK1": ApiKey("hush")})], "SK followed by 32 hex digits"),
        ([17], 'expected "AC...:token" or an Account, got a int'),
    ],
)
def test_bad_accounts_are_refused_without_repeating_a_token(accounts: object, expected: str) -> None:
    with pytest.raises(UsageError, match="accounts") as caught:
        Emulator(accounts=accounts)  # type: ignore[arg-type]
    assert expected in str(caught.value)
    assert "hush" not in str(caught.value)


def test_an_unknown_account_cannot_be_suspended_when_strict() -> None:
    with pytest.raises(UsageError, match="unknown account"):
        strict().accounts.suspend("AC" + "9" * 32)


# forgetting accounts that an open emulator has made up


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """An open emulator that keeps three accounts without records."""
    monkeypatch.setattr("notify_mock.accounts.accounts.MAX_MADE_UP", 3)
    return Emulator()


def call_as(emulator: Emulator, *users: str) -> None:
    for user in users:
        assert answer(emulator, basic(user, "secret"))[0] == 200


def known(emulator: Emulator) -> list[str]:
    return [user for user in ("ACa", "ACb", "ACc", "ACd", "ACe", "ACf") if user in emulator.accounts]


def test_the_oldest_account_without_records_is_forgotten_first(small: Emulator) -> None:
    call_as(small, "ACa", "ACb", "ACc", "ACd")
    assert known(small) == ["ACb", "ACc", "ACd"]
    call_as(small, "ACe")
    assert known(small) == ["ACc", "ACd", "ACe"]


def test_a_forgotten_account_is_made_up_again(small: Emulator) -> None:
    call_as(small, "ACa", "ACb", "ACc", "ACd", "ACa")
    assert known(small) == ["ACa", "ACc", "ACd"]
    assert small.accounts["ACa"].auth_token == "secret"


def test_an_account_with_records_is_not_forgotten(small: Emulator) -> None:
    call_as(small, "ACa")
    made = small.client("ACa", "secret").notify.v1.credentials.create(type="fcm", secret="x")
    call_as(small, "ACb", "ACc", "ACd", "ACe", "ACf")
    assert "ACa" in known(small)
    assert small.credentials[made.sid].account_sid == "ACa"
    assert len(known(small)) <= 4


def test_the_default_account_and_given_ones_are_not_forgotten(small: Emulator) -> None:
    call_as(small, "ACa", "ACb", "ACc", "ACd", "ACe")
    assert small.auth[0] in small.accounts


def test_a_suspended_account_and_one_with_an_expired_token_are_not_forgotten(small: Emulator) -> None:
    call_as(small, "ACa", "ACb")
    small.accounts.suspend("ACa")
    small.accounts.expire("ACb", new_token="new")
    call_as(small, "ACc", "ACd", "ACe", "ACf")
    assert known(small) == ["ACa", "ACb", "ACd", "ACe", "ACf"]
    assert answer(small, basic("ACa", "secret"))[0] == 403
    assert answer(small, basic("ACb", "secret"))[0] == 401
    assert small.accounts["ACb"].auth_token == "new"


def test_a_checkpoint_keeps_which_accounts_are_forgotten_next(small: Emulator) -> None:
    call_as(small, "ACa", "ACb")
    with small.checkpoint():
        call_as(small, "ACc", "ACd", "ACe")
        assert known(small) == ["ACc", "ACd", "ACe"]
    assert known(small) == ["ACa", "ACb"]
    call_as(small, "ACc", "ACd")
    assert known(small) == ["ACb", "ACc", "ACd"]


def test_forgetting_an_account_changes_no_response(monkeypatch: pytest.MonkeyPatch) -> None:
    users = [f"AC{number % 7}" for number in range(50)]

    def responses(limit: int) -> list[bytes]:
        monkeypatch.setattr("notify_mock.accounts.accounts.MAX_MADE_UP", limit)
        emulator = Emulator(frozen="2030-01-01")
        calls = (
            Call("GET", "notify.twilio.com", "/v1/Credentials", headers={"authorization": basic(user, "x")})
            for user in users
        )
        return [repr(emulator.handle(call)).encode() for call in calls]

    assert responses(3) == responses(10_000)


def test_a_very_long_authorization_is_an_invalid_username() -> None:
    emulator = Emulator()
    assert answer(emulator, basic("ACx", "p" * 5000)) == (401, 20003, "Authentication Error - invalid username")
    assert "longer than 4096 characters" in emulator.journal.last.reason
    assert answer(emulator, basic("ACx", "p" * 2000))[0] == 200


# the default account


def test_the_default_account_owns_what_names_no_account() -> None:
    emulator = Emulator(default_account="ACmine:token", data={"services": [{}]})
    planted = emulator.credentials.add(type="fcm")
    assert emulator.auth == ("ACmine", "token")
    assert {record.account_sid for records in emulator.records for record in records.values()} == {"ACmine"}
    for user in ("ACmine", KEY):
        assert [one.sid for one in emulator.client(user, "any").notify.v1.credentials.list()] == [planted.sid]
    emulator.reset()
    assert emulator.auth == ("ACmine", "token")


def test_a_default_account_without_a_token_gets_one_from_the_seed() -> None:
    assert Emulator(default_account="ACmine").auth == ("ACmine", Emulator().auth[1])


def test_the_default_account_can_be_any_of_the_accounts() -> None:
    emulator = Emulator(accounts={ONE: "one", TWO: "two"}, default_account=TWO)
    assert emulator.auth == (TWO, "two")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("bob:hush", 'default_account: \'bob\' is not an account SID; expected "AC..." or "AC...:token"'),
        (7, "default_account: 7 is not an account SID"),
        ("ACother", "default_account: ACother is not in accounts="),
    ],
)
def test_a_bad_default_account_is_refused_without_repeating_a_token(given: object, expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        Emulator(accounts={ONE: "one"}, default_account=given)  # type: ignore[arg-type]
    assert expected in str(caught.value)
    assert "hush" not in str(caught.value)


def test_the_emulator_itself_does_not_look_at_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Emulator().auth
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "ACshell")
    assert Emulator().auth == before


def test_intercept_uses_the_account_of_the_environment_unless_one_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "ACshell")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "secret")
    with intercept() as emulator:
        planted = emulator.services.add()
        assert Client().notify.v1.services(planted.sid).fetch().account_sid == "ACshell"
    with intercept(accounts={ONE: "one"}) as emulator:
        assert emulator.auth == (ONE, "one")
    with intercept(default_account="ACmine") as emulator:
        assert emulator.auth[0] == "ACmine"
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "not a SID")
    with intercept() as emulator:
        assert emulator.auth == Emulator().auth


def reason(emulator: Emulator, path: str, user: str, host: str = "notify.twilio.com") -> str:
    emulator.handle(Call("GET", host, path, headers={"authorization": basic(user, "x")}))
    return emulator.journal.last.reason


def test_the_journal_says_where_the_record_is_that_was_asked_for() -> None:
    emulator = Emulator(default_account="ACmine")
    service = emulator.services.add().sid
    other = emulator.services.add().sid
    binding = emulator.bindings.add(identity="a", binding_type="sms", address="+1", service_sid=service).sid
    path = f"/v1/Services/{service}"
    assert reason(emulator, path, "ACapp") == (
        f"no service {service}; it exists in account ACmine, but the request was for account ACapp"
    )
    assert "in account ACmine, but" in reason(emulator, f"{path}/Bindings/{binding}", "ACapp")
    assert reason(emulator, path, "ACmine", "notify.dublin.ie1.twilio.com") == (
        f"no service {service}; it exists in region us1, but the request was for region ie1"
    )
    assert reason(emulator, f"/v1/Services/{other}/Bindings/{binding}", "ACmine") == (
        f"no binding {binding}; it exists in service {service}, but the request was for service {other}"
    )
    assert reason(emulator, "/v1/Services", "ACapp") == (
        "there are services in account ACmine, but the request was for account ACapp"
    )
    assert reason(emulator, f"/v1/Services/{other}/Bindings", "ACmine") == ""
    assert reason(emulator, "/v1/Services/IS1", "ACmine") == "no service IS1"
    assert reason(emulator, "/v1/Credentials", "ACapp") == ""
