"""The client for APNs over a real connection, which is HTTP/2 and TLS. ``make ecosystem`` installs what it needs."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("h2", reason="needs h2; make ecosystem runs this test")

from fake_apns import KEY_ID, TEAM_ID, TOPIC
from http2_server import certificate, serving
from notifier import Push
from notifier.apns import Apns, ApnsKey, client
from worlds import DirectWorld


def test_pushes_go_over_one_connection_of_http_2(
    direct: DirectWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path)
    direct.uninstall("apn", "cd" * 32)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    versions = []
    with serving(direct.apns.answer, pem) as url, client(url) as http:
        http.event_hooks["response"].append(lambda response: versions.append(response.http_version))
        apns = Apns(ApnsKey(direct.apns.private_key, KEY_ID, TEAM_ID), TOPIC, http, direct.clock)
        results = [apns.send(token, Push("Parcels", "Größe")) for token in ("ab" * 32, "cd" * 32, "xx" * 32)]
    assert [result.outcome for result in results] == ["sent", "gone", "refused"]
    assert versions == ["HTTP/2"] * 3
    ((token, payload, _),) = direct.apns.received
    assert (token, payload["aps"]["alert"]["body"]) == ("ab" * 32, "Größe")
