"""The server in a process that forks."""

from __future__ import annotations

import os

import pytest
from helpers.programs import run


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_uses_the_parents_server_and_does_not_disturb_it() -> None:
    code = """
import multiprocessing, os, warnings
warnings.simplefilter("ignore", DeprecationWarning)

def child(emulator):
    check(emulator.url)
    emulator.close()

with Emulator() as emulator, dial(emulator.url) as kept:
    kept.sendall(LIST)
    assert read_answer(kept).status == "HTTP/1.1 200 OK"
    processes = multiprocessing.get_context("fork")
    for _ in range(3):
        process = processes.Process(target=child, args=(emulator,))
        process.start()
        process.join(20)
        assert process.exitcode == 0
    sys.stdout.flush()
    if (pid := os.fork()) == 0:
        check(emulator.url)
        sys.exit()  # with Python's whole shutdown
    assert os.waitpid(pid, 0)[1] == 0
    kept.sendall(LIST)
    assert read_answer(kept).status == "HTTP/1.1 200 OK"
    check(emulator.url)
    url = emulator.url
try:
    dial(url)
except ConnectionRefusedError:
    print("done")
"""
    assert run(code) == "done\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_goes_on_does_not_keep_the_parents_connections_open() -> None:
    code = """
import multiprocessing, warnings
from notify_mock import Drop
warnings.simplefilter("ignore", DeprecationWarning)

def child(goes_on):
    goes_on.wait(60)

processes = multiprocessing.get_context("fork")
goes_on = processes.Event()
with Emulator() as emulator, dial(emulator.url) as kept:
    kept.sendall(LIST)
    assert read_answer(kept).status == "HTTP/1.1 200 OK"
    process = processes.Process(target=child, args=(goes_on,))
    process.start()
    emulator.faults.add("credential.list", Drop())
    kept.sendall(LIST)
    assert kept.recv(1) == b""
    goes_on.set()
    process.join(20)
print("done")
"""
    assert run(code) == "done\n"
