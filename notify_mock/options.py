"""The options of an emulator: what each means, and where it can be given.

The command line, the markers and ``docs/options.md`` are generated from this table. The signatures of
``Emulator`` and ``Engine`` and the docstring of ``Emulator`` are written out for type checkers and editors; tests
compare them with the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from notify_mock.faults import UNUSED

Part = Literal["emulator", "server", "interception"]

_SERVING = ("serve", "exec", "record", "replay")


def variable_of(flag: str) -> str:
    """Return the environment variable of an option of the command line.

    Kubernetes sets NOTIFY_MOCK_PORT to ``tcp://...`` for a Service named notify-mock, so address and port have a word
    more: NOTIFY_MOCK_LISTEN_PORT.
    """
    name = flag.removeprefix("--").replace("-", "_").upper()
    return f"NOTIFY_MOCK_{'LISTEN_' if name in ('HOST', 'PORT') else ''}{name}"


class Option(NamedTuple):
    """One option.

    ``part`` is what it configures. ``flag`` is its name on the command line, for the commands in ``commands``, and
    ``metavar`` its value there (empty for a switch). ``marker``: it is an argument of the marker ``notify_mock``.
    ``session``: it is a key of the fixture ``notify_mock_options``. ``is_path``: relative paths start at the test's or
    pytest's root folder.
    """

    name: str
    help: str
    default: object = None
    part: Part = "emulator"
    flag: str = ""
    metavar: str = ""
    commands: tuple[str, ...] = _SERVING
    repeatable: bool = False
    choices: tuple[str, ...] = ()
    marker: bool = False
    session: bool = True
    is_path: bool = False

    @property
    def variable(self) -> str:
        """The environment variable that the command line reads, or "". Nothing else reads it."""
        return variable_of(self.flag) if self.flag else ""


OPTIONS = (
    Option(
        "seed",
        "Seed of all SIDs and random choices: a number or text.",
        0,
        flag="--seed",
        metavar="TEXT",
        commands=(*_SERVING, "env"),
        marker=True,
    ),
    Option(
        "accounts",
        "Account to accept. By default, any user name that begins with AC or SK is accepted, with any password.",
        flag="--account",
        metavar="SID:TOKEN",
        commands=(*_SERVING, "env"),
        repeatable=True,
        marker=True,
    ),
    Option(
        "default_account",
        "Account of records, clients and API keys where none is named.",
        marker=True,
    ),
    Option(
        "data",
        "Seed data: records to start with, in YAML or JSON.",
        flag="--data",
        metavar="FILE",
        marker=True,
        is_path=True,
    ),
    Option(
        "hydrate",
        "Load the records found in a cassette or a folder of cassettes.",
        flag="--hydrate",
        metavar="PATH",
        commands=("serve", "exec"),
        is_path=True,
    ),
    Option(
        "frozen",
        'Stop the clock at this time, such as "2030-01-01T12:00:00Z".',
        flag="--frozen",
        metavar="TIME",
        marker=True,
    ),
    Option("journal_limit", "Number of requests that the journal keeps for each account.", 1000),
    Option(
        "keep_bodies",
        "Keep the bodies of responses in the journal; secrets are masked where they are shown. On under pytest.",
        False,
        flag="--keep-bodies",
    ),
    Option("faults", "Fault rules, in YAML or JSON.", flag="--faults", metavar="FILE", marker=True, is_path=True),
    Option(
        "scenario",
        "Predefined fault rules: rate-limited, flaky-network, slow, outage, token-rotated, "
        "account-suspended, notify-eol.",
        flag="--scenario",
        metavar="NAME",
        repeatable=True,
        marker=True,
    ),
    Option(
        "unused_faults",
        "What to do when a fault rule was never applied, in a test or by the command of exec, whose default is warn.",
        "error",
        flag="--unused-faults",
        commands=("exec",),
        choices=UNUSED,
        marker=True,
    ),
    Option(
        "fault_header",
        "Accept a fault rule in the request header X-Notify-Mock-Fault.",
        False,
        flag="--fault-header",
    ),
    Option(
        "cassette", "Cassette to replay.", flag="--cassette", metavar="PATH", commands=("serve", "exec"), is_path=True
    ),
    Option("upstream", "Service to forward calls to, such as https://notify.twilio.com."),
    Option(
        "record",
        "Record requests and responses in this cassette.",
        flag="--record",
        metavar="FILE",
        commands=("serve", "exec"),
        session=False,
    ),
    Option(
        "control_token",
        "Token for the control API under /_mock. Required unless the server listens on loopback only.",
        flag="--control-token",
        metavar="TOKEN",
        commands=(*_SERVING, "tail", "mcp"),
        session=False,
    ),
    Option(
        "callback_hosts",
        "Host that delivery callbacks may be sent to, in addition to this machine, with or without a port. "
        "Callback URLs set by web pages of other machines may only name these.",
        (),
        flag="--callback-host",
        metavar="HOST[:PORT]",
        repeatable=True,
    ),
    Option(
        "stubs",
        "Canned answer of a Twilio host that is not emulated, such as sync.twilio.com=404. PATH may contain *, BODY is "
        "JSON; without it, the answer is Twilio's error for STATUS, or {}.",
        (),
        flag="--stub",
        metavar="HOST[/PATH]=STATUS[:BODY]",
        repeatable=True,
        marker=True,
    ),
    Option(
        "other_twilio",
        "What Twilio hosts do that are neither emulated nor have a stub. 404: answer with Twilio's error 20404.",
        "refuse",
        flag="--other-twilio",
        choices=("refuse", "404"),
        marker=True,
    ),
    Option(
        "legacy_fcm",
        "Legacy server keys of FCM and GCM still work, as they did until June 2024.",
        False,
        flag="--legacy-fcm",
        commands=("serve", "exec"),
        marker=True,
    ),
    Option(
        "state",
        "Keep the state in this file, which is created if it does not exist, or share it with other servers through "
        "Valkey or Redis, such as redis://127.0.0.1:6379/0?name=team. Without it, the state is kept in memory.",
        flag="--state",
        metavar="FILE|URL",
        commands=("serve", "exec"),
        session=False,
    ),
    Option(
        "until",
        "Open the state as it was after the command at this position, to look at; it cannot be changed.",
        flag="--until",
        metavar="POSITION",
        commands=("serve", "exec"),
        session=False,
    ),
    Option(
        "consistency",
        "What a read of a shared state sees: all that its server knows (session), or all that any server has answered "
        "(strong).",
        "session",
        flag="--consistency",
        commands=("serve", "exec"),
        choices=("session", "strong"),
        session=False,
    ),
    Option("host", "Address to listen on.", "127.0.0.1", part="server", flag="--host", metavar="ADDRESS"),
    Option("port", "Port to listen on; 0 picks a free port.", 0, part="server", flag="--port", metavar="PORT"),
    Option(
        "other_hosts",
        "What the proxy does with requests to hosts other than Twilio's.",
        "refuse",
        part="server",
        flag="--other-hosts",
        choices=("refuse", "tunnel"),
    ),
    Option(
        "tls",
        "Accept TLS on the port as well as plain HTTP, for when Twilio's host names resolve to this server.",
        False,
        part="server",
        flag="--tls",
    ),
    Option(
        "server", "Shared server to mount the emulator on, instead of its own server.", part="server", session=False
    ),
    Option(
        "intercept",
        "Redirect every Twilio client of the process to the emulator while the test runs.",
        True,
        part="interception",
        marker=True,
    ),
    Option(
        "allow_real",
        "Twilio hosts that requests may really be sent to, such as lookups.twilio.com.",
        (),
        part="interception",
        marker=True,
    ),
)

BY_NAME: Mapping[str, Option] = {option.name: option for option in OPTIONS}

MARKER_KEYS = tuple(option.name for option in OPTIONS if option.marker)
"""Arguments of the marker ``notify_mock``."""

SESSION_KEYS = tuple(option.name for option in OPTIONS if option.session)
"""Keys of the fixture ``notify_mock_options``."""


def of_part(part: Part, given: Mapping[str, Any]) -> dict[str, Any]:
    """The options in ``given`` that configure ``part``."""
    return {name: value for name, value in given.items() if name in BY_NAME and BY_NAME[name].part == part}
