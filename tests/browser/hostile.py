"""A web site of another origin that attacks an emulator."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("hostile.html")


class _Hostile(BaseHTTPRequestHandler):
    def __init__(self, page: str, *args: Any) -> None:
        self.page = page.encode()
        super().__init__(*args)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *args: Any) -> None:
        pass


@contextlib.contextmanager
def hostile_site(target: str, *, sandboxed: bool = False) -> Iterator[str]:
    """Serve a page that attacks ``target``; ``sandboxed`` puts it in a frame with the origin ``null``."""
    page = PAGE.read_text().replace("TARGET", target)
    if sandboxed:
        quoted = page.replace("&", "&amp;").replace('"', "&quot;")
        page = f'<iframe sandbox="allow-scripts allow-forms" srcdoc="{quoted}"></iframe>'
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Hostile, page)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()
