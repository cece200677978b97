"""The state of a running server, through its control API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from notify_mock.control_api.client import ControlClient
from notify_mock.resources import RESOURCES

_PIECE_BYTES = 900_000
_CHECKPOINT = "before the import"


class Remote:
    """A running server. ``token`` is its control token. Its methods are those of ``Emulator``; they raise
    ``UsageError``."""

    def __init__(self, url: str, token: str | None) -> None:
        self._control = ControlClient(url, token)

    def export(self, *, with_secrets: bool = True) -> dict[str, Any]:
        found: dict[str, Any] = self._control.ask("GET", f"export?whole=true&secrets={str(with_secrets).lower()}")
        return found

    def load(self, data: Mapping[str, Any], _source: str = "") -> None:
        """Import all or nothing, in several requests if the data is large."""
        first, *others = _pieces(data)
        if not others:
            self._control.ask("POST", "import", first)
            return
        self._control.ask("POST", "checkpoint", {"name": _CHECKPOINT})
        try:
            self._control.ask("POST", "import", first)
            for piece in others:
                self._control.ask("POST", "records", piece)
        except BaseException:
            self._control.ask("POST", f"checkpoint/{_CHECKPOINT.replace(' ', '%20')}")
            raise
        finally:
            self._control.ask("DELETE", f"checkpoint/{_CHECKPOINT.replace(' ', '%20')}")

    def reset(self, account: str | None = None) -> None:
        self._control.ask("POST", "reset", {} if account is None else {"account": account})


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
