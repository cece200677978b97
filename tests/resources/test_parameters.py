"""The tables of parameters are those that the resources read."""

from __future__ import annotations

import pytest
from helpers.parameters import Read
from helpers.pem import Pair

from notify_mock import Emulator
from notify_mock.engine.routes import CALL_NAMES, CALL_PARAMETERS, ROUTES
from notify_mock.resources import RESOURCES
from notify_mock.resources.resource import Resource
from notify_mock.twilio_api.masking import PLAIN, is_secret

NOT_READ = {"create": {"Segment"}, "update": {"Type"}}
"""Documented, but without effect."""


def read(resource: Resource[object], verb: str, pair: Pair) -> set[str]:
    emulator = Emulator()
    service = emulator.services.add()
    secrets = {"Certificate": pair.certificate, "PrivateKey": pair.private_key, "ApiKey": "x", "Secret": "x"}
    names: set[str] = set()
    for kind in ("apn", "gcm", "fcm"):
        form = Read({"Type": kind, "Identity": "x", "BindingType": kind, "Address": "x", **secrets})
        if verb == "create":
            resource.create(form, service)
        else:
            resource.update(form, emulator.credentials.add(type=kind) if resource.name == "credential" else service)
        names |= form.names
    return names


@pytest.mark.parametrize("verb", ["create", "update"])
@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_the_table_has_what_is_read_and_what_is_documented(resource: Resource[object], verb: str, pair: Pair) -> None:
    if verb in resource.verbs:
        table = set(resource.parameters(verb))  # type: ignore[arg-type]
        assert table - read(resource, verb, pair) <= NOT_READ[verb]
        assert read(resource, verb, pair) <= table
    else:
        assert resource.parameters(verb) == ()  # type: ignore[arg-type]


def test_a_list_has_its_filters_and_paging() -> None:
    assert CALL_PARAMETERS["binding.list"] == (
        *("StartDate", "Tag", "EndDate", "Identity"),
        *("PageSize", "Page", "PageToken"),
    )
    assert CALL_PARAMETERS["binding.fetch"] == CALL_PARAMETERS["binding.delete"] == ()


def test_every_route_has_its_parameters() -> None:
    assert set(CALL_NAMES) == {route.name for route in ROUTES}


def test_every_known_parameter_is_shown_or_a_secret() -> None:
    names = {name for known in CALL_PARAMETERS.values() for name in known}
    assert {name for name in names if name not in PLAIN} == {name for name in names if is_secret(name)}
