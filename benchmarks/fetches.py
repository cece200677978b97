"""One fetch or create through the SDK: in-process, and with four other ways to answer it offline."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import responses
import vcr  # type: ignore[import-untyped]
import yaml
from twilio.http import HttpClient
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from benchmarks.calls import HOST, LIST, create_fcm, fcm_form, play
from benchmarks.measure import in_turns, repeated
from benchmarks.table import Row, at_least, at_most
from notify_mock import Answer, Emulator

_ROUNDS = 60

SdkCall = Callable[[], object]


class ConstantHttpClient(HttpClient):  # type: ignore[misc]
    """The cheapest possible transport: it ignores the request and always returns the same object."""

    def __init__(self, response: Response) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._response = response

    def request(self, *_args: object, **_options: object) -> Response:
        return self._response


class Scene:
    """An emulator with one credential, a fetch of it, a create, and the response that a stub must return for both."""

    def __init__(self) -> None:
        self.emulator = Emulator()
        self.sid = create_fcm(self.emulator, 0)
        self.answer: Answer = play(self.emulator, "GET", f"{LIST}/{self.sid}")
        self.url = f"https://{HOST}{LIST}/{self.sid}"

    def constant(self) -> HttpClient:
        """Return the transport that returns the credential for any request."""
        return ConstantHttpClient(Response(self.answer.status, self.answer.body.decode(), dict(self.answer.headers)))

    def create(self, http_client: HttpClient | None = None) -> SdkCall:
        """Return a create, in-process or through another transport."""
        client = Client(*self.emulator.auth, http_client=http_client) if http_client else self.emulator.client()
        form = fcm_form(1)
        name, secret = form["FriendlyName"], form["Secret"]
        return lambda: client.notify.v1.credentials.create(type="fcm", friendly_name=name, secret=secret)

    def in_process(self) -> SdkCall:
        return self._fetch(self.emulator.client())

    def through(self, http_client: HttpClient) -> SdkCall:
        """Return the fetch through another transport."""
        return self._fetch(Client(*self.emulator.auth, http_client=http_client))

    def _fetch(self, client: Client) -> SdkCall:
        """Return the call as a user writes it, after checking that it returns the right record."""
        if client.notify.v1.credentials(self.sid).fetch().friendly_name != "Android app 0":
            raise RuntimeError("the fetch returned an unexpected record")
        return lambda: client.notify.v1.credentials(self.sid).fetch()


def constant() -> list[Row]:
    """Compare in-process with a transport that returns a constant."""
    scene = Scene()
    fetch = in_turns(repeated(scene.in_process()), repeated(scene.through(scene.constant())), _ROUNDS)
    create = in_turns(repeated(scene.create()), repeated(scene.create(scene.constant())), _ROUNDS)
    return [
        at_most("fetch in-process / through a transport that returns a constant", fetch, 2.1),
        at_most("create in-process / through a transport that returns a constant", create, 3.0),
    ]


def stubbed() -> list[Row]:
    """Compare a static stub of ``responses`` with in-process. Patching isn't timed."""
    scene = Scene()
    headers = {name: value for name, value in scene.answer.headers if name not in ("Content-Type", "Content-Length")}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as stub:
        stub.get(scene.url, body=scene.answer.body, headers=headers, content_type="application/json; charset=utf-8")
        theirs = scene.through(TwilioHttpClient())
        pair = in_turns(repeated(scene.in_process()), repeated(theirs), _ROUNDS)
    return [at_least("fetch from a stub of responses / in-process", pair, 5)]


def replayed() -> list[Row]:
    """Compare a vcrpy cassette with in-process. Reading the cassette isn't timed."""
    scene = Scene()
    with tempfile.TemporaryDirectory() as folder:
        cassette = Path(folder, "fetch.yaml")
        cassette.write_text(_cassette(scene))
        with vcr.use_cassette(str(cassette), record_mode="none", allow_playback_repeats=True):
            theirs = scene.through(TwilioHttpClient())
            pair = in_turns(repeated(scene.in_process()), repeated(theirs), _ROUNDS)
    return [at_least("fetch replayed from a vcrpy cassette / in-process", pair, 5)]


def intercepted() -> list[Row]:
    """Compare an unmodified client inside ``intercept()`` with the emulator's own client."""
    scene = Scene()
    ours = scene.in_process()
    with scene.emulator.intercept():
        theirs = scene.through(TwilioHttpClient())
        pair = in_turns(repeated(theirs), repeated(ours), _ROUNDS)
    return [at_most("fetch by an intercepted client / in-process", pair, 1.3)]


def _cassette(scene: Scene) -> str:
    """Return the file that vcrpy would have written for this fetch."""
    response = {
        "status": {"code": scene.answer.status, "message": "OK"},
        "headers": {name: [value] for name, value in scene.answer.headers},
        "body": {"string": scene.answer.body.decode()},
    }
    request: dict[str, Any] = {"method": "GET", "uri": scene.url, "body": None, "headers": {}}
    return yaml.safe_dump({"version": 1, "interactions": [{"request": request, "response": response}]})
