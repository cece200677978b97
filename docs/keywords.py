"""Rewrites the types of keyword arguments, ``keywords.py`` in four folders, from the tables: ``make docs``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import notify_mock
from notify_mock.deliveries.inbox import CRITERIA
from notify_mock.engine.routes import CALL_PARAMETERS
from notify_mock.faults.kinds import EFFECTS
from notify_mock.faults.match import Match
from notify_mock.faults.rule import RULE_KEYS
from notify_mock.faults.schedule import Schedule
from notify_mock.journal.criteria import ATTRIBUTES
from notify_mock.resources import RESOURCES
from notify_mock.twilio_api.channels import CALLBACK_PARAMETERS, DELIVERY_PARAMETERS
from notify_mock.twilio_api.known_parameters import taken_by

PACKAGE = Path(notify_mock.__file__).parent

_NUMBERS = ("code", "status")
_OF_RULES = {
    "name": "str",
    "phase": "Phase",
    "unused": "Unused",
    **dict.fromkeys(("after", "until"), "Moment | timedelta | None"),
    **dict.fromkeys(("form", "headers"), "dict[str, str]"),
}
"""Keys of rules that have other types when a rule is added than when it is made."""

_OF_RECORDS = {
    "sandbox": "str | bool | None",
    "tags": "list[str] | tuple[str, ...] | None",
    **dict.fromkeys(("date_created", "date_updated"), "Moment | None"),
    **dict.fromkeys(("sid", "account_sid", "region", "service_sid"), "str | None"),
}
"""Fields of records that have other types when they are added."""

_OF_FAULTS = """\
from datetime import timedelta
from typing import TypedDict

from notify_mock.faults import Unused
from notify_mock.faults.connections import What
from notify_mock.faults.decision import Phase
from notify_mock.faults.deliveries import ProviderOutcome
from notify_mock.faults.match import Predicate
from notify_mock.support.clock import Moment, Span"""


def call_criteria() -> str:
    """Return the module with the criteria of ``journal.calls`` and ``journal.expect``."""
    types = {name: "int | None" if name in _NUMBERS else "str | None" for name in ATTRIBUTES}
    types["form"] = "Mapping[str, str | None]"
    types |= dict.fromkeys(sorted({*taken_by(CALL_PARAMETERS, CALL_PARAMETERS), *CALLBACK_PARAMETERS}), "str | None")
    imports = "from collections.abc import Mapping\nfrom typing import TypedDict"
    return _module("CallCriteria", "The criteria of ``journal.calls`` and ``journal.expect``.", imports, types)


def delivery_criteria() -> str:
    """Return the module with the criteria of ``deliveries.find`` and ``deliveries.expect``."""
    types = {name: "Any" if CRITERIA[name].endswith("_sid") else "str | None" for name in CRITERIA}
    types["code"] = "int | None"
    purpose = "The criteria of ``deliveries.find`` and ``deliveries.expect``."
    return _module("DeliveryCriteria", purpose, "from typing import Any, TypedDict", types)


def fault_options() -> str:
    """Return the module with the options of ``faults.add``."""
    known = _types_of((Match, Schedule)) | _OF_RULES
    types = {key: known[key] for key in RULE_KEYS} | _types_of(EFFECTS)
    types |= dict.fromkeys(sorted({*taken_by(CALL_PARAMETERS, CALL_PARAMETERS), *DELIVERY_PARAMETERS}), "str")
    return _module("FaultOptions", "The options of ``faults.add``: those of all effects and calls.", _OF_FAULTS, types)


def record_fields() -> str:
    """Return the module with the fields that ``add`` takes."""
    types = _types_of(resource.record for resource in RESOURCES if resource.seed is not None) | _OF_RECORDS
    types = {name.removeprefix("given_"): text for name, text in types.items()}
    imports = "from typing import TypedDict\n\nfrom notify_mock.support.clock import Moment"
    return _module("RecordFields", "The fields of all records that can be added.", imports, types)


def _types_of(classes: Iterable[type[Any]]) -> dict[str, str]:
    """Return the types of the fields of all these classes, by name. A field of several classes has all its types."""
    types: dict[str, str] = {}
    for field in (field for one in classes for field in fields(one)):
        found = dict.fromkeys([*types.get(field.name, "").split(" | "), *str(field.type).split(" | ")])
        members = [text for text in found if text not in ("", "None")]
        types[field.name] = " | ".join(members + ["None"] * ("None" in found))
    return types


def _module(name: str, purpose: str, imports: str, types: Mapping[str, str]) -> str:
    fields = "\n".join(f"    {name}: {text}" for name, text in types.items())
    return f'''"""{purpose}

Generated from the tables by ``make docs``. For type checkers: which call takes which of them is checked at run time.
"""

from __future__ import annotations

{imports}


class {name}(TypedDict, total=False):
    """{purpose}"""

{fields}
'''


MODULES = {
    "journal": call_criteria,
    "deliveries": delivery_criteria,
    "faults": fault_options,
    "resources": record_fields,
}
"""The functions that write ``keywords.py``, by folder."""


def main() -> None:
    for folder, write in MODULES.items():
        (PACKAGE / folder / "keywords.py").write_text(write())


if __name__ == "__main__":
    main()
