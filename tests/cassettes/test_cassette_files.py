"""Cassette files: VCR (read strictly, written so that vcrpy reads it), HAR and WireMock, atomic writes, keys."""

from __future__ import annotations

import gzip
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
import requests
import vcr  # type: ignore[import-untyped]
import yaml
from helpers.entries import URL, entry
from hypothesis import given, settings
from hypothesis import strategies as st

from notify_mock import Call, Cassette, Emulator, Recorder, UsageError
from notify_mock.cassettes import files, har, wiremock
from notify_mock.cassettes.interaction import Interaction
from notify_mock.cassettes.vcr import read_vcr, write_json, write_yaml
from notify_mock.recording import convert
from notify_mock.recording.fidelity import compare_all
from notify_mock.redaction.keys import KEY_FILE, VARIABLE, find_key
from notify_mock.support.documents import read_file
from notify_mock.support.files import write_bytes

GOOD = {"version": 1, "interactions": [entry()]}


def broken(path: str, value: Any) -> dict[str, Any]:
    """Return a valid entry with one value replaced, or removed if ``value`` is None."""
    made = entry()
    parent: Any = made
    *keys, last = path.split(".")
    for key in keys:
        parent = parent[key]
    if value is None:
        del parent[last]
    else:
        parent[last] = value
    return made


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is not a cassette; expected interactions:"),
        ("just text", "is not a cassette"),
        ("[1, 2]", "is not a cassette"),
        ("- request: {}\n  response: {}", "is a cassette from before VCR version 1"),
        ("version: 1", "has no interactions"),
        ("interactions: []", "has no version; expected version: 1"),
        ("interactions: []\nversion: 2", "line 2: version 2 is not supported; expected version: 1"),
        ("interactions: []\nversion: true", "version True is not supported"),
        ("interactions: 7\nversion: 1", "interactions: is not a list"),
        ("interactions:\n- 7\nversion: 1", "line 2, interactions[0]: is not a mapping"),
        ("interactions: [", "line 1: is not valid YAML"),
        ("interactions: []\ninteractions: []\nversion: 1", "line 2: key 'interactions' is given twice"),
        ("interactions:\n- !!python/object:os.system {}\nversion: 1", "is not valid YAML"),
        ("interactions:\n- &a {request: *a, response: *a}\nversion: 1", "has more than 10,000,000 values"),
    ],
)
def test_an_invalid_file_is_an_error_with_file_and_line(tmp_path: Path, content: str, expected: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(content)
    with pytest.raises(UsageError) as caught:
        Cassette(path)
    assert str(caught.value).startswith(str(path))
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    ("at", "value", "expected"),
    [
        ("request", None, "request: is missing"),
        ("request", 7, "request: is not a mapping"),
        ("request.method", None, "request.method: is missing; expected GET, POST"),
        ("request.method", 7, "request.method: 7 is not an HTTP method"),
        ("request.uri", None, "request.uri: is missing; expected the whole URL"),
        ("request.uri", "/v1/Credentials", "request.uri: is not a URL"),
        ("request.headers", "x", "request.headers: are not headers"),
        ("request.headers", {"x": [{}]}, "request.headers: are not headers"),
        ("request.body", {"string": 7}, "request.body: expected a string, got int"),
        ("response", None, "response: is missing"),
        ("response.status", None, "response.status.code: is missing"),
        ("response.status", {"code": "200"}, "response.status.code: '200' is not a status code"),
        ("response.status", {"code": True}, "response.status.code: True is not a status code"),
        ("response.status", {"code": 7}, "response.status.code: 7 is not a status code"),
        ("request.uri", "http://[bad", "request.uri: is not a URL"),
        ("request.uri", "https://x:99999/", "request.uri: is not a URL"),
        ("request.uri", "https:///v1", "request.uri: is not a URL"),
        ("response.status", {"code": 100}, "response.status.code: 100 is not the status code of a final response"),
        ("response.status", {"code": 1000}, "response.status.code: 1000 is not a status code"),
        ("response.headers", {"X": ["a\r\nSet-Cookie: b"]}, "response.headers: are not valid headers"),
        ("response.headers", {"X: y": ["a"]}, "response.headers: are not valid headers"),
        ("request.headers", {"X": ["\u2713"]}, "request.headers: are not valid headers"),
        ("response.body", {"base64_string": "?"}, "response.body.base64_string: is not base64"),
    ],
)
@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_an_invalid_entry_is_an_error_with_line_and_key(
    tmp_path: Path, at: str, value: Any, expected: str, suffix: str
) -> None:
    path = tmp_path / f"x.{suffix}"
    content = {"version": 1, "interactions": [entry(), broken(at, value)]}
    path.write_text(json.dumps(content, indent=1) if suffix == "json" else yaml.safe_dump(content))
    with pytest.raises(UsageError) as caught:
        Cassette(path)
    begin = "  {" if suffix == "json" else "- "
    _, line = [number for number, text in enumerate(path.read_text().splitlines(), 1) if text.startswith(begin)]
    assert f"{path}, line {line}, interactions[1]" in str(caught.value)
    assert expected in str(caught.value)


