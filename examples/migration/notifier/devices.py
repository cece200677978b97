"""The application's own devices, in place of Notify's Bindings, in SQLite."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable

from notifier.push import Device

_TABLES = """
CREATE TABLE IF NOT EXISTS device (
    id TEXT PRIMARY KEY, user TEXT NOT NULL, channel TEXT NOT NULL, token TEXT NOT NULL, registered_at REAL NOT NULL,
    UNIQUE (channel, token)
);
CREATE INDEX IF NOT EXISTS device_of_user ON device (user);
CREATE TABLE IF NOT EXISTS tag (
    name TEXT NOT NULL, device TEXT NOT NULL REFERENCES device ON DELETE CASCADE, PRIMARY KEY (name, device)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tag_of_device ON tag (device);
"""

_TAGS = "(SELECT group_concat(name, char(0)) FROM tag WHERE device = device.id)"


class Devices:
    """Devices by user and by tag. A token belongs to one device, so nobody gets a push twice.

    ``now`` returns the time in seconds since 1970.
    """

    def __init__(self, path: str = ":memory:", now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._database = sqlite3.connect(path)
        self._database.execute("PRAGMA foreign_keys = ON")
        self._database.executescript(_TABLES)

    def __len__(self) -> int:
        (count,) = self._database.execute("SELECT count(*) FROM device").fetchone()
        return int(count)

    def close(self) -> None:
        self._database.close()

    def add(self, device: Device) -> None:
        """Add a device, in place of one with the same id or token."""
        with self._database:
            self._database.execute(
                "DELETE FROM device WHERE id = ? OR (channel = ? AND token = ?)",
                (device.id, device.channel, device.token),
            )
            self._insert(device, self._now())

    def add_missing(self, found: Iterable[tuple[Device, float]]) -> int:
        """Add devices with the times of their registration, except those whose id or token is known already.

        Returns how many were added. What was registered here is newer than what is imported, and stays.
        """
        with self._database:
            return sum(self._insert(device, registered_at) for device, registered_at in found)

    def remove(self, device: Device, until: float | None = None) -> None:
        """Remove a device, unless it has another token by now or was registered after the time ``until``."""
        with self._database:
            self._database.execute(
                "DELETE FROM device WHERE id = ? AND token = ? AND registered_at <= ?",
                (device.id, device.token, float("inf") if until is None else until),
            )

    def has(self, device: Device) -> bool:
        """Return whether a device is still registered for its user, with the same token."""
        query = "SELECT 1 FROM device WHERE id = ? AND user = ? AND token = ?"
        return self._database.execute(query, (device.id, device.user, device.token)).fetchone() is not None

    def of_user(self, user: str) -> list[Device]:
        return self._select("user = ?", user)

    def with_tag(self, tag: str) -> list[Device]:
        return self._select("id IN (SELECT device FROM tag WHERE name = ?)", tag)

    def _insert(self, device: Device, registered_at: float) -> bool:
        row = (device.id, device.user, device.channel, device.token, registered_at)
        done = self._database.execute("INSERT INTO device VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
        if done.rowcount:
            self._database.executemany("INSERT INTO tag VALUES (?, ?)", [(tag, device.id) for tag in device.tags])
        return bool(done.rowcount)

    def _select(self, condition: str, value: str) -> list[Device]:
        query = f"SELECT id, user, channel, token, {_TAGS} FROM device WHERE {condition} ORDER BY registered_at, id"
        rows = self._database.execute(query, (value,))
        return [
            Device(key, user, channel, token, frozenset(tags.split("\0") if tags else ()))
            for key, user, channel, token, tags in rows
        ]
