"""The state of a running server, through its control API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from notify_mock.resources import RESOURCES
from notify_mock.support.usage import UsageError

_TIMEOUT = 60.0
_PIECE_BYTES = 900_000
_CHECKPOINT = "before the import"


class Remote:
    """A running server. ``token`` is its control token. Its methods are those of ``Emulator``; they raise
    ``UsageError``."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url, self._token = url, token

    def export(self, *, with_secrets: bool = True) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("GET", f"export?whole=true&secrets={str(with_secrets).lower()}")
        return found

    def load(self, data: Mapping[str, Any], _source: str = "") -> None:
        """Import all or nothing, in several requests if the data is large."""
        first, *others = _pieces(data)
        if not others:
            self._ask("POST", "import", first)
            return
        self._ask("POST", "checkpoint", {"name": _CHECKPOINT})
        try:
            self._ask("POST", "import", first)
            for piece in others:
                self._ask("POST", "records", piece)
        except BaseException:
            self._ask("POST", f"checkpoint/{_CHECKPOINT.replace(' ', '%20')}")
            raise
        finally:
            self._ask("DELETE", f"checkpoint/{_CHECKPOINT.replace(' ', '%20')}")

    def reset(self, account: str | None = None) -> None:
        self._ask("POST", "reset", {} if account is None else {"account": account})

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        from urllib.error import HTTPError, URLError
        from urllib.request import ProxyHandler, Request, build_opener

        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self._token is not None:
            headers["X-Notify-Mock-Token"] = self._token
        request = Request(f"{self._url}/_mock/{path}", content, headers, method=method)  # noqa: S310 - http only, see read_url
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=_TIMEOUT) as response:
                text = response.read()
                return json.loads(text) if text else None
        except HTTPError as error:
            raise UsageError("url", f"{self._url} answered {error.code}: {_message(error.read())}") from error
        except (URLError, OSError) as error:
            wrong = f"cannot reach {self._url}: {getattr(error, 'reason', error)}"
            raise UsageError("url", wrong, "start the server, or name a file with --state") from error
        except ValueError as error:
            raise UsageError("url", f"{self._url} is not a notify-mock server") from error


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return "no reason given; is it a notify-mock server?"


def _pieces(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the data in pieces that a request can have. The first has all that is not a record."""
    keys = [resource.key for resource in RESOURCES if resource.key in data]
    piece: dict[str, Any] = {key: value for key, value in data.items() if key not in keys}
    size = len(json.dumps(piece))
    for key in keys:
        for record in data[key]:
            length = len(json.dumps(record)) + len(key) + 6
            if size + length > _PIECE_BYTES and piece:
                yield piece
                piece, size = {}, 0
            piece.setdefault(key, []).append(record)
            size += length
    yield piece
