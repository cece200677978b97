"""One fetch through the SDK: in-process, and by three other ways to answer it offline."""

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

from benchmarks.calls import HOST, LIST, create_fcm, play
from benchmarks.measure import in_turns, repeated
from benchmarks.table import Row, at_least, at_most
from notify_mock import Answer, Emulator

_ROUNDS = 60

Fetch = Callable[[], object]


class ConstantHttpClient(HttpClient):  # type: ignore[misc]
    """The least that a transport can do: it looks at nothing, and always returns the same object."""

    def __init__(self, response: Response) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False)
        self._response = response

    def request(self, *_args: object, **_options: object) -> Response:
        return self._response


class Scene:
    """An emulator with one credential, the fetch of it, and what any stub has to answer to the same."""

    def __init__(self) -> None:
        self.emulator = Emulator()
        self.sid = create_fcm(self.emulator, 0)
        self.answer: Answer = play(self.emulator, "GET", f"{LIST}/{self.sid}")
        self.url = f"https://{HOST}{LIST}/{self.sid}"

    def in_process(self) -> Fetch:
        return self._fetch(self.emulator.client())

    def through(self, http_client: HttpClient) -> Fetch:
        """The fetch through another transport."""
        return self._fetch(Client(*self.emulator.auth, http_client=http_client))

    def _fetch(self, client: Client) -> Fetch:
        """The call as one writes it, after a look at whether it gives the right record."""
        if client.notify.v1.credentials(self.sid).fetch().friendly_name != "Android app 0":
            raise RuntimeError("the fetch gave something else")
        return lambda: client.notify.v1.credentials(self.sid).fetch()


def constant() -> list[Row]:
    """In-process against a transport that returns a constant."""
    scene = Scene()
    response = Response(scene.answer.status, scene.answer.body.decode(), dict(scene.answer.headers))
    theirs = scene.through(ConstantHttpClient(response))
    pair = in_turns(repeated(scene.in_process()), repeated(theirs), _ROUNDS)
    return [at_most("fetch in-process / through a transport that returns a constant", pair, 2.5)]


def stubbed() -> list[Row]:
    """A static stub of ``responses`` against in-process. The patching itself is outside the timed part."""
    scene = Scene()
    headers = {name: value for name, value in scene.answer.headers if name not in ("Content-Type", "Content-Length")}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as stub:
        stub.get(scene.url, body=scene.answer.body, headers=headers, content_type="application/json; charset=utf-8")
        theirs = scene.through(TwilioHttpClient())
        pair = in_turns(repeated(scene.in_process()), repeated(theirs), _ROUNDS)
    return [at_least("fetch from a stub of responses / in-process", pair, 5)]


def replayed() -> list[Row]:
    """A vcrpy cassette against in-process. Reading the cassette is outside the timed part."""
    scene = Scene()
    with tempfile.TemporaryDirectory() as folder:
        cassette = Path(folder, "fetch.yaml")
        cassette.write_text(_cassette(scene))
        with vcr.use_cassette(str(cassette), record_mode="none", allow_playback_repeats=True):
            theirs = scene.through(TwilioHttpClient())
            pair = in_turns(repeated(scene.in_process()), repeated(theirs), _ROUNDS)
    return [at_least("fetch replayed from a vcrpy cassette / in-process", pair, 5)]


def intercepted() -> list[Row]:
    """A client that knows nothing of the emulator against the one that the emulator makes."""
    scene = Scene()
    ours = scene.in_process()
    with scene.emulator.intercept():
        theirs = scene.through(TwilioHttpClient())
        pair = in_turns(repeated(theirs), repeated(ours), _ROUNDS)
    return [at_most("fetch by an intercepted client / in-process", pair, 1.3)]


def _cassette(scene: Scene) -> str:
    """The file that vcrpy would have written of this one fetch."""
    response = {
        "status": {"code": scene.answer.status, "message": "OK"},
        "headers": {name: [value] for name, value in scene.answer.headers},
        "body": {"string": scene.answer.body.decode()},
    }
    request: dict[str, Any] = {"method": "GET", "uri": scene.url, "body": None, "headers": {}}
    return yaml.safe_dump({"version": 1, "interactions": [{"request": request, "response": response}]})
