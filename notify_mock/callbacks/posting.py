"""Sends a POST over a socket to an address that has already been resolved and checked."""

from __future__ import annotations

from urllib.parse import urlsplit

from notify_mock.callbacks.target import Target
from notify_mock.engine.attempts import Reply, Request

_MAX_READ = 64 * 1024


def post(request: Request, target: Target, timeout: float) -> Reply:
    """Send the request; tries the addresses in order. Does not follow redirects, which could lead to any host."""
    from urllib3.exceptions import HTTPError

    failures = []
    for address in target.addresses:
        try:
            return _post(request, target, address, timeout)
        except HTTPError as error:
            failures.append(_words(error))
    return Reply(None, f"no response: {failures[0]}")


def _post(request: Request, target: Target, address: str, timeout: float) -> Reply:
    """Raises urllib3's ``HTTPError``."""
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

    pool: HTTPConnectionPool
    if target.scheme == "https":
        pool = HTTPSConnectionPool(
            address, target.port, timeout=timeout, assert_hostname=target.host, server_hostname=target.host
        )
    else:
        pool = HTTPConnectionPool(address, target.port, timeout=timeout)
    headers = {"Host": urlsplit(request.url).netloc, **request.headers}
    with pool:
        response = pool.urlopen(
            "POST",
            target.path,
            request.body,
            headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
        )
        try:
            response.read(_MAX_READ)
        finally:
            response.close()
        return Reply(response.status)


def _words(error: Exception) -> str:
    """Return the error text, without the object that urllib3 puts in front."""
    return str(error).rpartition(">: ")[2] or type(error).__name__
