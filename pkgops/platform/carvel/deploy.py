"""Deploy and delete with kapp, as the App's service account, or as the platform for PackageRepositories."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pkgops.errors import Interrupted, PkgopsError
from pkgops.formats import yaml
from pkgops.kapp import App, AppMeta, KappError, Options, Output, Pace
from pkgops.kube import Client, Obj, raise_temporary
from pkgops.platform.carvel.filterflags import FlagValueError
from pkgops.platform.carvel.flags import ALLOWED, DELETE_ALLOWED, FlagProblem, options_of, without_effect
from pkgops.platform.carvel.flagvalues import mapping
from pkgops.platform.carvel.outcome import Outcome, failed, tool_failed
from pkgops.platform.carvel.rebaseoverlay import apply_overlay
from pkgops.platform.durations import parse_duration
from pkgops.platform.fieldsupport import fields_of

Listener = Callable[[str], None]
WAIT_TIMEOUT = timedelta(minutes=15)


class NotPrepared(Exception):
    """There is no service account to deploy as; the text is kapp-controller's message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployer:
    """Deploys and deletes one kapp app.

    Attributes:
        client: client of the cluster with the identity that deploys.
        name: the name of the kapp app, with its suffix.
        namespace: the namespace of its record.
        now: returns the current time.
        cancelled: returns whether to stop waiting.
        options: kapp's options.
        timeout: how long to wait.
        warnings: warnings about the options, for the output.
    """

    client: Client
    name: str
    namespace: str
    now: Callable[[], datetime]
    cancelled: Callable[[], bool]
    options: Options
    timeout: timedelta = WAIT_TIMEOUT
    warnings: tuple[str, ...] = ()

    def deploy(self, text: str, listener: Listener) -> tuple[Outcome, AppMeta | None]:
        """Deploy rendered resources; return the outcome and the app's record, None after a failure."""
        out = self._output(listener)
        try:
            resources = [doc for doc in yaml.parse_all(text, "rendered resources") if doc]
            for warning in annotations_without_effect(resources):
                out.plain(f"Warning: {warning}")
            meta = self._app().deploy(resources, out)
        except (KappError, Interrupted, PkgopsError) as error:
            raise_temporary(error)
            return tool_failed("Deploying", _kapp_error(error), out.text), None
        out.plain("Succeeded")
        return Outcome(stdout=out.text), meta

    def delete(self, listener: Listener) -> Outcome:
        """Delete all resources of the app, and its record; return the outcome."""
        out = self._output(listener)
        try:
            self._app().delete(out)
        except (KappError, Interrupted, PkgopsError) as error:
            raise_temporary(error)
            return tool_failed("Deleting", _kapp_error(error), out.text)
        out.plain("Succeeded")
        return Outcome(stdout=out.text)

    def _output(self, listener: Listener) -> Output:
        out = Output(self.now, listener)
        out.lines.append(f"Target cluster '{self.client.server}'")
        out.lines += [f"Warning: {text}" for text in self.warnings]
        return out

    def _app(self) -> App:
        pace = Pace(now=self.now, sleep=time.sleep, cancelled=self.cancelled, timeout=self.timeout)
        return App(
            client=self.client, name=self.name, namespace=self.namespace, pace=pace, options=self.options
        )


def for_app(app: Obj, client: Client, now: Callable[[], datetime], cancelled: Callable[[], bool]) -> Deployer:
    """Return the deployer of an App.

    Raises:
        NotPrepared: it names no service account, or one that does not exist.
        FlagProblem: it has options that are forbidden or unknown.
        FlagValueError: kapp rejects an option's value.
    """
    options, timeout, flags = options_for(app)
    meta = app["metadata"]
    return Deployer(
        client=acting_client(app, client),
        name=f"{meta['name']}.app",
        namespace=str(meta["namespace"]),
        now=now,
        cancelled=cancelled,
        options=options,
        timeout=timeout,
        warnings=tuple(without_effect(flags)),
    )


def options_for(app: Obj) -> tuple[Options, timedelta, list[str]]:
    """Return kapp's options for deploying or deleting an App, its wait timeout, and the App's ``rawOptions``.

    Raises:
        FlagProblem: the App has options that are forbidden or unknown.
    """
    spec = app["spec"]
    kapp: dict[str, Any] = (spec.get("deploy") or [{}])[0].get("kapp") or {}
    options = Options(
        into_ns=str(kapp.get("intoNs") or ""),
        map_ns=tuple(mapping(str(item)) for item in kapp.get("mapNs") or []),
        default_namespace=str(spec.get("defaultNamespace") or ""),
        changes_to_keep=5,
        overlay=apply_overlay,
    )
    # The flags for deploying do not apply to deleting, and the reverse.
    deleting = bool(app["metadata"].get("deletionTimestamp"))
    step = (kapp.get("delete") or {}) if deleting else kapp
    flags = list(step.get("rawOptions") or [])
    options, wait_timeout = options_of(flags, options, DELETE_ALLOWED if deleting else ALLOWED)
    timeout = timedelta(seconds=parse_duration(wait_timeout)) if wait_timeout else WAIT_TIMEOUT
    return options, timeout, flags


def acting_client(app: Obj, client: Client) -> Client:
    """Return a client that acts as the App's service account.

    Raises:
        NotPrepared: it names none, one that does not exist, or another cluster.
    """
    name = str(app["spec"].get("serviceAccountName") or "")
    namespace = str(app["metadata"]["namespace"])
    if app["spec"].get("cluster"):
        raise NotPrepared("spec.cluster is not available on the local platform")
    if not name:
        raise NotPrepared("Expected service account or cluster specified")
    if client.find("v1", "ServiceAccount", name, namespace) is None:
        raise NotPrepared(f'Getting service account: serviceaccounts "{name}" not found')
    return client.as_service_account(namespace, name)


def prepared(build: Callable[[], Deployer], step: str) -> Deployer | Outcome:
    """Return the deployer that ``build`` returns, or the failed outcome of the step if it raises."""
    try:
        return build()
    except FlagValueError as error:
        return tool_failed(step, f"kapp: Error: {error}\n", "")
    except NotPrepared as error:
        return failed(f"Preparing kapp: {error}")
    except FlagProblem as error:
        return failed(str(error))


def annotations_without_effect(resources: list[Obj]) -> list[str]:
    """Return the warnings about kapp's annotations that have no effect here."""
    annotations = fields_of("carvel")["Resources of an App"].with_verdict("warned")
    return [
        f"{obj.get('kind')}/{obj['metadata'].get('name')}: {field.path} has no effect on the local platform: "
        f"{field.reason}"
        for obj in resources
        for field in annotations
        if isinstance(obj, dict) and isinstance(obj.get("metadata"), dict) and field.is_set(obj)
    ]


def _kapp_error(error: PkgopsError) -> str:
    return f"kapp: Error: {error.what}\n"
