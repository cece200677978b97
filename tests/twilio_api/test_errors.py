"""Error responses as they go onto the wire, and what is kept from it."""

from __future__ import annotations

import json

import pytest

from notify_mock.twilio_api.errors import (
    ERRORS,
    EdgeUnavailable,
    MethodNotAllowed,
    MissingParameter,
    NoCredentials,
    TwilioError,
    WrongToken,
)

VALUES = {name: name.upper() for name in ("name", "verb", "path", "method", "resource", "limit", "things", "what")}


@pytest.mark.parametrize("error", [error for error in ERRORS if error is not EdgeUnavailable])
def test_the_body_is_one_line_of_json_with_sorted_keys(error: type[TwilioError]) -> None:
    made = error("why", **VALUES)
    detail = {} if made.detail is None else {"detail": made.detail}
    url = f"https://www.twilio.com/docs/errors/{error.code}"
    expected = {"code": error.code, **detail, "message": made.text, "more_info": url, "status": error.status}
    assert made.body() == json.dumps(expected).encode()
    assert b"why" not in made.body()
    assert "{" not in made.text


def test_an_error_has_a_text_for_the_client_and_a_reason_for_the_developer() -> None:
    made = MissingParameter("Type is missing", name="Type")
    assert (made.text, made.reason) == ("Missing required parameter Type in the post body", "Type is missing")
    assert str(made) == "400 20001: Missing required parameter Type in the post body"
    assert NoCredentials().reason == ""


def test_only_a_wrong_token_has_a_detail() -> None:
    assert json.loads(WrongToken().body())["detail"] == "Your AccountSid or AuthToken was incorrect."
    assert [error for error in ERRORS if error.detail is not None] == [WrongToken]


def test_the_error_of_the_edge_is_compact() -> None:
    text = "Service is unavailable, please try again"
    more_info = "https://www.twilio.com/docs/errors/503"
    expected = {"code": 20503, "message": text, "more_info": more_info, "status": 503}
    assert EdgeUnavailable().body() == json.dumps(expected, separators=(",", ":")).encode()


def test_a_405_names_the_methods_that_are_allowed() -> None:
    made = MethodNotAllowed("it is a list", allow=("GET", "POST"), path="/Services", method="PUT")
    assert made.text == "The requested resource /Services does not support the attempted HTTP method PUT"
    assert (made.headers, made.reason) == ((("Allow", "GET, POST"),), "it is a list")
    bare = MethodNotAllowed(path="/Services", method="PUT")
    assert (bare.headers, bare.reason) == ((), "")