def test_a_url_with_a_secret_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "interactions": [broken("request.uri", "x?Secret=hunter2")]}))
    with pytest.raises(UsageError) as caught:
        Cassette(path)
    assert "hunter2" not in str(caught.value)


def test_limits_are_enforced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump(GOOD | {"interactions": [entry(), entry()]}))
    monkeypatch.setattr(files, "MAX_ENTRIES", 1)
    with pytest.raises(UsageError, match="has 2 entries; the limit is 1"):
        Cassette(path)
    monkeypatch.setattr(files, "MAX_CASSETTE_BYTES", 10)
    with pytest.raises(UsageError, match="is larger than the limit of 10 bytes"):
        Cassette(path)


def test_a_compression_bomb_is_not_decompressed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.cassettes.interaction.MAX_BODY_BYTES", 1000)
    made = entry()
    made["response"]["headers"]["Content-Encoding"] = ["gzip"]
    made["response"]["body"]["string"] = gzip.compress(b"x" * 100_000)
    (tmp_path / "x.yaml").write_text(yaml.safe_dump({"version": 1, "interactions": [made]}))
    (interaction,) = Cassette(tmp_path / "x.yaml").interactions
    from notify_mock.cassettes.interaction import unpacked

    assert unpacked(interaction.headers, interaction.body) == interaction.body


def test_a_body_in_very_many_gzip_members_is_not_decompressed_further() -> None:
    from notify_mock.cassettes.interaction import unpack

    assert unpack([("Content-Encoding", "gzip")], gzip.compress(b"x") * 3).plain == b"xxx"
    assert unpack([("Content-Encoding", "gzip")], gzip.compress(b"x") * 10_000).rest == "unreadable"


def test_cassettes_of_ruby_vcr_are_read(tmp_path: Path) -> None:
    made = entry(text="7", recorded_at="Fri, 10 Jun 2022 20:58:33 GMT")
    made["request"]["body"] = {"encoding": "US-ASCII", "string": ""}
    made["response"]["body"] = {"encoding": "ASCII-8BIT", "base64_string": "Nw=="}
    (tmp_path / "x.yml").write_text(yaml.safe_dump({"http_interactions": [made], "recorded_with": "VCR 6.2.0"}))
    (interaction,) = Cassette(tmp_path / "x.yml").interactions
    assert interaction.body == b"7"
    assert interaction.extra == {"recorded_at": "Fri, 10 Jun 2022 20:58:33 GMT"}


