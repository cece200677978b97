"""The files of the repository, copied without what builds and tests leave behind."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

_MADE = {".git", "PKG-INFO", "build", "dist", "mutants", "node_modules", "__pycache__"}
"""Files and folders that are not the repository's, where git cannot tell."""


def files(root: Path = ROOT) -> list[str]:
    """Return the relative paths of all files: those that git does not ignore, or in an sdist all that it contains."""
    if (root / ".git").exists():
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
        found = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
        return sorted(name for name in found.split("\0") if name and (root / name).is_file())
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and _is_own(path, root))


def _is_own(path: Path, root: Path) -> bool:
    parts = path.relative_to(root).parts
    environment = parts[0].startswith(".") and len(parts) > 1 and parts[0] != ".ci"
    return not environment and not any(part in _MADE or part.endswith(".egg-info") for part in parts)


def copy(folder: Path, root: Path = ROOT) -> Path:
    """Copy the files into a new folder, with new times and the permissions of a new checkout. Returns the folder."""
    for name in files(root):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, target)
        target.chmod((root / name).stat().st_mode)
    return folder
