"""The server of the admission webhooks of all groups, and their registration at the API server."""

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
from pkgops.platform.crds import MANAGER, OWN_LABEL
from pkgops.platform.failures import REASON, ErrorCounter, error_message

log = logging.getLogger(__name__)

Reviewer = Callable[[Obj], Obj]
"""Returns the AdmissionReview with the response to a request."""

Registrations = Callable[[str, str], list[Obj]]
"""Returns webhook configurations for the server's root URL and its ``caBundle``."""

REGISTRATION = "admissionregistration.k8s.io/v1"
MUTATING, VALIDATING = "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"

REGISTER_SECONDS = 120.0
"""How long the registration is retried while the API server returns temporary errors."""

MAX_BODY = 16 * 1024 * 1024


class WebhookServer:
    """Serves the admission webhooks over https; listens only if there is one."""

    def __init__(
        self, client: Client, config: PlatformConfig, now: Callable[[], datetime], counter: ErrorCounter
    ) -> None:
        self._client = client
        self._config = config
        self._now = now
        self._counter = counter
        self._reviewers: dict[str, Reviewer] = {}
        self._required: set[str] = set()
        self._registrations: list[Registrations] = []
        self._server: ThreadingHTTPServer | None = None

    def on(self, path: str, reviewer: Reviewer, *, required: bool = True) -> None:
        """Serve a webhook at ``path``.

        If it is not ``required``, an error in it does not refuse the object (``failurePolicy: Ignore``).
        """
        self._reviewers[path] = reviewer
        if required:
            self._required.add(path)

    def register(self, registrations: Registrations) -> None:
        """Apply webhook configurations once the server listens."""
        self._registrations.append(registrations)

    def start(self) -> None:
        """Listen, then register the webhooks. Raises OSError if the port is in use."""
        if not self._reviewers:
            return
        config = self._config
        issued = certificate.ensure(config.data_dir, config.address, self._now())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.certificate, issued.key)
        server = ThreadingHTTPServer((config.address, config.webhook_port), _handler_class(self.handle))
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, name="admission", daemon=True).start()
        self._server = server
        root = f"https://{config.address}:{config.webhook_port}"
        own = [obj for registrations in self._registrations for obj in registrations(root, issued.bundle)]
        client = self._client.retrying(REGISTER_SECONDS, known=True)
        for obj in own:
            client.apply(obj, manager=MANAGER)
        _delete_others(client, own)

    def handle(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Return the HTTP status and the body of the response to a request.

        After an unexpected error the object is refused with its message: otherwise the API server's message
        would only be that the webhook failed.
        """
        reviewer = self._reviewers.get(path)
        if reviewer is None:
            return 404, b"{}"
        try:
            review = json.loads(body)
            request = review["request"]
        except (KeyError, TypeError, ValueError) as error:
            log.warning("admission review not understood: %r", error)
            return 400, b"{}"
        try:
            return 200, json.dumps(reviewer(review)).encode()
        except Exception as error:
            log.warning("error %d of %s", self._counter.count(path), path, exc_info=error)
            if path not in self._required:
                return 500, b"{}"
            refusal = {"code": 500, "reason": REASON, "message": error_message(error)}
            return 200, json.dumps(reviewed(request, refusal=refusal)).encode()

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()


def _delete_others(client: Client, own: Sequence[Obj]) -> None:
    """Delete the local platform's configurations of the same groups that are not among ``own``.

    Another version of pkgops, or one with another configuration, left them on this cluster. Nothing
    serves their webhooks, so the API server would refuse the objects.
    """
    registered = [obj for obj in own if obj["kind"] in (MUTATING, VALIDATING)]
    names = {(obj["kind"], obj["metadata"]["name"]) for obj in registered}
    groups = {obj["metadata"]["labels"][OWN_LABEL] for obj in registered}
    for kind in (MUTATING, VALIDATING):
        for obj in client.list(REGISTRATION, kind, labels=OWN_LABEL).items:
            meta = obj["metadata"]
            if meta["labels"][OWN_LABEL] in groups and (kind, meta["name"]) not in names:
                log.info("deleting %s %s, which is not served", kind, meta["name"])
                client.delete(REGISTRATION, kind, meta["name"], uid=meta["uid"])


def configuration(kind: str, name: str, group: str, webhooks: Sequence[Obj]) -> Obj:
    """Return a webhook configuration.

    Args:
        kind: MUTATING or VALIDATING.
        name: its name.
        group: the group of controllers of which it is, for its label.
        webhooks: its entries.
    """
    meta = {"name": name, "labels": {OWN_LABEL: group}}
    return {"apiVersion": REGISTRATION, "kind": kind, "metadata": meta, "webhooks": list(webhooks)}


def webhook(name: str, url: str, bundle: str, rule: Obj) -> Obj:
    """Return an entry of a webhook configuration, with ``failurePolicy: Fail``.

    Args:
        name: the webhook's name, a domain name.
        url: the URL of the webhook.
        bundle: the CA certificate in base64, for ``caBundle``.
        rule: the requests for which it is called (``admissionregistration.k8s.io/v1`` ``rules[]``).
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
    """Return the AdmissionReview with the response to a request.

    Args:
        request: the ``request`` of the AdmissionReview.
        refusal: code, reason and message if it is refused.
        patch: the operations of a JSON patch of the object, if any.
        warnings: the warnings of the response, which are returned whether it is refused or not.
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


def _handler_class(handle: Callable[[str, bytes], tuple[int, bytes]]) -> type[BaseHTTPRequestHandler]:
    class ReviewHandler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the acknowledgement of its head
        wbufsize = -1  # head and body leave together

        def do_POST(self) -> None:
            size = min(int(self.headers.get("Content-Length") or 0), MAX_BODY)
            status, body = handle(self.path.partition("?")[0], self.rfile.read(size))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            log.debug(format, *args)

    return ReviewHandler
