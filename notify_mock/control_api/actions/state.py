"""Actions on the emulator as a whole: what it is, its state, accounts, clock and checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from notify_mock.control_api.controlled import Control, Result
from notify_mock.control_api.guard import Refused
from notify_mock.control_api.json import base_url, read_object, show_record, show_rule
from notify_mock.support.clock import Clock
from notify_mock.support.usage import UsageError, nearest, shown
from notify_mock.support.version import __version__

_MAX_CHECKPOINTS = 100


def health(_control: Control) -> Result:
    return 200, {"status": "ok", "version": __version__}


def openapi(_control: Control) -> Result:
    from notify_mock.control_api.openapi import document

    return 200, document(base_url())


def about(control: Control) -> Result:
    emulator = control.emulator
    cassette = emulator.cassette
    return 200, {
        "version": __version__,
        "url": base_url(),
        "certificate": _certificate(),
        "default_account": emulator.accounts.default.sid,
        "seed": emulator.seed,
        "strict": emulator.accounts.strict,
        "needs_token": emulator.access.token is not None,
        "keep_bodies": emulator.journal.keep_bodies,
        "cassette": None if cassette is None or cassette.cassette is None else cassette.cassette.source,
        "faults": len(emulator.faults),
        **_time(control),
    }


def _certificate() -> dict[str, str] | None:
    """Return file and text of the CA certificate that clients must trust, or None while there is none."""
    from notify_mock.certificate_authority.authority import CERTIFICATE_FILE, Authority

    try:
        path = Authority().folder / CERTIFICATE_FILE
        return {"file": str(path), "pem": path.read_text(encoding="ascii")}
    except (UsageError, OSError, ValueError):
        return None


def state(control: Control) -> Result:
    emulator = control.emulator
    return 200, {
        "seed": emulator.seed,
        "now": emulator.clock.now().isoformat(),
        "strict": emulator.accounts.strict,
        "default_account": emulator.accounts.default.sid,
        **{records.resource.key: [show_record(record) for record in records.values()] for records in emulator.records},
        "requests": len(emulator.journal),
        "faults": [show_rule(rule) for rule in emulator.faults],
    }


def accounts(control: Control) -> Result:
    """Return all accounts, and for each of their regions how many records of each resource it has."""
    emulator = control.emulator
    found: dict[str, dict[str, dict[str, int]]] = {account.sid: {} for account in emulator.accounts}
    for records in emulator.records:
        for (account_sid, region), count in records.counts().items():
            regions = found.setdefault(account_sid, {})
            regions.setdefault(region, {one.resource.key: 0 for one in emulator.records})[records.resource.key] = count
    default = emulator.accounts.default.sid
    return 200, {
        "accounts": [
            {
                "sid": sid,
                "status": emulator.accounts[sid].status if sid in emulator.accounts else "active",
                "is_default": sid == default,
                "regions": regions,
            }
            for sid, regions in found.items()
        ]
    }


def reset(control: Control) -> Result:
    control.emulator.reset()
    return 200, {"status": "ok"}


def clock(control: Control) -> Result:
    return 200, _time(control)


def move_clock(control: Control) -> Result:
    _move(control.emulator.clock, read_object())
    return 200, _time(control)


def set_checkpoint(control: Control) -> Result:
    name = _name(read_object(default="{}"))
    if name not in control.checkpoints and len(control.checkpoints) >= _MAX_CHECKPOINTS:
        raise Refused(409, f"there are already {_MAX_CHECKPOINTS} checkpoints; delete one first", "name")
    control.checkpoints[name] = control.emulator.snapshot()
    return 201, {"name": name}


def restore_checkpoint(control: Control, name: str) -> Result:
    control.emulator.restore(_found(name, control.checkpoints.get(name)))
    return 200, {"name": name}


def drop_checkpoint(control: Control, name: str) -> Result:
    _found(name, control.checkpoints.pop(name, None))
    return 204, None


def _time(control: Control) -> dict[str, Any]:
    clock = control.emulator.clock
    return {"now": clock.now().isoformat(), "frozen": clock.is_frozen}


def _name(body: Mapping[str, Any]) -> str:
    for key in body:
        if key != "name":
            raise Refused(400, f"unknown key {shown(key)}; expected one of: name", key)
    name = body.get("name", "default")
    if not isinstance(name, str) or not name:
        raise Refused(400, "name: must be non-empty text; leave it out for the default checkpoint", "name")
    return name


def _found(name: str, checkpoint: Any) -> Any:
    if checkpoint is None:
        raise Refused(404, f"there is no checkpoint {shown(name)}", "name")
    return checkpoint


def _move(clock: Clock, body: Mapping[str, Any]) -> None:
    acts: dict[str, Callable[[Any], None]] = {"freeze": clock.freeze, "set": clock.set, "advance": clock.advance}
    for key in body:
        if key not in (*acts, "resume"):
            raise Refused(400, f"unknown key {shown(key)}; {nearest(key, (*acts, 'resume'))}", key)
    if len(body) != 1:
        raise Refused(400, "expected exactly one of: advance, freeze, resume, set", next(iter(body), "body"))
    ((act, value),) = body.items()
    if act in acts:
        try:
            acts[act](value)
        except UsageError as error:
            raise UsageError(act, error.wrong, error.remedy) from error
    elif value is True:
        clock.resume()
    else:
        raise Refused(400, "resume: must be true", act)
