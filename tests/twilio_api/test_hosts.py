"""Host names: normalization, and the recognition of Twilio's hosts in any spelling."""

from __future__ import annotations

import pytest

from notify_mock.twilio_api.hosts import Destination, is_twilio, plain, read_destination
from notify_mock.twilio_api.products import product_at


@pytest.mark.parametrize(
    ("authority", "destination"),
    [
        ("notify.twilio.com:443", Destination("notify.twilio.com", 443)),
        ("NOTIFY.Twilio.COM.:8443", Destination("notify.twilio.com", 8443)),
        ("[::1]:80", Destination("::1", 80)),
        ("127.0.0.1:65535", Destination("127.0.0.1", 65535)),
        ("notify.twilio.com", None),
        ("notify.twilio.com:", None),
        ("notify.twilio.com:0", None),
        ("notify.twilio.com:65536", None),
        ("notify.twilio.com:+443", None),
        ("notify.twilio.com:٤٤٣", None),
        ("user@notify.twilio.com:443", None),
        ("notify.twilio.com@127.0.0.1:443", None),
        ("notify%2etwilio.com:443", None),
        ("notify.twilio.com\x00.example:443", None),
        ("notify.twilio.com :443", None),
        ("notify。twilio。com:443", None),
        ("http://notify.twilio.com:443", None),
        ("...:443", None),
        ("[::1:443", None),
        (":443", None),
        ("", None),
    ],
)
def test_an_authority_is_read_or_refused(authority: str, destination: Destination | None) -> None:
    assert read_destination(authority) == destination


def test_a_missing_port_is_the_default_port() -> None:
    assert read_destination("notify.twilio.com", 443) == Destination("notify.twilio.com", 443)
    assert str(Destination("::1", 80)) == "[::1]:80"


@pytest.mark.parametrize(
    "name",
    [
        "notify.twilio.com",
        "NOTIFY.TWILIO.COM",
        "notify.twilio.com.",
        "notify。twilio。com",
        "\uff4eotif\uff59.twilio.com",
        "twilio.com",
    ],
)
def test_a_twilio_host_is_recognized_in_any_spelling(name: str) -> None:
    assert is_twilio(plain(name))


@pytest.mark.parametrize("name", ["nottwilio.com", "twilio.com.example", "twilio.co", "xn--twilo-6qa.com", "", "com"])
def test_a_host_that_resembles_twilio_is_not_recognized(name: str) -> None:
    assert not is_twilio(plain(name))


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("notify.twilio.com", ("notify", "us1")),
        ("chat.dublin.ie1.twilio.com", ("chat", "ie1")),
        ("ip-messaging.us1.twilio.com", ("ip-messaging", "us1")),
        ("api.twilio.com", None),
        ("notify.twilio.com.example", None),
        ("notify.dublin.twilio.com", None),
        ("a.notify.dublin.ie1.twilio.com", None),
        ("twilio.com", None),
        ("example.com", None),
    ],
)
def test_a_host_has_a_product_or_none(name: str, product: tuple[str, str] | None) -> None:
    assert product_at(name) == product
