"""The call as a script for Node with Twilio's SDK."""

from __future__ import annotations

import json
from typing import Any

from notify_mock.snippets.sdk import SdkCall, read_sdk_call
from notify_mock.snippets.stand_ins import File, sent_values
from notify_mock.snippets.subject import Subject

_VERBS = {"delete": "remove"}
_PRINTED = {"delete": "result", "list": "result.length", "page": "result.instances.length"}


def write_node(subject: Subject) -> str:
    """Return a script that makes the call at the emulator, and prints what comes back."""
    call = read_sdk_call(subject.exchange)
    made = _raw(subject) if call is None else _made(call)
    printed = "result.statusCode, result.body" if call is None else _PRINTED.get(call.verb, "result.sid")
    token = "process.env.TWILIO_AUTH_TOKEN" if subject.strict else '"token"'
    lines = [f"const client = twilio({_literal(subject.account_sid)}, {token});"]
    if call is not None:
        lines.append(f"client.{_camel(call.product)}.baseUrl = {_literal(subject.url + subject.base)};")
    lines += [
        "",
        made,
        f"  .then((result) => console.log({printed}))",
        "  .catch((error) => console.log(error.status, error.code, error.message));",
    ]
    head = ['const fs = require("node:fs");'] if "fs." in made else []
    return "\n".join([*head, 'const twilio = require("twilio");', "", *lines, ""])


def _made(call: SdkCall) -> str:
    steps = [f".{key}({_literal(sid)})" if sid else f".{key}" for key, sid in call.path]
    given = {_camel(_argument(name)): value for name, value in call.arguments}
    verb = _VERBS.get(call.verb, call.verb)
    return f"client.{_camel(call.product)}.{call.version}{''.join(steps)}.{verb}({_literal(given) if given else ''})"


def _raw(subject: Subject) -> str:
    call = subject.exchange.call
    given = sent_values(subject.exchange)
    request: dict[str, Any] = {"method": call.method.lower(), "uri": subject.url + subject.path}
    if given:
        request["params" if call.reads_query else "data"] = given
    return f"client\n  .request({_literal(request)})"


def _argument(name: str) -> str:
    return "PageNumber" if name == "Page" else name


def _camel(name: str) -> str:
    """``PageSize`` -> ``pageSize``, ``ip-messaging`` -> ``ipMessaging``."""
    first, *others = name.split("-")
    return first[:1].lower() + first[1:] + "".join(other.capitalize() for other in others)


def _literal(value: Any) -> str:
    """Return a value as JavaScript source."""
    if isinstance(value, File):
        return f'fs.readFileSync({json.dumps(value.name)}, "utf8")'
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(name)}: {_literal(one)}' for name, one in value.items())} }}" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value)


def _key(name: str) -> str:
    """``__proto__`` needs brackets; without them it would set the prototype."""
    if name == "__proto__":
        return '["__proto__"]'
    return name if name.isascii() and name.isidentifier() else json.dumps(name)
