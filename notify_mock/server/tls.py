"""The server's TLS for Twilio's hosts: one context per host, created on the first request for it."""

from __future__ import annotations

import ssl
import tempfile
from functools import cached_property
from pathlib import Path
from threading import Lock

from notify_mock.certificate_authority.authority import Authority
from notify_mock.certificate_authority.certificates import Pair, issue
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.hosts import is_twilio, plain

_ALPN = ["http/1.1"]
_MAX_HOSTS = 256
_DEFAULT_HOST = "notify.twilio.com"


class Tls:
    """``authority`` signs the certificates; by default that of this machine, read when TLS is first
    used, or a temporary one if the user has no folder for it."""

    def __init__(self, authority: Authority | None = None) -> None:
        self.authority = authority or Authority(or_temporary=True)
        self._lock = Lock()
        self._contexts: dict[str, ssl.SSLContext] = {}

    @cached_property
    def ca(self) -> Pair:
        """The authority's certificate and key."""
        return self.authority.pair()

    @cached_property
    def client_context(self) -> ssl.SSLContext:
        """For clients in this process: trusts only the authority."""
        return ssl.create_default_context(cadata=self.ca.certificate)

    def prepare(self, host: str = "") -> ssl.SSLContext:
        """Return the context for an emulated host; its connections switch to the host that the client names (SNI).

        Raises ``UsageError`` if there can be no certificate for it.
        """
        try:
            return self._context(host or _DEFAULT_HOST)
        except OSError as error:
            place = error.filename or "the folder for temporary files"
            wrong = f"cannot be written: {error.strerror or error}"
            raise UsageError(str(place), wrong, "set TMPDIR to another folder") from error

    def _context(self, host: str) -> ssl.SSLContext:
        with self._lock:
            if host not in self._contexts:
                if len(self._contexts) >= _MAX_HOSTS:
                    self._contexts.clear()
                self._contexts[host] = self._made(issue(self.ca, host))
            return self._contexts[host]

    def _made(self, pair: Pair) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(_ALPN)
        context.sni_callback = self._switch
        with tempfile.TemporaryDirectory(prefix="notify-mock-") as folder:
            file = Path(folder, "pair.pem")
            file.touch(mode=0o600)
            file.write_text("".join(pair))
            context.load_cert_chain(file)
        return context

    def _switch(self, connection: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        """Switch to the certificate of the host that the client names."""
        host = plain(name or "")
        if is_twilio(host):
            connection.context = self._context(host)