# --- vcrpy, both ways ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("serializer", ["yaml", "json"])
def test_cassettes_recorded_by_vcrpy_can_be_played(tmp_path: Path, served: Emulator, serializer: str) -> None:
    path, auth = tmp_path / f"x.{serializer}", ("AC" + "4" * 32, "token")
    with vcr.use_cassette(str(path), serializer=serializer):
        made = requests.post(f"{served.url}/v1/Credentials", data={"Type": "fcm", "Secret": "s"}, auth=auth, timeout=9)
        requests.get(f"{served.url}/v1/Credentials?PageSize=5", auth=auth, timeout=9)
    served.reset()
    player = Emulator(cassette=path)
    client = player.client(*auth)
    assert client.notify.v1.credentials.create(type="fcm", secret="s").sid == made.json()["sid"]
    assert [one.sid for one in client.notify.v1.credentials.list(page_size=5)] == [made.json()["sid"]]
    assert not player.cassette.unused  # type: ignore[union-attr]


def test_vcrpy_can_play_our_recordings(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with Emulator(record=path) as emulator:
        url = f"{emulator.url}/v1/Credentials"
        first = requests.post(url, data={"Type": "fcm", "Secret": "s"}, auth=emulator.auth, timeout=9).json()
        requests.get(url, auth=emulator.auth, timeout=9)
    with vcr.use_cassette(str(path), record_mode="none") as cassette:
        played = requests.post(url, data={"Type": "fcm", "Secret": "s"}, auth=("x", "y"), timeout=9)
        assert played.json()["sid"] == first["sid"]
        assert requests.get(url, timeout=9).headers["X-Powered-By"] == "AT-5000"
        assert cassette.all_played


@pytest.mark.parametrize(("write", "name"), [(write_yaml, "x.yaml"), (write_json, "x.json")])
def test_a_binary_request_body_is_read_as_it_was_written(tmp_path: Path, write: Any, name: str) -> None:
    for body in (b"\xff\x00", b"text", b""):
        made = Interaction("POST", URL, (), body, 200, "OK", (), body)
        (tmp_path / name).write_text(write([made]))
        (read,) = files.read_interactions(tmp_path / name)
        assert (read.request_body, read.body) == (body, body)


@pytest.mark.parametrize("status", [200, 404])
def test_a_deeply_nested_response_is_played_hydrated_compared_and_recorded(tmp_path: Path, status: int) -> None:
    path = tmp_path / "x.yaml"
    for text in ('{"a":' * 100_000, '{"a":' * 900 + "1" + "}" * 900):
        path.write_text(yaml.safe_dump({"version": 1, "interactions": [entry(text=text, status=status)]}))
        answer = Emulator(cassette=path).handle(Call("GET", "notify.twilio.com", "/v1/Credentials"))
        assert answer.body.decode() == text
        assert not Emulator(hydrate=path).credentials
        assert compare_all(files.read_interactions(path))
        Recorder(path, mode="all").close()


# --- conversion ------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
PLAIN = st.text("abcXYZ019 -_.", min_size=1, max_size=12).map(str.strip).filter(bool)


@st.composite
def interactions(draw: st.DrawFn) -> Interaction:
    query = draw(st.sampled_from(["", "?PageSize=2", "?Tag=a&Tag=b"]))
    form = draw(st.sampled_from([b"", b"Type=fcm&FriendlyName=x", b"FriendlyName=%C3%A4&Tag=a&Tag=b"]))
    headers = (("Content-Type", "application/x-www-form-urlencoded"),) if form else ()
    body = draw(TEXT).encode() if draw(st.booleans()) else draw(st.binary(max_size=30))
    return Interaction(
        "POST" if form else draw(st.sampled_from(["GET", "DELETE"])),
        f"https://notify.twilio.com/v1/Credentials{query}",
        headers,
        form,
        draw(st.integers(200, 599)),
        draw(PLAIN),
        (("X-One", draw(PLAIN)), ("X-Two", "a"), ("X-Two", "b")),
        body,
        extra=draw(st.sampled_from([{}, {"recorded_at": "2024"}])),
    )


def bare(one: Interaction) -> Interaction:
    return one._replace(where="", extra=dict(one.extra))


@settings(deadline=None)  # it writes and reads files
@given(st.lists(interactions(), max_size=4))
def test_every_format_reads_what_it_wrote(tmp_path_factory: pytest.TempPathFactory, made: list[Any]) -> None:
    folder = tmp_path_factory.mktemp("formats")
    for name, text in (
        ("x.yaml", write_yaml(made)),
        ("x.json", write_json(made)),
        ("x.har", har.write_har(made)),
        ("x.wiremock.json", wiremock.write_wiremock(made)),
    ):
        (folder / name).write_text(text)
        assert [bare(one) for one in files.read_interactions(folder / name)] == made, name


def test_har_has_the_fields_that_the_specification_requires() -> None:
    log = json.loads(har.write_har(read_vcr(read_file_of(GOOD))))["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "notify-mock")
    (one,) = log["entries"]
    assert set(one) == {"startedDateTime", "time", "request", "response", "cache", "timings"}
    assert one["request"]["httpVersion"] == "HTTP/1.1"
    assert one["response"]["content"] == {"size": 2, "mimeType": "application/json", "text": "{}"}


def read_file_of(content: Any) -> Any:
    from notify_mock.support.documents import Content

    return Content(content, "x.yaml", {("interactions", 0): 1})


def test_the_har_of_a_browser_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    request = {"method": "POST", "url": f"{URL}#top", "headers": [{"name": ":authority", "value": "x"}]}
    request["postData"] = {"mimeType": "x", "params": [{"name": "Type", "value": "fcm"}]}  # type: ignore[assignment]
    headers = [{"name": "content-encoding", "value": "gzip"}, {"name": "content-length", "value": "999"}]
    answer = {"status": 201, "statusText": "", "headers": headers, "content": {"text": "Nw==", "encoding": "base64"}}
    path.write_text(json.dumps({"log": {"entries": [{"request": request, "response": answer}]}}))
    (one,) = files.read_interactions(path)
    assert (one.url, one.request_headers, one.request_body) == (URL, (), b"Type=fcm")
    assert (one.headers, one.body) == ((("content-length", "1"),), b"7")


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("x.har", {"log": {}}, "log.entries: is not a list"),
        ("x.har", {"log": {"entries": [{"request": {}}]}}, "log.entries[0]: 'response' is missing"),
        (
            "x.har",
            {"log": {"entries": [{"request": {"method": "GET", "url": URL}, "response": {"status": 0}}]}},
            "line 3, log.entries[0]: 0 is not a status code",
        ),
        ("x.json", {"mappings": [{"request": {"method": "GET"}, "response": {}}]}, "mappings[0]: url is missing"),
        (
            "x.json",
            {"mappings": [{"request": {"method": "GET", "urlPattern": ".*"}, "response": {}}]},
            "line 3, mappings[0]: its URL is a pattern",
        ),
        (
            "x.json",
            {"mappings": [{"request": {"method": "ANY", "url": "/"}, "response": {}}]},
            "method ANY is not an HTTP method",
        ),
        (
            "x.json",
            {"request": {"method": "GET", "url": "/"}, "response": {"fault": "EMPTY_RESPONSE"}},
            "fault is not supported in a response",
        ),
    ],
)
def test_entries_without_one_request_and_one_response_are_errors(
    tmp_path: Path, name: str, content: Any, expected: str
) -> None:
    (tmp_path / name).write_text(json.dumps(content).replace("[", "[\n", 1).replace("{", "{\n", 1) + "\n")
    with pytest.raises(UsageError) as caught:
        files.read_interactions(tmp_path / name)
    assert expected in str(caught.value)


