"""Build the site in ``build/site``: ``python -m docs.site``. A broken link or a warning of Sphinx fails the build."""

from __future__ import annotations

import shutil
import subprocess
import sys

from docs.site.llms import write_llms
from docs.site.staging import stage
from release.tree import ROOT

SOURCE, TARGET = ROOT / "build" / "site-source", ROOT / "build" / "site"
CACHE = ROOT / "build" / "site-cache"
"""Sphinx's own files, which have the paths of this machine and are no part of the site."""


def main() -> int:
    """Return the exit status of Sphinx."""
    for folder in (SOURCE, TARGET, CACHE):
        shutil.rmtree(folder, ignore_errors=True)
    stage(SOURCE)
    strict = ["-W", "--keep-going", "-n", "-q"]
    folders = ["-d", str(CACHE), "-c", str(ROOT / "docs" / "site")]
    command = [sys.executable, "-m", "sphinx", *strict, "-b", "html", *folders]
    status = subprocess.run([*command, str(SOURCE), str(TARGET)], cwd=ROOT, check=False).returncode
    if status == 0:
        write_llms(SOURCE, TARGET)
        print(f"the site is in {TARGET.relative_to(ROOT)}: {len(list(TARGET.rglob('*.html')))} pages")
    return status


if __name__ == "__main__":
    sys.exit(main())
