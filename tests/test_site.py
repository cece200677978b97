"""The documentation site, as far as it needs no Sphinx: its navigation, its reference and its texts for models."""

from __future__ import annotations

import inspect
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from helpers.paths import ROOT

import notify_mock
from docs.site import llms, navigation, staging
from docs.site.docstrings import markdown
from docs.site.names import PAGES, Entry
from docs.site.plugin import FIXTURES, MARKERS

ENTRIES = [entry for _, _, entries in PAGES.values() for entry in entries]
NAMED = [page for pages in navigation.NAVIGATION.values() for page in pages]


@pytest.fixture(scope="module")
def reference() -> dict[str, str]:
    return staging.reference_pages()


def test_every_page_is_in_the_navigation_once(reference: dict[str, str]) -> None:
    """A page that somebody adds to docs/ must be found: add its name to NAVIGATION in docs/site/navigation.py."""
    own = {f"docs/{path.stem}" for path in (ROOT / "docs").glob("*.md")}
    made = {f"docs/reference/{name}" for name in reference}
    assert (own | made) - set(NAMED) == set()
    assert len(NAMED) == len(set(NAMED))


def test_a_page_that_does_not_exist_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text("# Changes\n")
    found = navigation.existing(tmp_path)
    assert [page for pages in found.values() for page in pages] == ["CHANGELOG"]


def test_the_reference_has_every_public_name() -> None:
    assert set(notify_mock.__all__) - {entry.name for entry in ENTRIES} == set()


def test_the_reference_has_every_fixture_and_marker(request: pytest.FixtureRequest) -> None:
    plugin = request.config.pluginmanager.get_plugin("notify_mock.pytest_plugin")
    assert set(FIXTURES) == {name for name in vars(plugin) if name.startswith("notify_mock")}
    assert set(MARKERS) == {line for line in request.config.getini("markers") if line.startswith("notify_")}


def _members(thing: Any) -> set[str]:
    """Return the public methods and properties of a class, without those of tuples, mappings and exceptions."""
    builtin = {*dir(tuple), *dir(dict), *dir(Exception)} - {*vars(thing)}
    kinds = (property, classmethod, staticmethod, cached_property)
    return {
        name
        for name in dir(thing)
        if name[0] != "_" and name not in builtin
        if isinstance(found := inspect.getattr_static(thing, name), kinds) or inspect.isfunction(found)
    }


@pytest.mark.parametrize(
    "entry", [entry for entry in ENTRIES if inspect.isclass(entry.thing)], ids=lambda one: one.name
)
def test_every_member_is_in_the_reference_or_internal(entry: Entry) -> None:
    shown = [member for group in entry.groups().values() for member in group]
    assert len(shown) == len(set(shown))
    assert _members(entry.thing) - {*shown, *entry.internal} == set(), (
        "add it to its Entry in docs/site/names.py, as shown or internal"
    )
    assert {*shown} & {*entry.internal} == set()


def test_a_name_without_a_docstring_is_an_error() -> None:
    def undocumented() -> None:
        pass

    with pytest.raises(ValueError, match="x: has no docstring"):
        markdown(undocumented, {}, "x")


def test_a_docstring_becomes_markdown_with_code_and_links() -> None:
    def documented() -> None:
        """Return ``Clock``, not ``Clock.now()`` or ``own``.

        Such as::

            if True:
                pass
        """

    places = {"Clock": "#clock", "Clock.now": "a.md#clocknow", "Thing.own": "#thingown", "Thing": "#thing"}
    assert markdown(documented, places, "Thing") == (
        "Return [`Clock`](#clock), not [`Clock.now()`](a.md#clocknow) or [`own`](#thingown).\n\n"
        "Such as:\n\n```python\nif True:\n    pass\n```\n\n"
    )


def test_the_reference_of_the_command_line_has_every_command_and_option(reference: dict[str, str]) -> None:
    import click

    from notify_mock.cli import commands

    page = reference["command-line"]

    def check(command: click.Command, path: str) -> None:
        assert f"\n## {path}\n" in page
        for one in command.params:
            hidden = getattr(one, "hidden", False) or one.param_type_name == "argument"
            assert hidden or all(name in page for name in one.opts), (path, one.opts)
        for name, below in getattr(command, "commands", {}).items():
            if not below.hidden:
                check(below, f"{path} {name}")

    check(commands, "notify-mock")


def test_the_reference_of_the_control_api_has_every_operation_and_schema(reference: dict[str, str]) -> None:
    from notify_mock.control_api.openapi import document

    page, api = reference["control-api"].replace("\\", ""), document("http://127.0.0.1:8010")
    for path, item in api["paths"].items():
        assert all(f"\n## {method.upper()} {path}\n" in page for method in item if method != "parameters")
    assert all(f"\n### {name}\n" in page for name in api["components"]["schemas"])


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("staged")
    staging.stage(folder)
    return folder


def test_the_staged_pages_are_plain_markdown_whose_links_stay(staged: Path) -> None:
    tutorial = (staged / "docs" / "tutorial.md").read_text()
    assert "](docs/write-a-test.md#blocked-requests)" in (staged / "index.md").read_text()
    assert "](../examples/chat.md)" in tutorial
    assert "def " in (staged / "examples" / "chat.md").read_text()
    assert (staged / "index.md").read_text().startswith("# notify-mock\n")
    assert "{toctree}" not in (staged / "index.md").read_text()


def test_a_link_to_nothing_is_an_error(tmp_path: Path) -> None:
    link = staging._LINK.search("[x](nothing.md#y)")
    assert link is not None
    with pytest.raises(ValueError, match=r"docs/a\.md: the link to nothing\.md leads nowhere"):
        staging._relink(link, "docs/a.md", {}, tmp_path)


def test_what_looks_like_a_link_in_code_stays(tmp_path: Path) -> None:
    text = "`a[0](b)`\n\n```python\na[0](b)\n```\n\n[`x`](ci.md#y)\n"
    found = [link for link in staging._LINK.finditer(text) if link[1]]
    assert [link.groups() for link in found] == [("](", "ci.md", "#y")]
    assert staging._relink(found[0], "docs/a.md", {"docs/ci.md": ""}, tmp_path) == "](ci.md#y"
    assert (
        staging._LINK.sub(lambda link: staging._relink(link, "docs/a.md", {"docs/ci.md": ""}, tmp_path), text) == text
    )


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        ("# A\n\nOne [link](b.md), one\n`code`. Two.\n", "One link, one `code`."),
        ("# A\n\n## B\n\n```sh\nmake it\n```\n\n    indented\n\nWhat it does: more\n", "What it does: more"),
    ],
)
def test_the_summary_of_a_page_is_its_first_sentence(page: str, sentence: str) -> None:
    assert navigation.summary(page) == sentence


def test_a_page_without_a_sentence_is_an_error() -> None:
    with pytest.raises(ValueError, match="begins with a title and a sentence"):
        navigation.summary("# A\n\n```sh\nmake it\n```\n")


def test_the_list_for_models_links_to_every_page_with_title_and_summary(staged: Path) -> None:
    text = llms.index(staged)
    found = [page for pages in navigation.existing(staged).values() for page in pages]
    assert [page for page in found if f"]({page}.md): " not in text] == []
    assert text.startswith("# notify-mock\n\n> An offline emulator")
    assert "## Optional\n\n- [Contributing](CONTRIBUTING.md): How to" in text
    everything = llms.everything(staged)
    assert "### Journal.expect" in everything
    assert "# Contributing" not in everything
