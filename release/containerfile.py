"""A Containerfile as data: its stages and their instructions."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import NamedTuple


class Instruction(NamedTuple):
    """One instruction, such as ``RUN``, and what follows it."""

    name: str
    text: str

    @property
    def command(self) -> list[str]:
        """The words of a command: the JSON form as it is, the other form for the shell, as container tools do it."""
        return list(json.loads(self.text)) if self.text.startswith("[") else ["/bin/sh", "-c", self.text]


class Stage(NamedTuple):
    """What begins with ``FROM``. ``name`` is empty for a stage without one."""

    name: str
    instructions: list[Instruction]

    def last(self, name: str) -> Instruction:
        """Return the last instruction of that name, which is the one that counts for ENTRYPOINT, CMD and USER."""
        return [one for one in self.instructions if one.name == name][-1]

    @property
    def health_check(self) -> list[str]:
        """The command of HEALTHCHECK, without its options."""
        return list(json.loads(self.last("HEALTHCHECK").text.partition("CMD ")[2]))


def read(path: Path) -> list[Stage]:
    """Return the stages of a file, in order."""
    text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE).replace("\\\n", "")
    stages: list[Stage] = []
    for line in filter(None, text.splitlines()):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stages.append(Stage(rest.partition(" AS ")[2], []))
        stages[-1].instructions.append(Instruction(name, rest.strip()))
    return stages


def assignments(text: str, variables: dict[str, str]) -> dict[str, str]:
    """Return the variables of an ``ENV`` instruction, in which ``$NAME`` stands for an earlier value."""
    pairs = (word.partition("=") for word in shlex.split(text))
    return {name: re.sub(r"\$(\w+)", lambda found: variables[found[1]], value) for name, _, value in pairs}
