"""The tools of the MCP server: what they return, what they change, and which remedies their errors name."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

import pytest
from helpers.mcp_tools import CONNECTION, ask, ask_all, needs_mcp, refused, server_for

from notify_mock import Emulator, Refuse, apn_pair, fcm_service_account
from notify_mock.control_api.client import ControlClient
from notify_mock.faults.kinds import BY_KIND
from notify_mock.faults.readers import scenario_names

pytestmark = needs_mcp


def credential(emulator: Emulator, name: str = "Android") -> Any:
    return emulator.client().notify.v1.credentials.create(type="fcm", secret="{...}", friendly_name=name)


def push(emulator: Emulator, body: str = "Hello", secret: str = "{...}") -> str:
    """Send a push to alice, and return the SID of the notification."""
    key = emulator.credentials.add(type="fcm", secret=secret)
    service = emulator.services.add(fcm_credential_sid=key.sid)
    emulator.bindings.add(service_sid=service.sid, identity="alice", binding_type="fcm", address="alices-token")
    notifications = emulator.client().notify.v1.services(service.sid).notifications
    return str(notifications.create(identity=["alice"], body=body).sid)


def listed(emulator: Emulator) -> list[Any]:
    from mcp import Client

    async def session() -> list[Any]:
        async with Client(server_for(emulator)) as client:
            return list((await client.list_tools()).tools)

    return asyncio.run(session())


def test_calls_are_listed_most_recent_first_and_what_is_left_out_is_said(served: Emulator) -> None:
    for name in ("one", "two", "three"):
        credential(served, name)
    found = ask(served, "list_calls", limit=2)
    assert [call["number"] for call in found["calls"]] == [3, 2]
    assert found["note"] == "There are older calls. Ask again with before=2."
    older = ask(served, "list_calls", limit=2, before=2)
    assert ([call["number"] for call in older["calls"]], older["note"], older["kept"]) == ([1], None, 3)


def test_calls_are_found_by_name_status_account_and_text(served: Emulator) -> None:
    credential(served, "Android")
    served.faults.add("credential.create", Refuse(20429), times=1)
    with pytest.raises(Exception, match="Too many requests"):
        credential(served, "iPhone")
    served.client().notify.v1.services.create(friendly_name="Shop")

    def numbers(**criteria: Any) -> list[int]:
        return [call["number"] for call in ask(served, "list_calls", **criteria)["calls"]]

    assert numbers(call="credential.*") == [2, 1]
    assert numbers(status="4xx") == [2]
    assert numbers(account=served.auth[0]) == [3, 2, 1]
    assert numbers(text="FriendlyName=Shop") == [3]
    assert ask(served, "list_calls", text="Tablet")["note"].startswith("None of the 3 calls that are kept matches")


def test_an_empty_journal_says_how_to_connect(served: Emulator) -> None:
    assert ask(served, "list_calls") == {"calls": [], "kept": 0, "note": f"No call has arrived. {CONNECTION}"}


def test_a_failed_delivery_comes_with_cause_remedy_and_evidence(served: Emulator) -> None:
    notification = push(served)
    found = ask(served, "list_deliveries", notification=notification)
    (delivery,) = found["deliveries"]
    assert (delivery["state"], delivery["code"], delivery["identity"]) == ("failed", 52005, "alice")
    (code,) = found["codes"]
    assert code["code"] == 52005
    assert code["cause"]
    assert code["remedy"]
    assert code["evidence"] in ("observed", "documented", "inferred")


def test_deliveries_are_found_by_state_and_what_is_left_out_is_said(served: Emulator) -> None:
    push(served)
    push(served, secret=fcm_service_account())
    (sent,) = ask(served, "list_deliveries", state="sent", channel="fcm", identity="alice")["deliveries"]
    assert json.loads(sent["payload"])["message"]["data"] == {"twi_body": "Hello"}
    assert ask(served, "list_deliveries", code=52005)["deliveries"][0]["state"] == "failed"
    found = ask(served, "list_deliveries", limit=1)
    assert found["note"] == f"There are older deliveries. Ask again with before={found['deliveries'][0]['sid']}."
    assert ask(served, "list_deliveries", before=found["deliveries"][0]["sid"])["kept"] == 2


def test_an_empty_list_of_deliveries_says_where_to_look(served: Emulator) -> None:
    assert "list_calls" in ask(served, "list_deliveries")["note"]
    push(served)
    assert ask(served, "list_deliveries", identity="bob")["note"].startswith("None of the 1 deliveries that are kept")


def test_a_notification_without_recipients_is_an_alert_with_its_code(served: Emulator) -> None:
    service = served.services.add()
    notification = served.client().notify.v1.services(service.sid).notifications.create(identity=["bob"], body="Hi")
    found = ask(served, "list_deliveries")
    assert [one["notification_sid"] for one in found["alerts"]] == [notification.sid]
    assert [one["code"] for one in found["codes"]] == [found["alerts"][0]["code"]]


def test_long_payloads_and_requests_are_cut_and_say_so(served: Emulator) -> None:
    push(served, body="x" * 3000, secret=fcm_service_account())
    (delivery,) = ask(served, "list_deliveries")["deliveries"]
    assert len(delivery["payload"]) < 2050
    assert delivery["payload"].endswith("more characters)")
    (call,) = ask(served, "list_calls")["calls"]
    assert len(call["request"]) < 550


@pytest.mark.parametrize(
    ("language", "start"), [("pytest", "def test_"), ("curl", "curl "), ("python", "from twilio"), ("node", "const ")]
)
def test_a_call_is_reproduced_in_a_language(served: Emulator, language: str, start: str) -> None:
    credential(served)
    found = ask(served, "reproduce_call", number=1, language=language)
    assert found["text"].startswith(start)
    assert found["call"]["call"] == "credential.create"


def test_by_default_the_code_is_the_pytest_test_of_the_control_api(served: Emulator) -> None:
    push(served)
    exchange = ControlClient(served.url, None).ask("GET", "journal/1")
    assert ask(served, "reproduce_call", number=1)["text"] == exchange["copy_as"]["pytest"]


def test_a_refused_call_says_by_which_rule_and_how_well_that_is_known(served: Emulator) -> None:
    served.app.test_client().get("/v1/Credentials/CRno", auth=served.auth)
    found = ask(served, "reproduce_call", number=1)
    assert found["call"]["status"] == 404
    assert found["evidence"] in ("observed", "documented", "inferred")
    assert found["rule"]
    assert found["source"]


def test_a_language_without_code_names_those_that_have(served: Emulator) -> None:
    served.journal.keep_bodies = False
    credential(served)
    remedy = "ask for one of: curl, node, pytest, python"
    assert remedy in refused(served, "reproduce_call", number=1, language="vcr")


def test_code_that_is_too_long_to_show_is_in_the_inspector(served: Emulator) -> None:
    served.app.test_client().post("/v1/Credentials", auth=served.auth, data={"FriendlyName": "x" * 12_000})
    assert f"copy it from {served.url}/_mock/" in refused(served, "reproduce_call", number=1)


def test_a_fault_is_added_and_removed(served: Emulator) -> None:
    fault = {"effect": "refuse", "call": "credential.create", "times": 1, "options": {"code": 20429}}
    (rule,) = ask(served, "arrange_fault", **fault)["rules"]
    assert (rule["effect"], rule["call"], rule["times"], rule["code"]) == ("refuse", "credential.create", 1, 20429)
    with pytest.raises(Exception, match="Too many requests"):
        credential(served)
    assert ask(served, "arrange_fault")["rules"][0]["fired"] == 1
    assert ask(served, "arrange_fault", remove=rule["name"]) == {"rules": []}


def test_a_scenario_is_added_and_removed(served: Emulator) -> None:
    assert ask(served, "arrange_fault", scenario="outage")["rules"]
    assert ask(served, "arrange_fault", remove="outage") == {"rules": []}
    ask(served, "arrange_fault", scenario="slow")
    assert ask(served, "arrange_fault", remove="all") == {"rules": []}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"effect": "refuze"}, "did you mean refuse?"),
        ({"effect": "refuse", "call": "credential.creat"}, "did you mean credential.create?"),
        ({"effect": "refuse", "options": {"cod": 1}}, "cod"),
        ({"effect": "drop", "scenario": "outage"}, "give one of effect, scenario, remove"),
        ({"call": "credential.create"}, "give one of: refuse"),
        ({"effect": "drop", "options": {"call": "binding.*"}}, "options.call: is an argument of its own"),
        ({"remove": "no-such"}, "no-such"),
        ({"scenario": "outtage"}, "did you mean outage?"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_a_remedy(
    served: Emulator, arguments: dict[str, Any], message: str
) -> None:
    assert message in refused(served, "arrange_fault", **arguments)
    assert len(served.faults) == 0


def test_the_clock_is_frozen_advanced_and_resumed(served: Emulator) -> None:
    assert ask(served, "move_clock", freeze="2030-01-01") == {"now": "2030-01-01T00:00:00+00:00", "frozen": True}
    assert ask(served, "move_clock", advance="2h")["now"] == "2030-01-01T02:00:00+00:00"
    assert ask(served, "move_clock", set_to="2031-01-01")["now"] == "2031-01-01T00:00:00+00:00"
    assert ask(served, "move_clock", freeze="now")["now"] == "2031-01-01T00:00:00+00:00"
    assert ask(served, "move_clock")["frozen"] is True
    assert ask(served, "move_clock", resume=True)["frozen"] is False
    assert "give one of them" in refused(served, "move_clock", advance="2h", resume=True)
    assert "advance" in refused(served, "move_clock", advance="soon")


def test_the_state_is_saved_restored_and_reset(served: Emulator) -> None:
    credential(served)
    assert ask(served, "restore_state", action="checkpoint", name="a b/c")["requests"] == 1
    assert ask(served, "restore_state", action="reset") == {"done": "reset", "requests": 0, "faults": 0}
    assert ask(served, "restore_state", action="restore", name="a b/c")["done"] == "restored a b/c"
    assert len(served.credentials) == 1
    assert "no-such" in refused(served, "restore_state", action="restore", name="no-such")


def test_a_code_is_explained_with_its_evidence(served: Emulator) -> None:
    found = ask(served, "explain_code", code=20429)
    assert found["messages"] == ["429: Too many requests"]
    assert found["arrangements"]
    assert "20003" in refused(served, "explain_code", code=20002)


def test_an_argument_that_a_tool_does_not_have_is_refused(served: Emulator) -> None:
    assert refused(served, "list_calls", lmit=3) == "list_calls: unknown key 'lmit'; did you mean limit?"
    assert "less than or equal to 100" in refused(served, "list_calls", limit=1000)


def test_a_token_that_is_missing_or_wrong_names_the_option() -> None:
    with Emulator(control_token="right") as emulator:
        for token in (None, "wrong"):
            message = refused(emulator, "list_calls", token)
            assert message.endswith("start notify-mock mcp with --control-token or NOTIFY_MOCK_CONTROL_TOKEN")


def test_a_server_that_has_stopped_is_named_with_what_to_do() -> None:
    with Emulator() as emulator:
        url = emulator.url
        server = server_for(emulator)
    (result,) = ask_all(server, ("list_calls", {}))
    assert f"cannot reach {url}" in result.content[0].text
    assert "start notify-mock serve" in result.content[0].text


def test_a_server_of_another_version_is_named(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ControlClient, "ask", lambda *_, **__: {"count": 1, "exchanges": [{"number": 1}]})
    assert "use the same version for both" in refused(served, "list_calls")


def test_a_name_that_is_empty_or_endless_is_refused(served: Emulator) -> None:
    assert "at least 1 character" in refused(served, "arrange_fault", remove="")
    for name in ("", "x" * 1000):
        assert "character" in refused(served, "restore_state", action="checkpoint", name=name)


def test_every_tool_has_a_valid_schema_and_says_when_to_use_it(served: Emulator) -> None:
    from jsonschema import Draft202012Validator

    tools = listed(served)
    assert len(tools) == 7
    for tool in tools:
        assert "Use " in tool.description
        assert not tool.description.count("\n    "), tool.description
        assert tool.annotations is not None
        for schema in (tool.input_schema, tool.output_schema):
            Draft202012Validator.check_schema(schema)
        assert tool.input_schema["additionalProperties"] is False
        assert all(one.get("description") for one in tool.input_schema["properties"].values()), tool.name


def test_the_tools_that_return_what_the_program_wrote_say_that_it_is_data(served: Emulator) -> None:
    saying = {
        tool.name for tool in listed(served) if "data" in tool.description and "not instructions" in tool.description
    }
    assert saying == {"list_calls", "reproduce_call", "list_deliveries"}


def test_the_schemas_name_every_effect_and_scenario(served: Emulator) -> None:
    (tool,) = (one for one in listed(served) if one.name == "arrange_fault")
    properties = tool.input_schema["properties"]
    assert properties["effect"]["enum"] == [*BY_KIND, None]
    assert properties["scenario"]["enum"] == [*scenario_names(), None]


def test_the_tools_that_change_nothing_say_so(served: Emulator) -> None:
    hints = {tool.name: (tool.annotations.read_only_hint, tool.annotations.destructive_hint) for tool in listed(served)}
    reading = ("list_calls", "reproduce_call", "list_deliveries", "explain_code")
    assert hints == {
        **dict.fromkeys(reading, (True, None)),
        "arrange_fault": (False, False),
        "move_clock": (False, False),
        "restore_state": (False, True),
    }


def test_no_tool_returns_a_secret() -> None:
    pair = apn_pair("com.example.app")
    account = fcm_service_account()
    auth = ("AC" + "1" * 32, "hush-token")
    with Emulator(accounts=[":".join(auth)], control_token="hush-control", keep_bodies=True) as emulator:
        credentials = emulator.client().notify.v1.credentials
        credentials.create(type="apn", certificate=pair.certificate, private_key=pair.private_key)
        credentials.create(type="fcm", secret=account)
        credentials.create(type="gcm", api_key="hush-key")
        service = emulator.client().notify.v1.services.create(
            delivery_callback_url="http://user:hush-password@127.0.0.1:1/hook?token=hush-query",
            delivery_callback_enabled=True,
        )
        emulator.bindings.add(service_sid=service.sid, identity="alice", binding_type="apn", address="a" * 64)
        emulator.client().notify.v1.services(service.sid).notifications.create(identity=["alice"], body="Hello")
        emulator.app.test_client().get("/v1/Services?Token=hush-unknown", auth=(auth[0], "hush-wrong"))
        for key in (pair.private_key, "AIza" + "hush" * 9):
            emulator.app.test_client().get(f"/v1/Credentials/{quote(key)}", auth=auth)
        emulator.faults.read({"call": "*", "effect": "delay", "seconds": 0, "headers": {"Authorization": "hush*"}}, "x")
        server = server_for(emulator, "hush-control")
        count, kept = len(emulator.journal), json.dumps(emulator.export()).replace("\\\\n", "\\n")
        asked = [
            *(
                ("reproduce_call", {"number": number, "language": language})
                for number in range(1, count + 1)
                for language in ("pytest", "python", "curl", "node", "vcr")
            ),
            *((name, {}) for name in ("list_calls", "list_deliveries", "arrange_fault", "move_clock")),
            ("explain_code", {"code": 20003}),
            ("list_calls", {"text": "hush"}),
            ("arrange_fault", {"effect": "refuze", "options": {"headers": {"Authorization": "x"}}}),
            ("restore_state", {"action": "checkpoint"}),
        ]
        text = "\n".join(result.model_dump_json() for result in ask_all(server, *asked))
    assert count >= 6
    assert "hush" not in text
    for key in (pair.private_key, json.loads(account)["private_key"]):
        for line in key.strip().splitlines()[1:-1]:
            assert line in kept
            assert line not in text
            assert quote(line) not in text
