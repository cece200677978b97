"""Entries of cassettes, and the records in them."""

from __future__ import annotations

import json
from typing import Any

URL = "https://notify.twilio.com/v1/Credentials"
ACCOUNT = "AC" + "5" * 32
SID = "CR" + "1" * 32


def entry(method: str = "GET", uri: str = URL, status: int = 200, text: str = "{}", **more: Any) -> dict[str, Any]:
    form = more.pop("form", None)
    headers = {"Content-Type": ["application/x-www-form-urlencoded"]} if form is not None else {}
    return {
        "request": {"method": method, "uri": uri, "body": form, "headers": headers},
        "response": {
            "status": {"code": status, "message": "OK"},
            "headers": {"Content-Type": ["application/json"]},
            "body": {"string": text},
        },
        **more,
    }


def record(sid: str = SID, name: str = "x", account: str = ACCOUNT) -> str:
    return json.dumps(
        {
            "sid": sid,
            "account_sid": account,
            "friendly_name": name,
            "type": "fcm",
            "url": f"{URL}/{sid}",
            "sandbox": None,
        }
        | {"date_created": "2024-01-01T00:00:00Z", "date_updated": "2024-01-01T00:00:00Z"}
    )
