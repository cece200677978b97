"""The client of the control API: what it says if it is refused, or finds something else at the URL."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from notify_mock import Emulator
from notify_mock.control_api.client import ControlClient, ControlError
from notify_mock.support.usage import UsageError


class _OtherServer(BaseHTTPRequestHandler):
    """Answers with HTML, and leads from ``/_mock/clock/now`` elsewhere."""

    tokens: list[str | None] = []

    def do_GET(self) -> None:
        is_redirect = self.path == "/_mock/clock/now"
        self.send_response(302 if is_redirect else 200)
        if is_redirect:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(b"<html>")
        if self.path == "/elsewhere":
            self.tokens.append(self.headers["X-Notify-Mock-Token"])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def other_server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _OtherServer) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_refusal_has_the_reason_and_the_status(served: Emulator) -> None:
    with pytest.raises(ControlError, match=r"did you mean credential\.create") as caught:
        ControlClient(served.url, None).ask("GET", "journal", query={"call": "credential.creat", "last": None})
    assert (caught.value.status, caught.value.where) == (400, "url")


def test_a_wrong_token_is_an_error_of_the_option() -> None:
    with Emulator(control_token="right") as emulator:
        with pytest.raises(ControlError) as caught:
            ControlClient(emulator.url, "wrong").ask("GET", "clock")
        assert (caught.value.status, caught.value.option) == (401, "control_token")
        assert "right" not in str(caught.value)
        assert ControlClient(emulator.url, "right").ask("GET", "clock")["frozen"] is False


def test_another_server_is_not_taken_for_an_emulator(other_server: str) -> None:
    with pytest.raises(UsageError, match="is not a notify-mock server; start notify-mock serve"):
        ControlClient(other_server, None).ask("GET", "clock")


def test_the_token_does_not_follow_a_redirect(other_server: str) -> None:
    with pytest.raises(ControlError, match="answered 302"):
        ControlClient(other_server, "hush").ask("GET", "clock/now")
    assert _OtherServer.tokens == []


def test_a_query_that_is_too_long_is_not_sent(served: Emulator) -> None:
    with pytest.raises(UsageError, match=r"are too long for a URL: \d+ characters; give shorter ones"):
        ControlClient(served.url, None).ask("GET", "journal", query={"text": "x" * 1_000_000})
    assert len(served.journal) == 0
