"""Sphinx's settings. The source is what ``staging.py`` made: plain Markdown, in the folders of the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.search.en import SearchEnglish

from docs.site.navigation import FRONT, existing
from notify_mock import __version__

project, author, language = "notify-mock", "The notify-mock authors", "en"
version = release = __version__
extensions = ["myst_parser"]
myst_heading_anchors = 6  # as GitHub does
myst_links_external_new_tab = False
suppress_warnings = ["misc.highlighting_failure"]  # examples with "..." are not valid JSON or YAML

smartquotes = False  # they would turn --option into a dash

html_theme = "furo"
html_title = f"notify-mock {version}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("search-numbers.js", {"defer": "defer"})]
html_copy_source = False  # the Markdown is beside the HTML
html_show_copyright = False
html_use_index = False
pygments_style, pygments_dark_style = "a11y-light", "a11y-high-contrast-dark"


def _add_navigation(app: Any, page: str, source: list[str]) -> None:
    """Append the navigation to the front page, whose Markdown stays plain."""
    if page == FRONT:
        for heading, pages in existing(Path(app.srcdir)).items():
            names = "\n".join(f"/{name}" for name in pages)
            source[0] += f"\n```{{toctree}}\n:hidden:\n:caption: {heading}\n\n{names}\n```\n"


class _English(SearchEnglish):  # type: ignore[misc]
    """English, with the numbers that Sphinx leaves out of its index: error codes are searched for."""

    def word_filter(self, word: str) -> bool:
        return word.isdigit() or bool(super().word_filter(word))


def setup(app: Any) -> None:
    app.add_search_language(_English)
    app.connect("source-read", _add_navigation)
