"""The admission webhooks of Knative Serving, answered by the platform process over https.

They write who made and last changed a Service into annotations and refuse whoever changes those, as
the real ones do; a package that does not carry kapp's rebase rules fails here as it does there.
"""

from __future__ import annotations

import base64
import json
import logging
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.crds import MANAGER, OWN_LABEL
from pkgops.platform.knative import certificate
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.review import defaulted, problems
from pkgops.platform.runtime import Platform

log = logging.getLogger(__name__)

REGISTRATION = "admissionregistration.k8s.io/v1"
MUTATING = "webhook.serving.knative.dev"
VALIDATING = "validation.webhook.serving.knative.dev"
DEFAULTING_PATH, VALIDATION_PATH = "/defaulting", "/resource-validation"
KINDS = ("services", "configurations", "routes")
MAX_BODY = 16 * 1024 * 1024


class Admission:
    """Answers admission reviews and tells the API server to ask."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def start(self) -> None:
        """Listen, then register the webhooks."""
        config = self._platform.config
        issued = certificate.ensure(config.data_dir, config.address, self._platform.now())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.certificate, issued.key)
        server = ThreadingHTTPServer((config.address, config.webhook_port), _Handler)
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, name="admission", daemon=True).start()
        self._platform.on_stop(server.shutdown)
        root = f"https://{config.address}:{config.webhook_port}"
        for obj in registrations(root, issued.bundle):
            self._platform.client.apply(obj, manager=MANAGER)


def registrations(root: str, bundle: str) -> list[Obj]:
    """Return the two webhook configurations that point to ``root``."""
    return [
        _registration("MutatingWebhookConfiguration", MUTATING, f"{root}{DEFAULTING_PATH}", bundle),
        _registration("ValidatingWebhookConfiguration", VALIDATING, f"{root}{VALIDATION_PATH}", bundle),
    ]


def _registration(kind: str, name: str, url: str, bundle: str) -> Obj:
    rule = {
        "apiGroups": [kn.GROUP],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": list(KINDS),
        "scope": "Namespaced",
    }
    webhook = {
        "name": name,
        "clientConfig": {"url": url, "caBundle": bundle},
        "rules": [rule],
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "timeoutSeconds": 10,
    }
    meta = {"name": name, "labels": {OWN_LABEL: "knative"}}
    return {"apiVersion": REGISTRATION, "kind": kind, "metadata": meta, "webhooks": [webhook]}


def answer(path: str, review: Obj) -> Obj:
    """Return the AdmissionReview that answers one, for a path of this server."""
    request: dict[str, Any] = review["request"]
    obj, old = request["object"], request.get("oldObject")
    response: dict[str, Any] = {"uid": request["uid"], "allowed": True}
    if path == DEFAULTING_PATH:
        wanted = defaulted(obj, old, str(request["userInfo"].get("username", "")))
        patch = [
            {"op": "add", "path": f"/{key}", "value": wanted[key]}
            for key in ("metadata", "spec")
            if wanted.get(key) != obj.get(key)
        ]
        if patch:
            response["patchType"] = "JSONPatch"
            response["patch"] = base64.b64encode(json.dumps(patch).encode()).decode()
    elif obj["kind"] == "Service":
        found = problems(obj, old)
        if found:
            text = "validation failed: " + "\n".join(found)
            response |= {"allowed": False, "status": {"code": 400, "reason": "BadRequest", "message": text}}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        size = min(int(self.headers.get("Content-Length") or 0), MAX_BODY)
        try:
            body = json.dumps(answer(self.path.partition("?")[0], json.loads(self.rfile.read(size)))).encode()
            status = 200
        except (KeyError, TypeError, ValueError) as error:
            log.warning("admission review not understood: %r", error)
            status, body = 400, b"{}"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        log.debug(format, *args)
