"""``notify-mock tail``: prints what happens in a running emulator."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

import click

from notify_mock.cli.options import SERVER_URL, emulator_options
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.masking import show_text

_EXAMPLE = """\b
Examples:
  notify-mock tail
  notify-mock tail --call "binding.*" --status 4xx
  notify-mock tail http://notify-mock:8010 --json | jq .data.request
"""
_STATUS = re.compile(r"[1-5](?:xx|\d\d)")
_COLORS = {"1": "cyan", "2": "green", "3": "yellow", "4": "yellow", "5": "red"}
_FAULT, _NOTE = "magenta", "bright_black"

Data = Mapping[str, Any]


@click.command(epilog=_EXAMPLE)
@click.argument("url", default=SERVER_URL, envvar="NOTIFY_EMULATOR_URL", metavar="[URL]")
@click.option("--call", metavar="GLOB", help='Only calls with this name, such as "credential.*".')
@click.option("--status", metavar="STATUS", help="Only calls with this status, such as 404 or 4xx.")
@click.option("--json", "as_json", is_flag=True, help="Print every event as a JSON object on one line.")
@emulator_options("tail")
def tail(url: str, call: str | None, status: str | None, as_json: bool, control_token: str | None) -> None:
    """Print the calls, deliveries and changes in a running emulator as they happen, until Ctrl-C.

    URL is that of the server, by default NOTIFY_EMULATOR_URL, which exec and env set, or http://127.0.0.1:8010. If the
    connection is lost, the command connects again and goes on where it was.
    """
    from notify_mock.events.following import follow
    from notify_mock.events.hub import KINDS
    from notify_mock.support.address import read_url

    _check(call, status)
    color = False if os.environ.get("NO_COLOR") else None
    types = ("call",) if call or status else KINDS
    for kind, data in follow(read_url(url), types, control_token, lost=_say_lost):
        if kind == "call" and not _is_wanted(data, call, status):
            continue
        line = json.dumps({"event": kind, "data": data}) if as_json else line_of(kind, data)
        if line:
            click.echo(line, color=color)


def _say_lost() -> None:
    click.echo("notify-mock: the connection was lost, connecting again", err=True)


def _check(call: str | None, status: str | None) -> None:
    """Refuse what no call can match. Raises ``UsageError``."""
    from notify_mock.engine.routes import CALL_NAMES
    from notify_mock.engine.stubs import STUB
    from notify_mock.faults.match import nearest_call
    from notify_mock.twilio_api.channels import CALLBACK_NAME

    names = (*CALL_NAMES, CALLBACK_NAME, STUB)
    if call is not None and not any(fnmatchcase(name, call) for name in names):
        raise UsageError("call", f"{shown(call)} matches no call", nearest_call(call, names))
    if status is not None and not _STATUS.fullmatch(status):
        raise UsageError("status", f"{shown(status)} is not a status", "expected a status such as 404 or 4xx")


def _is_wanted(data: Data, call: str | None, status: str | None) -> bool:
    is_named = call is None or fnmatchcase(data["call"] or "", call)
    return is_named and (status is None or re.fullmatch(status.replace("x", "."), str(data["status"])) is not None)


def line_of(kind: str, data: Data) -> str:
    """Return the line for an event, with colors; "" for one that has none. Calls and deliveries look as in the journal
    and in the inbox."""
    return _LINES[kind](data) if kind in _LINES else ""


def _call(data: Data) -> str:
    from notify_mock.journal.exchange import outcome_of

    time = datetime.fromisoformat(data["time"]).time().isoformat("microseconds")
    outcome = outcome_of(data["status"], data["code"], data["reason"] or "", data["faults"], data["played"])
    color = _FAULT if data["faults"] else _COLORS.get(str(data["status"])[:1], "red")
    return f"#{data['number']} {time}Z {data['call'] or 'no call'}: {data['request']} -> {click.style(outcome, color)}"


def _delivery(data: Data) -> str:
    from notify_mock.deliveries.delivery import Delivery, Rendering
    from notify_mock.twilio_api.delivery_errors import Problem

    fields = {name: data[name] for name in Delivery._fields if name in data}
    problem = None if data["code"] is None else Problem(data["code"], data["reason"] or "")
    made = {"at": 0.0, "rendering": Rendering(json.dumps(data["payload"])), "problem": problem}
    delivery = Delivery(**{**fields, **made})
    before, arrow, result = str(delivery).rpartition(" -> ")
    color = _FAULT if data["faults"] else "green" if problem is None else "red"
    return f"{before}{arrow}{click.style(result, color)}"


def _callback(data: Data) -> str:
    """Attempts are calls; only what is to come is news."""
    if data["action"] != "planned":
        return ""
    host = show_text(data["host"] or "an invalid URL")
    what = f"callback of {data['notification_sid']} to {host}: attempt {data['attempt']} is due {data['due']}"
    return click.style(what, _NOTE)


def _fault(data: Data) -> str:
    """What a rule was applied to is in the line of the call."""
    if data["action"] == "applied":
        return ""
    if data["name"] is None:
        return click.style("all fault rules removed", _FAULT)
    return click.style(f"fault rule {data['name']} {data['action']}", _FAULT)


def _clock(data: Data) -> str:
    return click.style(f"clock: {data['now']}{' (frozen)' if data['frozen'] else ''}", _NOTE)


def _gap(data: Data) -> str:
    missed = "some events are" if data["missed"] is None else f"{data['missed']} events are"
    return click.style(f"({missed} missing)", _NOTE)


_LINES: Mapping[str, Callable[[Data], str]] = {
    "call": _call,
    "delivery": _delivery,
    "callback": _callback,
    "fault": _fault,
    "clock": _clock,
    "reset": lambda _: click.style("the emulator was reset", _NOTE),
    "gap": _gap,
}
