"""The in-cluster configuration of a pod: token of its service account, authority, address of the API."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pkgops.errors import PreflightError
from pkgops.kube import proxies
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.renewal import AuthorityFile, Renewal

CONTEXT = "in-cluster"
FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def applies(paths: Sequence[Path], context: str | None, environ: Mapping[str, str]) -> bool:
    """Return whether the in-cluster configuration is used: no kubeconfig, and no other context is named."""
    here = bool(environ.get("KUBERNETES_SERVICE_HOST") and environ.get("KUBERNETES_SERVICE_PORT"))
    return here and context in (None, "", CONTEXT) and not any(path.exists() for path in paths)


def endpoint(environ: Mapping[str, str], folder: Path = FOLDER) -> Endpoint:
    """Return the endpoint of the cluster that this process runs in.

    Raises:
        PreflightError: the pod has no service account's token or authority.
    """
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ["KUBERNETES_SERVICE_PORT"]
    place = f"[{host}]" if ":" in host else host
    token = token_of(folder / "token")
    token()
    try:
        tls = ssl.create_default_context(cadata=(folder / "ca.crt").read_text())
    except (OSError, ssl.SSLError) as error:
        raise PreflightError(
            f"cannot read the authority {folder / 'ca.crt'}", why=str(error), slug="kubeconfig"
        ) from error
    tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
    server = f"https://{place}:{port}"
    proxy = proxies.from_environment(server, environ)
    renewal = Renewal()
    renewal.authority = AuthorityFile(tls, folder / "ca.crt")
    return Endpoint(server=server, name=CONTEXT, tls=tls, token=token, proxy=proxy, renewal=renewal)


def token_of(file: Path) -> Callable[[], str]:
    """Return a function that reads a token from a file at each call: it may be renewed while a command runs.

    Where the file cannot be read for a moment, or is empty while it is written, the token that was read
    before is returned.

    Raises (when called):
        PreflightError: it could never be read, or is empty.
    """
    known = ""

    def read() -> str:
        nonlocal known
        try:
            token, why = file.read_text().strip(), "it is empty"
        except (OSError, UnicodeDecodeError) as error:
            token, why = "", getattr(error, "strerror", "") or str(error)
        known = token or known
        if not known:
            raise PreflightError(f"cannot read the token file {file}", why=why, slug="kubeconfig")
        return known

    return read
