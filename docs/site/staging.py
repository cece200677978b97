"""The source of the site: the repository's pages where they are, the reference, and the files that pages link to."""

from __future__ import annotations

import re
import shutil
from functools import partial
from pathlib import Path

from docs.site.command_line import command_line_page
from docs.site.control_api import control_api_page
from docs.site.navigation import FRONT, existing
from docs.site.plugin import plugin_page
from docs.site.python_api import python_pages
from release.tree import ROOT, files

LANGUAGES = {".py": "python", ".js": "js", ".mjs": "js", ".cjs": "js", ".ts": "ts", ".yaml": "yaml", ".yml": "yaml"} | {
    ".json": "json",
    ".html": "html",
    ".css": "css",
    ".cfg": "ini",
    ".toml": "toml",
    ".sh": "sh",
}
"""How files are highlighted. Others are shown as text."""

_CODE = r"^ *```(?s:.*?)^ *```$|`[^`\n]+`"
_LINK = re.compile(rf"{_CODE}|(\]\()(?!\w+:|#)([^)#\s]+)(#[^)\s]*)?(?=\))", re.MULTILINE)
"""Code, which stays as it is, or the target of a link."""

_MAX_SHOWN = 200_000


def stage(folder: Path) -> None:
    """Fill the empty ``folder``. Raises ``ValueError`` for a link to nothing."""
    own = [page for pages in existing(ROOT).values() for page in pages]
    texts = {f"{page}.md": (ROOT / f"{page}.md").read_text("utf-8") for page in own}
    texts[f"{FRONT}.md"] = (ROOT / "README.md").read_text("utf-8")
    texts |= {f"docs/reference/{name}.md": text for name, text in reference_pages().items()}
    for name, text in texts.items():
        _write(folder / name, _LINK.sub(partial(_relink, page=name, texts=texts, folder=folder), text))
    shutil.copytree(ROOT / "docs" / "screenshots", folder / "docs" / "screenshots")


def reference_pages() -> dict[str, str]:
    """Return the pages that are made from the code, by name."""
    return {
        **python_pages(),
        "pytest": plugin_page(),
        "command-line": command_line_page(),
        "control-api": control_api_page(),
    }


def _relink(link: re.Match[str], page: str, texts: dict[str, str], folder: Path) -> str:
    """Return a link as it is if its page is part of the site; a link to code leads to a page that shows the code."""
    opening, target, anchor = link.groups("")
    if not opening:
        return link[0]
    path = (ROOT / page).parent.joinpath(target).resolve()
    name = str(path.relative_to(ROOT))
    if name == "README.md":
        return f"{opening}{target.removesuffix('README.md')}{FRONT}.md{anchor}"
    if name in texts or path.suffix == ".png":
        return link[0]
    if not path.exists():
        raise ValueError(f"{page}: the link to {target} leads nowhere")
    _write(folder / f"{name}.md", code_page(name))
    return f"{opening}{target.rstrip('/')}.md"


def code_page(name: str) -> str:
    """Return a page with the contents of a file, or of all files of a folder."""
    shown = [one for one in files() if one == name or one.startswith(f"{name}/")]
    parts = ["---\norphan: true\n---\n", f"# `{name}`\n"]
    for one in shown:
        path = ROOT / one
        if path.stat().st_size > _MAX_SHOWN or b"\0" in path.read_bytes():
            continue
        fence = "~~~~~~"
        heading = f"## `{one.removeprefix(name + '/')}`\n\n" if one != name else ""
        parts.append(f"{heading}{fence}{LANGUAGES.get(path.suffix, 'text')}\n{path.read_text('utf-8')}{fence}\n")
    return "\n".join(parts)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
