"""Authentication: open by default, strict with accounts, and the error responses."""

from __future__ import annotations

import json

import pytest
from helpers.calls import basic

from notify_mock import Account, ApiKey, Call, Emulator, UsageError

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
