"""Files with an exported state: YAML, or JSON if the name ends so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from notify_mock.support.files import MAX_DATA_BYTES, write_bytes
from notify_mock.support.usage import UsageError

_MODE = 0o600  # it has secrets
_DATABASE = b"SQLite format 3\0"


def check_export(path: Path) -> None:
    """Raise ``UsageError`` if an export to this file would fail anyway."""
    if path.is_dir():
        raise UsageError(str(path), "is a folder", "give the name of a file")
    if not path.absolute().parent.is_dir():
        raise UsageError(str(path), f"there is no folder {path.parent}", "create it first")
    if _is_database(path):
        raise UsageError(str(path), "is a database, which an export would replace", "choose another name")


def _is_database(path: Path) -> bool:
    try:
        if not path.is_file():
            return False  # opening a pipe would wait
        with path.open("rb") as file:
            return file.read(len(_DATABASE)) == _DATABASE
    except OSError:
        return False


def write_export(data: dict[str, Any], path: Path) -> int:
    """Write what ``Emulator.export`` returned, readable for the file's owner only. Returns the number of records.

    Raises ``UsageError``.
    """
    check_export(path)
    content = _json(data) if path.suffix == ".json" else _yaml(data)
    if len(content) > MAX_DATA_BYTES:
        limit = f"more than the {MAX_DATA_BYTES:,} bytes that --data reads"
        raise UsageError(
            str(path), f"the export has {len(content):,} bytes, {limit}", "copy the file of --state instead"
        )
    write_bytes(path, content, mode=_MODE)
    return sum(len(data.get(key, ())) for key in ("credentials", "services", "bindings"))


def _json(data: dict[str, Any]) -> bytes:
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def _yaml(data: dict[str, Any]) -> bytes:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(data, Dumper=dumper, sort_keys=False, allow_unicode=True).encode()