def test_repeated_requests_become_a_wiremock_scenario() -> None:
    one = read_vcr(read_file_of(GOOD))[0]
    mappings = json.loads(wiremock.write_wiremock([one, one, one._replace(method="DELETE")]))["mappings"]
    steps = [(mapping.get("requiredScenarioState"), mapping.get("newScenarioState")) for mapping in mappings]
    assert steps == [("Started", "after 1"), ("after 1", None), (None, None)]


def test_converted_cassettes_contain_no_secrets(tmp_path: Path) -> None:
    made = entry("POST", form="Type=fcm&Secret=hunter22")
    (tmp_path / "x.yaml").write_text(yaml.safe_dump({"version": 1, "interactions": [made]}))
    for style in convert.STYLES:
        convert.write_as(files.read_interactions(tmp_path / "x.yaml"), tmp_path / style, style)
        assert "hunter22" not in (tmp_path / style).read_text()


# --- atomic writes, names, keys --------------------------------------------------------------------------------------


def test_a_failed_write_keeps_the_old_file_and_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.yaml"
    write_bytes(path, b"old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(UsageError, match="cannot be written: No space left on device"):
            write_bytes(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_is_synced_before_it_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, seen = tmp_path / "deep" / "x.yaml", []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: (seen.append(path.exists()), sync(number)))
    write_bytes(path, b"text")
    assert seen == [False, True], "the file before the rename, the folder after it"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_symlink_to_a_cassette_stays_a_symlink(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("old")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "real.yaml")
    write_bytes(tmp_path / "link.yaml", b"new")
    assert (tmp_path / "real.yaml").read_text() == "new"
    assert (tmp_path / "link.yaml").is_symlink()


@pytest.mark.parametrize("name", ["../x.yaml", "/etc/passwd", "a/../../x.yaml", ".", ""])
def test_a_name_outside_the_folder_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="is outside"):
        files.inside(tmp_path / "cassettes", name)


