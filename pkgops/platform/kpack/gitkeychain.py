"""Select the Secret of a service account for a Git server, as kpack does. Pure.

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
    """Return the Git server in the annotation of a Secret; empty if it has none."""
    return str((secret["metadata"].get("annotations") or {}).get(GIT_ANNOTATION, ""))


def git_credentials(secrets: Iterable[Obj], url: str) -> Credentials | None:
    """Return the credentials of the first Secret, by name, for the server of a URL; None if there is none."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    for secret in sorted(secrets, key=lambda secret: str(secret["metadata"]["name"])):
        is_basic = secret.get("type") == "kubernetes.io/basic-auth"
        if is_basic and git_server(secret) in [form.format(host) for form in _FORMS]:
            return Credentials(_text(secret, "username"), _text(secret, "password"))
    return None


def _text(secret: Obj, key: str) -> str:
    return base64.b64decode((secret.get("data") or {}).get(key, "")).decode()
