"""The call as a command line of curl."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from urllib.parse import quote, urlencode

from notify_mock.snippets.stand_ins import File, stand_in
from notify_mock.snippets.subject import Subject
from notify_mock.twilio_api.channels import CALLBACK_NAME
from notify_mock.twilio_api.products import HOME_REGION, api_domain


def write_curl(subject: Subject) -> str:
    """Return the command. A delivery callback is sent to the app that received it, with its signature."""
    return " \\\n  ".join(_parts(subject)) + "\n"


def _parts(subject: Subject) -> Iterator[str]:
    exchange, call = subject.exchange, subject.exchange.call
    is_callback = exchange.name == CALLBACK_NAME
    yield "curl" if call.method != "HEAD" else "curl --head"
    if is_callback:
        for name in ("x-twilio-signature", "i-twilio-idempotency-token"):
            yield f"-H {shlex.quote(f'{name.title()}: {call.headers[name]}')}"
    elif call.method != "OPTIONS":
        token = "$TWILIO_AUTH_TOKEN" if subject.strict else "token"
        yield f'-u "{subject.account_sid}:{token}"'
    if exchange.region != HOME_REGION and exchange.api:
        product, _, rest = api_domain(exchange.api).partition(".")
        yield f"-H {shlex.quote(f'Host: {product}.{exchange.region}.{rest}')}"
    if call.method not in ("GET", "HEAD") and not (call.method == "POST" and call.form):
        yield f"-X {shlex.quote(call.method)}"
    if call.reads_query and call.query:
        yield "--get"
    for name, value in call.parameters.pairs:
        shown = value if is_callback else stand_in(name, value, exchange.refusal)
        if shown is not None:
            yield _parameter(name, shown)
    yield shlex.quote(_url(subject))


def _parameter(name: str, value: str | File) -> str:
    """Return the option for one parameter. What a terminal would act on is encoded."""
    if isinstance(value, File):
        return f"--data-urlencode {shlex.quote(f'{name}@{value.name}')}"
    text = f"{name}={value}"
    if text.replace("\n", "").isprintable():
        return f"--data-urlencode {shlex.quote(text)}"
    return f"-d {shlex.quote(urlencode([(name, value)]))}"


def _url(subject: Subject) -> str:
    """Return where the call goes: on a host of Twilio's, which a region needs, the path has no product."""
    exchange, call = subject.exchange, subject.exchange.call
    if exchange.name == CALLBACK_NAME:
        return f"{call.scheme}://{call.host}{quote(call.path)}"
    if exchange.api and exchange.region != HOME_REGION:
        return f"{subject.url}{quote(subject.path_at_twilio)}"
    return subject.url + quote(subject.path)
