"""A client of the control API of an emulator in another process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from notify_mock.control_api.guard import TOKEN_HEADER
from notify_mock.support.usage import UsageError

_TIMEOUT_SECONDS = 60.0
_MAX_TARGET = 8000
_START = "start notify-mock serve, or give its URL"


class ControlError(UsageError):
    """The control API refused a request. ``message`` is its reason, ``status`` that of the response."""

    def __init__(self, url: str, status: int, message: str) -> None:
        self.status, self.message = status, message
        super().__init__("control_token" if status == 401 else "url", f"{url} answered {status}: {message}")


class ControlClient:
    """A client of the emulator at ``url``, a base URL. ``token`` is its control token, or None."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url, self._token = url, token

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Any:
        """Send a request for ``path``, such as ``faults``, and return the JSON of the response, None without a body.

        Names in ``path`` are quoted already. Values of ``query`` that are None are left out. Raises ``ControlError`` if
        the emulator refuses, and ``UsageError`` if there is none at the URL, or if ``path`` and ``query`` are too long.
        A redirect is not followed: the control token would go with it.
        """
        from http.client import HTTPException
        from urllib.error import HTTPError, URLError
        from urllib.parse import urlencode
        from urllib.request import HTTPDefaultErrorHandler, HTTPErrorProcessor, HTTPHandler, OpenerDirector, Request

        given = urlencode({name: value for name, value in (query or {}).items() if value is not None})
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        if self._token is not None:
            headers[TOKEN_HEADER] = self._token
        target = f"{self.url}/_mock/{path}{'?' if given else ''}{given}"
        if len(target) > _MAX_TARGET:
            raise UsageError("arguments", f"are too long for a URL: {len(target)} characters", "give shorter ones")
        request = Request(target, content, headers, method=method)  # noqa: S310 - http only, see read_url
        opener = OpenerDirector()
        for handler in (HTTPHandler(), HTTPDefaultErrorHandler(), HTTPErrorProcessor()):
            opener.add_handler(handler)
        try:
            with opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
                text = response.read()
                return json.loads(text) if text else None
        except HTTPError as error:
            raise ControlError(self.url, error.code, _message(error.read())) from error
        except (URLError, OSError) as error:
            raise UsageError("url", f"cannot reach {self.url}: {getattr(error, 'reason', error)}", _START) from error
        except (ValueError, HTTPException) as error:
            raise UsageError("url", f"{self.url} is not a notify-mock server", _START) from error


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return "no reason given; is it a notify-mock server?"
