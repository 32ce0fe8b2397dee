"""Admission webhooks of all groups: one https server, and what makes the API server ask it."""

from __future__ import annotations

import base64
import json
import logging
import ssl
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pkgops.kube import Client, Obj
from pkgops.platform import certificate
from pkgops.platform.config import PlatformConfig
from pkgops.platform.crds import MANAGER
from pkgops.platform.failures import REASON, ErrorCounter, sentence

log = logging.getLogger(__name__)

Reviewer = Callable[[Obj], Obj]
"""Turns an AdmissionReview into the one that answers it."""

Registrations = Callable[[str, str], list[Obj]]
"""Makes webhook configurations, given the server's root URL and its ``caBundle``."""

REGISTER_SECONDS = 120.0
"""How long registering is tried again while the API server answers with temporary errors."""

MAX_BODY = 16 * 1024 * 1024


class WebhookServer:
    """Answers admission reviews; listens only if some group has anything to answer."""

    def __init__(
        self, client: Client, config: PlatformConfig, now: Callable[[], datetime], counter: ErrorCounter
    ) -> None:
        self._client = client
        self._config = config
        self._now = now
        self._counter = counter
        self._answers: dict[str, Reviewer] = {}
        self._needed: set[str] = set()
        self._registrations: list[Registrations] = []
        self._server: ThreadingHTTPServer | None = None

    def on(self, path: str, answer: Reviewer, *, needed: bool = True) -> None:
        """Answer the reviews that come to ``path``.

        Where the answer is not ``needed``, an error in it holds nothing up: it only warns.
        """
        self._answers[path] = answer
        if needed:
            self._needed.add(path)

    def register(self, registrations: Registrations) -> None:
        """Apply these webhook configurations once the server listens."""
        self._registrations.append(registrations)

    def start(self) -> None:
        """Listen, then register the webhooks. Raises OSError if the port is taken."""
        if not self._answers:
            return
        config = self._config
        issued = certificate.ensure(config.data_dir, config.address, self._now())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.certificate, issued.key)
        server = ThreadingHTTPServer((config.address, config.webhook_port), _handler_class(self.answer))
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, name="admission", daemon=True).start()
        self._server = server
        root = f"https://{config.address}:{config.webhook_port}"
        for registrations in self._registrations:
            for obj in registrations(root, issued.bundle):
                self._client.retrying(REGISTER_SECONDS, known=True).apply(obj, manager=MANAGER)

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Return the HTTP status and the body that answer a request.

        An object that breaks the code of an answer is refused with what happened: the API server would only
        say that a webhook failed.
        """
        answer = self._answers.get(path)
        if answer is None:
            return 404, b"{}"
        try:
            review = json.loads(body)
            request = review["request"]
        except (KeyError, TypeError, ValueError) as error:
            log.warning("admission review not understood: %r", error)
            return 400, b"{}"
        try:
            return 200, json.dumps(answer(review)).encode()
        except Exception as error:
            log.warning("error %d of %s", self._counter.count(path), path, exc_info=error)
            if path not in self._needed:
                return 500, b"{}"
            refusal = {"code": 500, "reason": REASON, "message": sentence(error)}
            return 200, json.dumps(reviewed(request, refusal=refusal)).encode()

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def webhook(name: str, url: str, bundle: str, rule: Obj) -> Obj:
    """Return an entry of a webhook configuration: the API server refuses what it cannot ask about.

    Args:
        name: the webhook's name, a domain name.
        url: where this server answers.
        bundle: the authority's certificate, base64, as ``caBundle``.
        rule: which requests to ask about (``admissionregistration.k8s.io/v1`` ``rules[]``).
    """
    return {
        "name": name,
        "clientConfig": {"url": url, "caBundle": bundle},
        "rules": [rule],
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "timeoutSeconds": 10,
    }


def reviewed(
    request: Obj, *, refusal: Obj | None = None, patch: Sequence[Obj] = (), warnings: Sequence[str] = ()
) -> Obj:
    """Return the AdmissionReview that answers a request.

    Args:
        request: the review's ``request``.
        refusal: code, reason and message if it is refused.
        patch: the operations of a JSON patch that changes the object, if anything is to change.
        warnings: what the person who asked is told, whether it is refused or not.
    """
    response: Obj = {"uid": request["uid"], "allowed": refusal is None}
    if refusal is not None:
        response["status"] = refusal
    if patch:
        response["patchType"] = "JSONPatch"
        response["patch"] = base64.b64encode(json.dumps(patch).encode()).decode()
    if warnings:
        response["warnings"] = list(warnings)
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


def _handler_class(answer: Callable[[str, bytes], tuple[int, bytes]]) -> type[BaseHTTPRequestHandler]:
    class ReviewHandler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = min(int(self.headers.get("Content-Length") or 0), MAX_BODY)
            status, body = answer(self.path.partition("?")[0], self.rfile.read(size))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            log.debug(format, *args)

    return ReviewHandler
