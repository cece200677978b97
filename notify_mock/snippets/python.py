"""The call as a Python script with Twilio's SDK."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from notify_mock.snippets.sdk import SdkCall, read_sdk_call
from notify_mock.snippets.stand_ins import CERTIFICATE, PRIVATE_KEY, SERVICE_ACCOUNT, File, sent_values
from notify_mock.snippets.subject import Subject
from notify_mock.twilio_api.products import HOME_REGION

WIDTH = 88
_LISTED = ("list", "page")
_PRINTED = {"delete": "print({result})", "list": "print(len({result}))", "page": "print(len(list({result})))"}


def write_python(subject: Subject) -> str:
    """Return a script that makes the call at the emulator, and prints what comes back."""
    call = read_sdk_call(subject.exchange)
    token = 'os.environ["TWILIO_AUTH_TOKEN"]' if subject.strict else '"token"'
    region = subject.exchange.region
    note = [f"# The call was made in region {region}, which needs a host of Twilio's."]
    lines = [*(note if region != HOME_REGION else []), f"client = Client({literal(subject.account_sid)}, {token})"]
    if call is None:
        lines += ["", *raw_call(subject, literal(subject.url + subject.path), "response = ")]
        lines.append("print(response.status_code, response.text)")
    else:
        url = literal(subject.url + subject.base)
        lines += [f"client.{call.product.replace('-', '_')}.base_url = {url}", *_making(call)]
    text = "\n".join(lines)
    return "\n".join([*imports(text, ["from twilio.rest import Client"]), "", *made_first(text), text, ""])


def _making(call: SdkCall) -> list[str]:
    made = sdk_call(call, "client")
    result = result_name(call)
    printed = _PRINTED.get(call.verb, "print({result}.sid)").format(result=result)
    lines = [f"{result} = {made}", printed]
    caught = f"except {error_of(call)} as error:"
    shown = "error" if call.verb in _LISTED else "error.status, error.code, error.msg"
    return ["", "try:", *indented(lines), caught, f"    print({shown})"]


def error_of(call: SdkCall) -> str:
    """Return the class of the exception that a refusal raises. That of a list has no status and no code."""
    return "TwilioException" if call.verb in _LISTED else "TwilioRestException"


def result_name(call: SdkCall) -> str:
    """Return a name for the result: ``binding``, ``bindings`` or ``is_deleted``."""
    key = call.path[-1][0]
    return "is_deleted" if call.verb == "delete" else key if call.verb in _LISTED else key[:-1]


def sdk_call(call: SdkCall, client: str) -> str:
    """Return the expression that makes the call."""
    steps = [f".{key}({literal(sid)})" if sid else f".{key}" for key, sid in call.path]
    head = f"{client}.{call.product.replace('-', '_')}.{call.version}{''.join(steps)}.{call.verb}("
    return called(head, [f"{_argument(name)}={literal(value)}" for name, value in call.arguments])


def _argument(name: str) -> str:
    """``PageSize`` -> ``page_size``; the number of a page has its own name."""
    return "page_number" if name == "Page" else re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def raw_call(subject: Subject, url: str, result: str, client: str = "client") -> list[str]:
    """Return the lines that send the request as it is, for what the SDK has no method for."""
    call = subject.exchange.call
    given = sent_values(subject.exchange)
    arguments = [literal(call.method), url]
    if given:
        arguments.append(f"{'params' if call.reads_query else 'data'}={literal(given)}")
    return called(f"{result}{client}.request(", arguments).split("\n")


def called(head: str, arguments: Iterable[str]) -> str:
    """Return a call on one line if it fits, otherwise with each argument on its own."""
    listed = list(arguments)
    line = f"{head}{', '.join(listed)})"
    if len(line) <= WIDTH or not listed:
        return line
    return "\n".join([head, *indented([f"{argument}," for argument in listed]), ")"])


def indented(lines: Iterable[str]) -> list[str]:
    """Return the lines, each with four more spaces."""
    return [f"    {line}" if line else "" for text in lines for line in text.split("\n")]


def literal(value: Any) -> str:
    """Return a value as Python source."""
    if isinstance(value, File):
        return value.python
    if isinstance(value, str):
        return "".join(map(_escaped, json.dumps(value, ensure_ascii=False)))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(name)}: {literal(one)}" for name, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(literal, value)) + "]"
    return repr(value)


def _escaped(character: str) -> str:
    """Return a character so that a reader sees it: some break lines or change the order of what is shown."""
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if character < "\U00010000" else f"\\U{ord(character):08x}"


def made_first(text: str) -> list[str]:
    """Return the lines that make what the code uses in place of secrets."""
    uses_pair = CERTIFICATE.python in text or PRIVATE_KEY.python in text
    is_made = any(line.lstrip().startswith("pair = ") for line in text.split("\n"))
    return ["pair = apn_pair()", ""] if uses_pair and not is_made else []


def imports(text: str, always: Iterable[str] = ()) -> list[str]:
    """Return the import lines that the code needs: the standard library, a blank line, the others."""
    ours = [name for name, marks in _OURS if any(mark in text for mark in marks)]
    others = [*always]
    others += [f"from notify_mock import {', '.join(ours)}"] if ours else []
    others += ["import pytest"] if "pytest." in text else []
    others += ["import requests"] if "requests." in text else []
    raised = [name for name in ("TwilioException", "TwilioRestException") if name in text]
    others += [f"from twilio.base.exceptions import {', '.join(raised)}"] if raised else []
    standard = ["import os", ""] if "os.environ" in text else []
    return [*standard, *sorted(set(others), key=lambda line: (line.split()[1], line))]


_OURS = (
    ("Account", ("Account(",)),
    ("ApiKey", ("ApiKey(",)),
    ("apn_pair", ("apn_pair(", CERTIFICATE.python, PRIVATE_KEY.python)),
    ("fcm_service_account", (SERVICE_ACCOUNT.python,)),
)
