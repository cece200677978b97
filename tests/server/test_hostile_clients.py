"""A bounded sample of the hostile requests of ``make harden``, and the checks that judge their responses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import get_args

import pytest

from harden.hostile import KINDS, Hostile, Manner, hostile
from harden.responses import created, judge
from harden.sockets import attack
from harden.target import Target, find_tracebacks

SEED = 1
EACH = 25
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Target() as target:
        yield target


@pytest.fixture(scope="module")
def descriptors(target: Target) -> int:
    return target.idle_descriptors()


@pytest.mark.parametrize("kind", range(len(KINDS)), ids=[kind.__name__ for kind in KINDS])
def test_hostile_requests_get_an_error_and_change_nothing(target: Target, descriptors: int, kind: int) -> None:
    numbers = range(kind, EACH * len(KINDS), len(KINDS))
    assert attack(target, SEED, numbers, descriptors) == []
    assert target.tracebacks() == []


def test_a_hostile_request_is_determined_by_seed_and_number() -> None:
    requests = [hostile(SEED, number) for number in range(200)]
    assert requests == [hostile(SEED, number) for number in range(200)]
    assert requests != [hostile(SEED + 1, number) for number in range(200)]
    assert {request.kind for request in requests} == {kind.__name__ for kind in KINDS}
    assert {request.manner for request in requests} == set(get_args(Manner))


def sent(kind: str = "bodies", *, may_be_silent: bool = False, manner: Manner = "closes half") -> Hostile:
    return Hostile(kind, SEED, 0, [b"GET / HTTP/1.1\r\n\r\n"], manner, may_be_silent)


@pytest.mark.parametrize(
    ("request_", "data", "ended"),
    [
        (sent(), OK, "closed"),
        (sent(), OK + OK, "reset"),
        (sent(), b"HTTP/1.1 100 Continue\r\n\r\n" + OK, "closed"),
        (sent(), b"HTTP/1.1 200 Connection established\r\n\r\n\x15\x03", "closed"),
        (sent(), b"HTTP/1.1 204 No Content\r\n\r\n", "closed"),
        (sent(may_be_silent=True), b"", "closed"),
        (sent(manner="leaves"), b"", "closed"),
    ],
)
def test_whole_responses_are_accepted(request_: Hostile, data: bytes, ended: str) -> None:
    assert judge(request_, data, ended) == []


@pytest.mark.parametrize(
    ("request_", "data", "ended", "problem"),
    [
        (sent(), b"", "closed", "no response"),
        (sent(), b"", "reset", "no response"),
        (sent(may_be_silent=True), b"", "hang", "the connection stays open, without a response"),
        (sent(), OK[:-1], "reset", "bytes that are not a whole response"),
        (sent(), OK + b"garbage", "closed", "bytes that are not a whole response"),
        (sent(), b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n", "closed", "status 500"),
        (sent(), b"HTTP/1.1 400 X\r\nContent-Length: 6\r\n\r\n<html>", "closed", "HTML"),
        (sent(), b"HTTP/1.1 400 X\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", "closed", "HTML"),
        (
            *(sent(), b"HTTP/1.1 400 X\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{", "closed"),
            "an error that is not JSON",
        ),
        (sent("smuggling"), OK + OK, "closed", "the body was read as a second request"),
    ],
)
def test_a_broken_promise_is_reported(request_: Hostile, data: bytes, ended: str, problem: str) -> None:
    (found,) = judge(request_, data, ended)
    assert found.startswith(f"{request_.kind}, seed 1, number 0")
    assert problem in found


def test_a_change_of_state_that_no_response_admits_is_reported(target: Target, descriptors: int) -> None:
    with target.client() as client:
        client.call("POST", "/v1/Credentials", {"Type": "fcm", "Secret": "key", "FriendlyName": "smuggled"})
        client.call("POST", "/_mock/faults", content={"call": "*.create", "effect": "drop", "times": 1})
    changed, carried_out = attack(target, SEED, [], descriptors)
    assert changed.startswith("1 records exist, expected 0 to 0")
    assert carried_out.startswith("a refused request was carried out")
    assert attack(target, SEED, [], descriptors) == []


def test_a_descriptor_that_stays_open_is_reported(
    target: Target, descriptors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not descriptors:
        pytest.skip("this system has no /proc")
    ticks = count()
    monkeypatch.setattr("harden.target.monotonic", lambda: next(ticks))
    with target.client() as client:
        client.call("GET", "/_mock/health")
        assert target.settled(descriptors) > descriptors


def test_created_records_are_counted() -> None:
    made = b"HTTP/1.1 201 CREATED\r\nContent-Length: 0\r\n\r\n"
    assert created(made + OK + made) == 2


def test_tracebacks_are_found_except_for_broken_connections() -> None:
    log = "".join(
        f"DEBUG   x\nTraceback (most recent call last):\n  File x\n    y\n{last}\n"
        for last in ("ConnectionResetError: [Errno 104]", "KeyError: 'x'", "ssl.SSLError: x", "TimeoutError: timed out")
    )
    assert find_tracebacks(log) == ["KeyError: 'x'"]
