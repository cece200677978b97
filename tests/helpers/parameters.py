"""Which parameters a resource reads."""

from __future__ import annotations

from notify_mock.twilio_api.messages import Params


class Read(Params):
    """Parameters that note which names are read."""

    def __init__(self, pairs: dict[str, str]) -> None:
        super().__init__(tuple(pairs.items()))
        self.names: set[str] = set()

    def all(self, name: str) -> list[str]:
        self.names.add(name)
        return super().all(name)
