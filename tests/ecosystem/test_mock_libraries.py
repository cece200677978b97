"""Other libraries that intercept requests: each answers for its own hosts, the emulator for Twilio's."""

from __future__ import annotations

from collections.abc import Callable

import pytest

CASSETTE = """
version: 1
interactions:
- request: {method: GET, uri: "https://shop.example/users", body: null, headers: {}}
  response: {status: {code: 200, message: OK}, headers: {}, body: {string: alice}}
"""


def test_moto(project: pytest.Pytester, check: Callable[..., object]) -> None:
    project.makepyfile(
        """
        import boto3
        import pytest
        from application import welcome
        from moto import mock_aws

        @pytest.mark.parametrize("user", ["alice", "alicia"])
        @mock_aws
        def test_welcome(notify_mock, service_sid, user):
            storage = boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
            storage.create_bucket(Bucket="users")
            storage.put_object(Bucket="users", Key="new", Body=b"alice")
            welcome(service_sid, storage.get_object(Bucket="users", Key="new")["Body"].read().decode())
            storage.close()
            notify_mock.deliveries.expect(identity=user, body="Welcome", count=1)
        """
    )
    check(passed=1)


def test_responses(project: pytest.Pytester, check: Callable[..., object]) -> None:
    project.makepyfile(
        """
        import pytest
        import requests
        import responses
        from application import welcome

        @pytest.mark.parametrize("user", ["alice", "alicia"])
        @responses.activate
        def test_welcome(notify_mock, service_sid, user):
            responses.get("https://shop.example/users", body="alice")
            welcome(service_sid, requests.get("https://shop.example/users").text)
            notify_mock.deliveries.expect(identity=user, body="Welcome", count=1)
        """
    )
    check(passed=1)


@pytest.mark.parametrize("options", [(), ("--block-network",), ("--record-mode=none", "--disable-recording")])
def test_pytest_recording(project: pytest.Pytester, check: Callable[..., object], options: tuple[str, ...]) -> None:
    """A cassette is replayed, and Twilio's requests are neither looked up in it nor recorded."""
    cassettes = project.mkdir("cassettes") / "test_pytest_recording"
    cassettes.mkdir()
    (cassettes / "users.yaml").write_text(CASSETTE)
    project.makepyfile(
        """
        import pytest
        import requests
        from application import welcome

        @pytest.mark.parametrize("user", ["alice", "alicia"])
        @pytest.mark.default_cassette("users.yaml")
        @pytest.mark.vcr
        def test_welcome(notify_mock, service_sid, user, pytestconfig):
            is_replayed = not pytestconfig.getoption("--disable-recording")
            welcome(service_sid, requests.get("https://shop.example/users").text if is_replayed else "alice")
            notify_mock.deliveries.expect(identity=user, body="Welcome", count=1)
        """
    )
    check(*options, passed=1)
    assert [path.read_text() for path in project.path.rglob("*.yaml")] == [CASSETTE]
