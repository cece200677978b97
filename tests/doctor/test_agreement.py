"""What the doctor says of a file is what the emulator does with it, for every sample."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

import pytest
from helpers.calls import ask
from helpers.credential_files import Sample, now, samples

from notify_mock import Answer, Delivery, Emulator
from notify_mock.doctor.case import case_of
from notify_mock.doctor.contents import read_contents
from notify_mock.doctor.diagnose import diagnose, sent_by

SAMPLES = pytest.mark.parametrize("sample", [pytest.param(one, id=name) for name, one in samples().items()])
ADDRESSES = {"apn": "a" * 64, "fcm": "token"}


def create(emulator: Emulator, parameters: Mapping[str, str]) -> Answer:
    return ask(emulator, "POST", "/v1/Credentials", **parameters)


def push(emulator: Emulator, sid: str) -> Delivery:
    """Push once with the credential, and return the delivery."""
    kind = emulator.credentials[sid].type
    service = emulator.services.add(apn_credential_sid=sid, fcm_credential_sid=sid)
    binding = {"binding_type": kind, "address": ADDRESSES[kind]}
    answer = ask(
        emulator, "POST", f"/v1/Services/{service.sid}/Notifications", Body="Hi", ToBinding=json.dumps(binding)
    )
    assert answer.status == 201
    (delivery,) = emulator.deliveries
    return delivery


@SAMPLES
def test_the_emulator_does_with_the_files_what_the_doctor_says(emulator: Emulator, sample: Sample) -> None:
    diagnosis = diagnose(sample.files, sample.password, now())
    case = case_of([read_contents(name, content, sample.password) for name, content in sample.files.items()])
    if case.type is None:
        assert not diagnosis.ok
        return
    answer = create(emulator, sent_by(case))
    if diagnosis.when == "create":
        assert (answer.status, json.loads(answer.body)["code"]) == (400, diagnosis.code)
        assert json.loads(answer.body)["message"] in diagnosis.findings[0].text
        return
    assert answer.status == 201
    delivery = push(emulator, json.loads(answer.body)["sid"])
    assert delivery.code == diagnosis.code
    assert (delivery.code is None) == diagnosis.ok


@SAMPLES
def test_the_emulator_accepts_the_mended_parameters(emulator: Emulator, sample: Sample) -> None:
    diagnosis = diagnose(sample.files, sample.password, now())
    if not diagnosis.parameters:
        assert diagnosis.when in ("create", None)
        assert not diagnosis.ok
        return
    answer = create(emulator, diagnosis.parameters)
    assert answer.status == 201
    delivery = push(emulator, json.loads(answer.body)["sid"])
    at_push = [finding.code for finding in diagnosis.findings if finding.when == "push"]
    if delivery.code is not None:
        assert at_push == [delivery.code]
    elif at_push:  # mending has removed the cause
        assert re.search("byte order mark|first certificate", diagnosis.findings[0].text)


@SAMPLES
def test_what_is_stored_is_diagnosed_like_its_files(emulator: Emulator, sample: Sample) -> None:
    diagnosis = diagnose(sample.files, sample.password, now())
    if diagnosis.parameters:
        sid = json.loads(create(emulator, diagnosis.parameters).body)["sid"]
        stored = emulator.doctor(sid)
        assert stored.ok == (push(emulator, sid).code is None)
        assert (stored.type, stored.certificate) == (diagnosis.type, diagnosis.certificate)


@SAMPLES
def test_no_secret_is_shown(sample: Sample) -> None:
    diagnosis = diagnose(sample.files, sample.password, now())
    shown = f"{diagnosis}\n{diagnosis!r}\n{json.dumps(diagnosis.describe())}"
    for content in sample.files.values():
        for word in re.findall(r"[\w+/=-]{30,}", content.decode("utf-8", "replace")):
            assert word not in shown or word.strip("-").isalpha() or "iam" in word
    assert sample.password is None or sample.password not in shown


@SAMPLES
def test_an_error_has_a_way_out(sample: Sample) -> None:
    for finding in diagnose(sample.files, sample.password, now()).findings:
        if finding.level == "error" and finding.code:
            assert finding.evidence
            assert finding.remedy or finding.commands or "no " in finding.text
