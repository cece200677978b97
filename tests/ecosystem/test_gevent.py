"""The server and the pytest plugin with the sockets and threads of gevent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from helpers.programs import CALLS, run


@pytest.mark.parametrize("is_first", [True, False], ids=["patched first", "patched later"])
def test_gevent(is_first: bool) -> None:
    """Threads are greenlets: none of them may block the others."""
    patch = "from gevent import monkey\nmonkey.patch_all()\n"
    use = """
import gevent
with Emulator(tls=True, other_hosts="tunnel") as emulator:
    check(emulator.url)
    emulator.faults.add("credential.list", Delay(0.2))
    jobs = [gevent.spawn(send, emulator.url, LAST_LIST) for _ in range(5)]
    gevent.joinall(jobs, timeout=20, raise_error=True)
    assert {job.value.status for job in jobs} == {"HTTP/1.1 200 OK"}
    emulator.close()
    check(emulator.url)
print("done")
"""
    code = patch + CALLS + use if is_first else patch + use
    assert run(code) == "done\n"


def test_a_suite_patched_by_gevent(project: pytest.Pytester, check: Callable[..., object]) -> None:
    project.makeconftest(f"from gevent import monkey\nmonkey.patch_all()\n{(project.path / 'conftest.py').read_text()}")
    project.makepyfile(
        """
        import gevent
        import pytest
        from application import welcome

        @pytest.mark.parametrize("user", ["alice", "alicia"])
        def test_welcome(notify_mock, service_sid, user):
            gevent.spawn(welcome, service_sid, "alice").get(timeout=20)
            notify_mock.deliveries.expect(identity=user, body="Welcome", count=1)
        """
    )
    check(passed=1)