def test_a_symlink_to_outside_the_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "cassettes").mkdir()
    (tmp_path / "cassettes" / "away").symlink_to(tmp_path)
    with pytest.raises(UsageError, match="is outside"):
        files.inside(tmp_path / "cassettes", "away/x.yaml")


def test_the_key_of_a_project_is_created_once_and_found_from_subfolders(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").touch()
    path = tmp_path / "tests" / "cassettes" / "x.yaml"
    assert find_key(path) != find_key(path, make=True)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert find_key(path) == find_key(tmp_path / "y.yaml", make=True)
    assert [one.name for one in tmp_path.iterdir()].count(KEY_FILE) == 1


@pytest.mark.parametrize("kind", ["folder", "pipe", "too large", "dangling"])
def test_a_key_file_that_is_not_a_file_is_an_error(tmp_path: Path, kind: str) -> None:
    file = tmp_path / KEY_FILE
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        os.mkfifo(file)
    elif kind == "dangling":
        file.symlink_to(tmp_path / "nowhere")
    else:
        file.write_text("ab" * 10_000)
    for make in (False, True):
        with pytest.raises(UsageError, match=r"notify-mock-key: .*; expected 32 to 128 lower-case hex digits"):
            find_key(tmp_path / "x.yaml", make=make)


def test_a_key_that_another_process_has_just_created_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / KEY_FILE

    def slow(_: int) -> str:
        file.write_text("ab" * 32)
        return "cd" * 32

    monkeypatch.setattr("notify_mock.redaction.keys.secrets.token_hex", slow)
    assert find_key(tmp_path / "x.yaml", make=True) == bytes.fromhex("ab" * 32)
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_that_cannot_be_written_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(UsageError, match=f"cannot be written: No space left on device; set {VARIABLE} instead"):
        find_key(tmp_path / "x.yaml", make=True)
    assert not list(tmp_path.iterdir())


def test_a_key_can_be_an_option_or_an_environment_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    monkeypatch.setenv(VARIABLE, "ab" * 16)
    assert find_key(path, make=True) == bytes.fromhex("ab" * 16)
    assert find_key(path, "cd" * 16) == bytes.fromhex("cd" * 16)
    assert not (tmp_path / KEY_FILE).exists()


def test_an_invalid_key_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("my password")
    with pytest.raises(UsageError, match="is not a key") as caught:
        find_key(tmp_path / "x.yaml")
    assert "my password" not in str(caught.value)


def test_yaml_and_its_lines_are_read_without_libyaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump(GOOD))
    fast = read_file(path)
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    assert read_file(path) == fast
