"""Which Secret of a service account a Git server gets, as kpack chooses it. Pure.

Source: kpack's ``pkg/git/git_keychain.go`` and ``k8s_git_keychain.go``.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from urllib.parse import urlsplit

from pkgops.kube import Obj
from pkgops.oci import Credentials

GIT_ANNOTATION = "kpack.io/git"
_FORMS = ("{}", "https://{}", "http://{}", "git@{}")


def git_server(secret: Obj) -> str:
    """Return the server that a Secret is for; empty if it is for none."""
    return str((secret["metadata"].get("annotations") or {}).get(GIT_ANNOTATION, ""))


def git_credentials(secrets: Iterable[Obj], url: str) -> Credentials | None:
    """Return what the first Secret by name that is for a server holds; None if there is none."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    for secret in sorted(secrets, key=lambda one: str(one["metadata"]["name"])):
        is_basic = secret.get("type") == "kubernetes.io/basic-auth"
        if is_basic and git_server(secret) in [form.format(host) for form in _FORMS]:
            return Credentials(_text(secret, "username"), _text(secret, "password"))
    return None


def _text(secret: Obj, key: str) -> str:
    return base64.b64decode((secret.get("data") or {}).get(key, "")).decode()
