"""The test with real clients: the parts that need none of them, and the table of the last run."""

from __future__ import annotations

import sys

import pytest
from helpers.paths import ROOT

from clients.catalog import CLIENTS, Client
from clients.installing import PROGRAMS, Installed, NotHere
from clients.running import VARIABLES, Run, run
from clients.table import HEAD, needs, render
from notify_mock.certificate_authority.authority import Authority
from notify_mock.certificate_authority.bundles import make_bundles
from notify_mock.interception.environment import changes

PAGE = ROOT / "docs" / "clients.md"


def rows() -> list[list[str]]:
    table = PAGE.read_text().partition("<!-- clients: generated -->")[2].partition("<!-- clients: end -->")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()]


def test_the_table_has_a_row_for_every_client_and_none_has_failed() -> None:
    head, _, *body = rows()
    assert tuple(head) == HEAD
    assert [row[0] for row in body] == [client.name for client in CLIENTS]
    for row in body:
        assert row[4] == "passed" or row[4].startswith("not run: "), row


def test_the_table_shows_the_needs_of_the_catalog() -> None:
    assert [row[3] for row in rows()[2:]] == [needs(client.needed) for client in CLIENTS]


def test_every_program_belongs_to_a_client_and_does_not_mention_the_emulator() -> None:
    assert {client.program for client in CLIENTS} == {path.name for path in PROGRAMS.iterdir() if path.is_file()}
    for path in PROGRAMS.iterdir():
        if path.is_file():
            text = path.read_text().lower()
            assert not [
                word for word in ("proxy", "127.0.0.1", "localhost", "mock", "emulator", "bundle") if word in text
            ]


def test_exec_sets_every_variable_that_a_client_needs() -> None:
    account = {"TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"}
    found = changes("http://127.0.0.1:1", ("ACx", "y"), make_bundles(Authority()), {})
    assert set(VARIABLES) == {name for name, value in found.items() if value is not None} - account
    assert {name for client in CLIENTS for name in client.needed} <= set(VARIABLES)


def printing(text: str, status: int = 0) -> Client:
    program = f"import sys; print({text!r}); sys.exit({status})"
    return Client("mine", "", lambda _: Installed([sys.executable, "-c", program], "1", "Python"), ())


def test_a_client_with_unexpected_output_fails() -> None:
    done = run(printing("created 2"))
    assert done.outcome == "FAILED"
    assert "-created 3" in done.detail
    assert "+created 2" in done.detail


def test_a_missing_client_is_reported_as_not_run() -> None:
    def find(_: str) -> Installed:
        raise NotHere("ruby is not installed")

    done = run(Client("Ruby", "", find, ("http_proxy",)))
    assert (done.outcome, done.detail) == ("not run", "ruby is not installed")
    assert "not run: ruby is not installed" in render([done])


@pytest.mark.parametrize("status", [0, 3])
def test_an_exit_status_other_than_0_fails(status: int) -> None:
    expected = (PROGRAMS.parent / "expected.txt").read_text().rstrip("\n")
    assert run(printing(expected, status)).outcome == ("FAILED" if status else "passed")


def test_a_pipe_in_a_reason_is_escaped() -> None:
    assert r"a \| b" in render([Run(CLIENTS[0], "not run", detail="a | b")])
