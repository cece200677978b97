"""The call as a test for pytest: adds what the call depends on, makes it, and asserts its outcome."""

from __future__ import annotations

from collections.abc import Iterator

from notify_mock.snippets.python import (
    called,
    error_of,
    imports,
    indented,
    literal,
    made_first,
    raw_call,
    result_name,
    sdk_call,
)
from notify_mock.snippets.sdk import SdkCall, read_sdk_call
from notify_mock.snippets.seeds import write_seeds
from notify_mock.snippets.subject import Subject
from notify_mock.twilio_api.errors import (
    AccountNotActive,
    EntityTooLarge,
    HeadersTooLarge,
    InvalidUsername,
    MalformedRequest,
    NoCredentials,
    RestrictedKey,
    UriTooLong,
    WrongToken,
)
from notify_mock.twilio_api.hosts import is_twilio
from notify_mock.twilio_api.products import HOME_REGION, api_domain

_UNREADABLE = (EntityTooLarge, HeadersTooLarge, MalformedRequest, UriTooLong)
_SID, _KEY = "AC" + "0" * 32, "SK" + "0" * 32
_STRICT = f'{{"{_SID}": "token"}}'
_RESTRICTED = f'[Account("{_SID}", "token", keys={{"{_KEY}": ApiKey("secret", restricted=True)}})]'
_CALLERS = {
    WrongToken: f'notify_mock.client("{_SID}", "wrong")',
    InvalidUsername: 'notify_mock.client("nobody", "token")',
    RestrictedKey: f'notify_mock.client("{_KEY}", "secret", account_sid="{_SID}")',
}
_PARSED = ("refuse", "rate_limit", "delay", "hang", "stale", "forget", "expire", "dribble")
"""Effects after which the SDK can read the response."""


def write_pytest(subject: Subject) -> str | None:
    """Return the test, or None for a response that an emulator does not make by itself."""
    exchange = subject.exchange
    if not subject.is_ours:
        return None
    name = (exchange.name or "request").replace(".", "_")
    if exchange.refusal in _UNREADABLE or not exchange.has_body:
        body = ['pytest.skip("a client cannot make this request: it was unreadable, or its body was not kept")']
    else:
        body = list(_body(subject))
    decorator = _decorator(subject)
    text = "\n".join([*decorator, f"def test_{name}(notify_mock):", *indented([*made_first("\n".join(body)), *body])])
    return "\n".join([*imports("\n".join(["pytest." if decorator else "", text])), "", "", text, ""]).lstrip("\n")


def _decorator(subject: Subject) -> list[str]:
    refusal = subject.exchange.refusal
    accounts = _RESTRICTED if refusal is RestrictedKey else _STRICT if refusal is WrongToken else ""
    return [f"@pytest.mark.notify_mock(accounts={accounts})"] if accounts and not subject.rules else []


def _body(subject: Subject) -> Iterator[str]:
    call = read_sdk_call(subject.exchange)
    if subject.frozen:
        yield f"notify_mock.clock.freeze({literal(subject.exchange.time.isoformat())})"
    seeds = write_seeds(subject)
    yield from seeds
    yield f"client = {_client(subject)}"
    if subject.exchange.refusal is AccountNotActive and not subject.rules:
        yield "notify_mock.accounts.suspend(client.account_sid)"
    yield from _rules(subject)
    yield ""
    if call is None or not _is_parsed(subject) or subject.exchange.refusal is NoCredentials:
        yield from _with_raw_call(subject)
    else:
        yield from _with_sdk(subject, call)


def _client(subject: Subject) -> str:
    exchange = subject.exchange
    own = None if subject.rules else _CALLERS.get(exchange.refusal)  # type: ignore[arg-type]
    region = exchange.region
    return own or (f"notify_mock.client(region={literal(region)})" if region != HOME_REGION else "notify_mock.client()")


def _rules(subject: Subject) -> Iterator[str]:
    for rule in subject.rules:
        fields = [f"{key}={literal(value)}" for key, value in rule.items() if key not in ("call", "effect")]
        yield called("notify_mock.faults.add(", [literal(rule["call"]), literal(rule["effect"]), *fields])
    for name, failures in subject.failures.items():
        yield f"notify_mock.providers.{name}.change({literal(failures)})"


def _is_parsed(subject: Subject) -> bool:
    """Whether the SDK gets a response that it can read."""
    effects = [rule["effect"] for rule in subject.rules if not rule["call"].startswith("delivery.")]
    return subject.exchange.status is not None and all(effect in _PARSED for effect in effects)


def _with_sdk(subject: Subject, call: SdkCall) -> Iterator[str]:
    exchange, made, result = subject.exchange, sdk_call(call, "client"), result_name(call)
    if exchange.code is not None:
        yield f"with pytest.raises({error_of(call)}):"
        yield from indented([made])
        yield from _asserting(subject)
        return
    is_used = bool(subject.deliveries)
    yield f"{result} = {made}" if is_used else made
    yield f"notify_mock.journal.expect({literal(exchange.name)}, status={exchange.status})"
    for delivery in subject.deliveries:
        fields = {"channel": delivery.channel, "address": delivery.address, "state": delivery.state}
        fields |= {} if delivery.code is None else {"code": delivery.code}  # type: ignore[dict-item]
        arguments = [f"notification={result}", *(f"{key}={literal(value)}" for key, value in fields.items())]
        yield called("notify_mock.deliveries.expect(", arguments)


def _with_raw_call(subject: Subject) -> Iterator[str]:
    """Send the request as it was, for what the SDK cannot send or read."""
    exchange = subject.exchange
    domain = exchange.call.host if not exchange.api else api_domain(exchange.api)
    if not is_twilio(domain):
        domain = api_domain("")
    has_token = exchange.refusal is not NoCredentials or bool(subject.rules)
    url = f"https://{domain}{subject.path_at_twilio}"
    lines = raw_call(subject, literal(url), "", "client" if has_token else "client.http_client")
    breaks = exchange.status is None or any(rule["effect"] == "truncate" for rule in subject.rules)
    if breaks:
        yield "with pytest.raises(requests.exceptions.RequestException):"
    yield from indented(lines) if breaks else lines
    yield from _asserting(subject)


def _asserting(subject: Subject) -> list[str]:
    exchange = subject.exchange
    outcome = f"({exchange.status}, {exchange.code})"
    return ["refused = notify_mock.journal.last", f"assert (refused.status, refused.code) == {outcome}"]
