"""The clients, and the variables of ``notify-mock exec`` that each of them needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from clients.installing import Installed, curl, fetch, java, node, php, python, ruby


class Client(NamedTuple):
    """A client. It runs with all variables, then only with those in ``needed`` (none if it runs in this process)."""

    name: str
    program: str
    find: Callable[[str], Installed]
    needed: tuple[str, ...]


CLIENTS = (
    *(
        Client(f"twilio-python {major}, in the process of a test", "python_sync.py", find, ())
        for major in (9, 8, 7, 6)
        for find in [partial(python, major=major, in_process=True)]
    ),
    Client(
        "twilio-python 9 async, in the process of a test",
        "python_async.py",
        partial(python, major=9, in_process=True),
        (),
    ),
    *(
        Client(
            f"twilio-python {major}",
            "python_sync.py",
            partial(python, major=major),
            ("HTTPS_PROXY", "REQUESTS_CA_BUNDLE"),
        )
        for major in (9, 8, 7)
    ),
    Client(
        "twilio-python 6", "python_sync.py", partial(python, major=6), ("HTTPS_PROXY", "PYTHONPATH", "SSL_CERT_FILE")
    ),
    Client(
        "twilio-python 9 async",
        "python_async.py",
        partial(python, major=9),
        ("HTTPS_PROXY", "PYTHONPATH", "SSL_CERT_FILE"),
    ),
    Client(
        "twilio-node 6",
        "node.js",
        partial(node, package="twilio", requirement="^6"),
        ("HTTP_PROXY", "NODE_EXTRA_CA_CERTS"),
    ),
    Client(
        "twilio-cli 6",
        "twilio_cli.sh",
        partial(node, package="twilio-cli", requirement="^6"),
        ("HTTP_PROXY", "NODE_EXTRA_CA_CERTS"),
    ),
    Client("fetch of Node", "fetch.mjs", fetch, ("HTTPS_PROXY", "NODE_OPTIONS", "NODE_EXTRA_CA_CERTS")),
    Client("curl", "curl.sh", curl, ("HTTPS_PROXY", "CURL_CA_BUNDLE")),
    Client("PHP with cURL", "curl.php", php, ("HTTPS_PROXY", "PHP_INI_SCAN_DIR", "SSL_CERT_FILE")),
    Client("Ruby with Net::HTTP", "net_http.rb", ruby, ("http_proxy", "SSL_CERT_FILE")),
    Client("Java with HttpClient", "Client.java", partial(java, at_least=17), ("JAVA_TOOL_OPTIONS",)),
)
