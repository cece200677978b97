"""Tools that change an emulator: fault rules and scenarios, the clock, the state.

The docstrings of the tools are what an assistant sees.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import quote

from pydantic import Field

from notify_mock.control_api.client import ControlClient
from notify_mock.faults.kinds import BY_KIND, field_names
from notify_mock.faults.readers import scenario_names
from notify_mock.mcp_server.results import Faults, State, Time
from notify_mock.support.usage import UsageError

_FIELDS = "; ".join(f"{kind}: {', '.join(field_names(effect)) or 'none'}" for kind, effect in BY_KIND.items())
_ARGUMENTS = {"effect", "call", "times", "scenario", "remove"}


class Arranging:
    """The tools that change something."""

    def __init__(self, control: ControlClient) -> None:
        self._control = control

    def arrange_fault(
        self,
        effect: Annotated[
            str | None, Field(description="What goes wrong.", json_schema_extra={"enum": [*BY_KIND, None]})
        ] = None,
        call: Annotated[
            str | None,
            Field(
                description='Which calls: a name or glob such as "notification.create", or "delivery.fcm". Default: *.'
            ),
        ] = None,
        times: Annotated[int | None, Field(ge=1, description="How many calls. Default: all, until removed.")] = None,
        options: Annotated[
            dict[str, Any] | None,
            Field(
                description=f'Fields of the effect, such as {{"code": 20429}}, and further criteria. Fields: {_FIELDS}.'
            ),
        ] = None,
        scenario: Annotated[
            str | None,
            Field(
                description="Add predefined rules instead of an effect.",
                json_schema_extra={"enum": [*scenario_names(), None]},
            ),
        ] = None,
        remove: Annotated[
            str | None,
            Field(min_length=1, description='Remove the rule or scenario of this name instead; "all" removes all.'),
        ] = None,
    ) -> Faults:
        """Make Twilio calls or deliveries fail on purpose, or end that. Returns the fault rules that are in force then.

        Use this to try how the program copes with rate limits, delays, lost responses and failed deliveries. Give one
        of effect, scenario and remove; without them, nothing changes.
        Example: effect="refuse", call="binding.create", options={"code": 20429}, times=2.
        """
        given = {"effect": effect, "scenario": scenario, "remove": remove}
        named = [name for name, value in given.items() if value is not None]
        extra = [name for name, value in (("call", call), ("times", times), ("options", options)) if value is not None]
        if len(named) > 1:
            raise UsageError(named[1], f"cannot be combined with {named[0]}", "give one of effect, scenario, remove")
        if extra and effect is None:
            raise UsageError(extra[0], "is given without an effect", f"give one of: {', '.join(BY_KIND)}")
        for name in _ARGUMENTS & set(options or ()):
            raise UsageError(f"options.{name}", "is an argument of its own", "give it outside of options")
        if effect is not None:
            rule = {"call": call or "*", "effect": effect, **({} if times is None else {"times": times})}
            self._control.ask("POST", "faults", {**(options or {}), **rule})
        if scenario is not None:
            self._control.ask("POST", "faults", {"scenario": scenario})
        if remove is not None:
            self._remove(remove)
        return Faults(self._control.ask("GET", "faults")["faults"])

    def _remove(self, name: str) -> None:
        if name == "all":
            self._control.ask("DELETE", "faults")
        elif name in scenario_names():
            self._control.ask("DELETE", f"scenarios/{name}")
        else:
            self._control.ask("DELETE", f"faults/{quote(name, safe='')}")

    def move_clock(
        self,
        advance: Annotated[str | None, Field(description='Move it forward, such as "90s", "2h" or "7d".')] = None,
        freeze: Annotated[
            str | None, Field(description='Stop it at a time such as "2030-01-01T12:00:00Z", or "now".')
        ] = None,
        set_to: Annotated[str | None, Field(description="Set it to a time. It stays frozen if it is frozen.")] = None,
        resume: Annotated[bool, Field(description="Let it run again with the time of the machine.")] = False,
    ) -> Time:
        """Advance, freeze, set or resume the emulator's clock. Returns its time; without arguments, only that.

        Use this instead of waiting: for expiry of certificates, delays between retries of delivery callbacks, and dates
        in records. It does not change the clock of the program under test.
        """
        given = {"advance": advance, "freeze": freeze, "set": set_to, "resume": resume or None}
        acts: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if len(acts) > 1:
            raise UsageError(", ".join(acts), "cannot be combined", "give one of them")
        if freeze == "now":
            acts["freeze"] = None
        found = self._control.ask("POST", "clock", acts) if acts else self._control.ask("GET", "clock")
        return Time(found["now"], found["frozen"])

    def restore_state(
        self,
        action: Annotated[
            Literal["reset", "checkpoint", "restore"],
            Field(
                description="reset: as it was started. checkpoint: save under a name. restore: return to a checkpoint."
            ),
        ],
        name: Annotated[str, Field(min_length=1, max_length=100, description="Name of the checkpoint.")] = "default",
    ) -> State:
        """Reset the emulator, save its state as a checkpoint, or return to one.

        Use reset before a new experiment: it removes the records, calls, deliveries and fault rules that came since
        the start. Use a checkpoint to try several things from the same state. Without a checkpoint, a reset cannot be
        undone.
        """
        if action == "reset":
            self._control.ask("POST", "reset")
        elif action == "checkpoint":
            self._control.ask("POST", "checkpoint", {"name": name})
        else:
            self._control.ask("POST", f"checkpoint/{quote(name, safe='')}")
        done = {"reset": "reset", "checkpoint": f"saved as {name}", "restore": f"restored {name}"}[action]
        journal = self._control.ask("GET", "journal", query={"last": 0})
        return State(done, journal["count"], len(self._control.ask("GET", "faults")["faults"]))
