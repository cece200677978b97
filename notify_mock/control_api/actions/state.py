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


def health(control: Control) -> Result:
    """Say whether the emulator can be changed. The reason why not has no secrets, since a check needs no token."""
    reason = control.emulator.degraded
    status = {"status": "degraded", "reason": reason} if reason else {"status": "ok"}
    return 200, {**status, "version": __version__}


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
        "position": emulator.position,
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
    given = read_object(default="{}")
    for key in given:
        if key != "account":
            raise Refused(400, f"unknown key {shown(key)}; expected one of: account", key)
    account = given.get("account")
    if "account" in given and not isinstance(account, str):
        raise Refused(400, f"account: expected the SID of an account, got {shown(account)}", "account")
    control.emulator.reset(account)
    return 200, {"status": "ok"}


def load(control: Control) -> Result:
    """Replace the state with what an export returned. Large lists of records can follow as ``POST /_mock/records``."""
    control.emulator.load(read_object(), "body")
    return 200, {"status": "ok"}


def clock(control: Control) -> Result:
    return 200, _time(control)


def move_clock(control: Control) -> Result:
    _move(control.emulator.clock, read_object())
    return 200, _time(control)


def set_checkpoint(control: Control) -> Result:
    name = _name(read_object(default="{}"))
    checkpoints = control.emulator.checkpoints
    if name not in checkpoints and len(checkpoints) >= _MAX_CHECKPOINTS:
        raise Refused(409, f"there are already {_MAX_CHECKPOINTS} checkpoints; delete one first", "name")
    control.emulator.set_checkpoint(name)
    return 201, {"name": name}


def restore_checkpoint(control: Control, name: str) -> Result:
    _check_found(control, name)
    try:
        control.emulator.restore_checkpoint(name)
    except KeyError:  # another request has just deleted it
        _check_found(control, name)
        raise
    return 200, {"name": name}


def drop_checkpoint(control: Control, name: str) -> Result:
    _check_found(control, name)
    control.emulator.drop_checkpoint(name)
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


def _check_found(control: Control, name: str) -> None:
    if name not in control.emulator.checkpoints:
        raise Refused(404, f"there is no checkpoint {shown(name)}", "name")


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
