"""Ways to send a notification: to an HTTP address, or one of apprise's."""

from __future__ import annotations

import importlib.util
import logging
import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from pkgops.flows.notify import events
from pkgops.kube import proxies
from pkgops.model.announcement import Announcement
from pkgops.settings.notify import HTTP, NotifySetting

SECONDS = 5.0
"""How long one attempt may take."""


class Unsent(Exception):
    """An attempt failed; the message contains nothing secret.

    Attributes:
        final: whether another one would fail the same way.
    """

    def __init__(self, message: str, *, final: bool = False) -> None:
        super().__init__(message)
        self.final = final


Send = Callable[[], None]
Sender = Callable[[Announcement], Send]
"""Returns a function for an announcement that is called until it does not raise Unsent."""


def sender(setting: NotifySetting, environ: Mapping[str, str]) -> Sender:
    """Return the sender for an address.

    Raises:
        Unsent: a variable is not set, a file cannot be read, or it needs apprise, which is not installed.
    """
    url = setting.url or _secret(setting.url_variable, setting.url_file, environ)
    if urlsplit(url).scheme.lower() in HTTP:
        token = _secret(setting.token_variable, setting.token_file, environ)
        return _http(url, token, environ, binary=setting.binary)
    if importlib.util.find_spec("apprise") is None:
        raise Unsent(
            'only apprise can reach it, which is not installed: pip install "pkgops[notify]"', final=True
        )
    return _apprise(url)


def _secret(variable: str, file: str, environ: Mapping[str, str]) -> str:
    if variable:
        value = environ.get(variable, "").strip()
        if not value:
            raise Unsent(f"${variable} is not set", final=True)
        return value
    if not file:
        return ""
    try:
        value = Path(file).expanduser().read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unsent(f"{file} cannot be read: {type(error).__name__}", final=True) from error
    if not value:
        raise Unsent(f"{file} is empty", final=True)
    return value


def _http(url: str, token: str, environ: Mapping[str, str], *, binary: bool) -> Sender:
    def prepared(found: Announcement) -> Send:
        made = events.event(found, str(uuid.uuid4()))
        request = events.binary(made) if binary else events.structured(made)
        headers = {**request.headers, **({"Authorization": f"Bearer {token}"} if token else {})}
        return lambda: _post(url, headers, request.body, proxies.from_environment(url, environ))

    return prepared


class _NoRedirect(HTTPRedirectHandler):
    """Redirects are not followed: they would take the token to another place."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _post(url: str, headers: Mapping[str, str], body: bytes, proxy: str) -> None:
    scheme = urlsplit(url).scheme.lower()
    if urlsplit(proxy).scheme.startswith("socks"):
        raise Unsent("a SOCKS proxy is named for it, which is not used for this", final=True)
    opener = build_opener(ProxyHandler({scheme: proxy} if proxy else {}), _NoRedirect())
    request = Request(url, body, dict(headers), method="POST")  # noqa: S310 - http or https, see sender
    try:
        with opener.open(request, timeout=SECONDS):
            pass
    except HTTPError as error:
        with error:
            again = (
                error.code == HTTPStatus.TOO_MANY_REQUESTS or error.code >= HTTPStatus.INTERNAL_SERVER_ERROR
            )
        raise Unsent(f"HTTP {error.code}", final=not again) from error
    except (URLError, OSError, HTTPException, ValueError) as error:
        # Not its text: it may contain the whole address.
        cause = error.reason if isinstance(error, URLError) else error
        raise Unsent(type(cause).__name__) from error


def _apprise(url: str) -> Sender:
    def prepared(found: Announcement) -> Send:
        title = events.title(found)
        return lambda: _message(url, title, found.message or title)

    return prepared


def _message(url: str, title: str, body: str) -> None:
    try:
        import apprise
    except Exception as error:
        # It may be installed but unusable: too old for this Python, or for a library that it needs.
        reason = f"apprise cannot be loaded: {type(error).__name__}: {error}; pip install --upgrade apprise"
        raise Unsent(reason, final=True) from error

    # Its log would show addresses with their tokens.
    logging.getLogger("apprise").disabled = True
    service = apprise.Apprise()
    if not service.add(url):
        raise Unsent("apprise does not support such an address", final=True)
    if not service.notify(title=title, body=body):
        raise Unsent("apprise could not send it")
