"""Users that log in through a program (``exec`` in a kubeconfig), by the rules of kubectl.

The program gets the cluster and whether there is a terminal in ``KUBERNETES_EXEC_INFO``, and prints an
ExecCredential: a token, or a client certificate with its key. It is run again once that has expired.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from pkgops import tools
from pkgops.errors import PkgopsError, PreflightError
from pkgops.kube.renewal import Renewal
from pkgops.values import Value, made

VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
EXTENSION = "client.authentication.k8s.io/exec"
DEADLINE_SECONDS = 600.0
PAUSE = timedelta(seconds=10)
"""A program that fails, or returns the refused credential again, is not run for so long."""
_CLUSTER_KEYS = ("server", "tls-server-name", "insecure-skip-tls-verify", "proxy-url", "disable-compression")


class Credential(Value):
    """The credential that a program returned; ``expires`` is None where it does not expire."""

    token: str = ""
    certificate: str = ""
    key: str = ""
    expires: datetime | None = None


class Terminal(Value):
    """Where a program may prompt the user: the standard input, and whether that is a terminal."""

    stdin: IO[bytes] | None = None
    is_terminal: bool = False

    @classmethod
    def of_process(cls) -> Terminal:
        """Return this process's own."""
        stdin = sys.stdin
        return cls(stdin.buffer, stdin.isatty()) if stdin is not None else cls()


class ExecPlugin(Value):
    """The program of one user, for one cluster.

    Attributes:
        spec: the ``exec`` of the kubeconfig, its command resolved.
        cluster: what the program gets of the cluster; None without ``provideClusterInfo``.
        terminal: where it may prompt the user.
    """

    spec: dict[str, Any]
    cluster: dict[str, Any] | None = None
    terminal: Terminal = made(default_factory=Terminal.of_process)

    def run(self, environ: Mapping[str, str]) -> Credential:
        """Run the program once.

        Raises:
            PreflightError: it may not be run like this, fails, or prints something else.
        """
        command = str(self.spec.get("command") or "")
        version = str(self.spec.get("apiVersion") or "")
        if version not in VERSIONS:
            raise self._error(f"its apiVersion is {version or 'empty'}; known are {', '.join(VERSIONS)}")
        interactive = self._interactive(version)
        added = {str(item["name"]): str(item["value"]) for item in self.spec.get("env") or []}
        info = {"KUBERNETES_EXEC_INFO": json.dumps(self._info(version, interactive=interactive))}
        try:
            done = tools.run(
                command,
                *(str(one) for one in self.spec.get("args") or []),
                env={**environ, **added, **info},
                stdin=self.terminal.stdin if interactive else None,
                deadline=DEADLINE_SECONDS,
                shown=True,
            )
        except PkgopsError as error:
            hint = str(self.spec.get("installHint") or "")
            raise self._error(f"{error.what}\n{error.why}".strip(), hint) from error
        return self._credential(done.stdout, version)

    def _interactive(self, version: str) -> bool:
        mode = str(self.spec.get("interactiveMode") or "")
        if not mode and version == VERSIONS[0]:
            raise self._error("it has no interactiveMode, which this apiVersion requires")
        if mode not in ("", "Never", "IfAvailable", "Always"):
            raise self._error(f"its interactiveMode {mode} is not known")
        if mode == "Always" and not self.terminal.is_terminal:
            raise self._error("it must prompt the user, and the standard input is not a terminal")
        return mode != "Never" and self.terminal.is_terminal

    def _info(self, version: str, *, interactive: bool) -> dict[str, Any]:
        spec: dict[str, Any] = {"interactive": interactive}
        if self.cluster is not None:
            spec["cluster"] = self.cluster
        return {"kind": "ExecCredential", "apiVersion": version, "spec": spec}

    def _credential(self, text: str, version: str) -> Credential:
        try:
            answer = json.loads(text)
            status = answer["status"]
            found = Credential(
                str(status.get("token") or ""),
                str(status.get("clientCertificateData") or ""),
                str(status.get("clientKeyData") or ""),
                _expiry(status.get("expirationTimestamp")),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._error("what it prints is not an ExecCredential with a status") from None
        if answer.get("apiVersion") != version:
            raise self._error(
                f"it answers in version {answer.get('apiVersion')}, and {version} was requested"
            )
        if bool(found.certificate) != bool(found.key) or not (found.token or found.certificate):
            raise self._error("it returns neither a token nor a certificate with its key")
        return found

    def _error(self, why: str, hint: str = "") -> PreflightError:
        return PreflightError(
            f"cannot log in through {self.spec.get('command') or 'a program without a name'}",
            why=why,
            next=hint or "log in with the cluster's own tool, or correct the exec of the kubeconfig's user",
            slug="login",
        )


def cluster_info(cluster: Mapping[str, Any], authority: str) -> dict[str, Any]:
    """Return the ``cluster`` of an ExecCredential's spec; ``authority`` is its certificate in base64."""
    cluster_fields = {key: cluster[key] for key in _CLUSTER_KEYS if cluster.get(key)}
    if authority:
        cluster_fields["certificate-authority-data"] = authority
    for extension in cluster.get("extensions") or []:
        if extension.get("name") == EXTENSION:
            cluster_fields["config"] = extension.get("extension")
    return cluster_fields


def _expiry(text: object) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(str(text))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Session(Renewal):
    """The credential of a program, renewed once it has expired or was refused. Thread-safe.

    ``on_certificate`` is called with each client certificate and its key, as PEM.
    """

    def __init__(
        self,
        plugin: ExecPlugin,
        on_certificate: Callable[[bytes, bytes], None],
        environ: Mapping[str, str] = os.environ,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._plugin = plugin
        self._on_certificate = on_certificate
        self._environ = environ
        self._now = now
        self._lock = threading.Lock()
        self._credential: Credential | None = None
        self._failure: PreflightError | None = None
        self._not_before: datetime | None = None

    def token(self) -> str | None:
        """Return the present token; None where the program gives a certificate.

        Raises:
            PreflightError: the program fails, or failed a moment ago.
        """
        with self._lock:
            known = self._credential
            if known is None or (known.expires is not None and known.expires <= self._now()):
                known = self._credential = self._run()
                if known.certificate:
                    self._on_certificate(known.certificate.encode(), known.key.encode())
                    self.version += 1
            return known.token or None

    def _run(self) -> Credential:
        # It may prompt the user or call another server: it is not run once for every request that waits for
        # it.
        if self._failure is not None and not self._may_run():
            raise self._failure
        self._failure = None
        try:
            return self._plugin.run(self._environ)
        except PreflightError as error:
            self._failure, self._not_before = error, self._now() + PAUSE
            raise

    def _may_run(self) -> bool:
        return self._not_before is None or self._now() >= self._not_before

    def renew(self, refused: str | None, version: int) -> bool:
        """Run the program again, as kubectl does; return whether a new connection is needed.

        It is not run where another thread has done so meanwhile, nor where it has just returned the
        credential that was refused before.

        Raises:
            PreflightError: the program fails.
        """
        with self._lock:
            known = self._credential
            refused_now = known is not None and (known.token or None) == refused and self.version == version
            again = refused_now and self._may_run()
            if again:
                self._credential = None
        token = self.token()
        with self._lock:
            now = self._credential
            if again and known and now and (known.token, known.certificate) == (now.token, now.certificate):
                self._not_before = self._now() + PAUSE
        return token is None
