"""Verify: carry out the configured checks of an environment, and store the result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from pkgops.errors import PkgopsError, RefusedError, UsageError
from pkgops.flows import probe, read_snapshot, serving, unreadable
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import announce, leases, places, records
from pkgops.flows.target import Target
from pkgops.flows.verification import requests, result, store, taskruns
from pkgops.flows.verification.result import Checked, Outcome, Verification
from pkgops.flows.verification.store import StoredVerification
from pkgops.flows.verification.taskruns import Subject
from pkgops.kube import Client
from pkgops.model import Environment, ImageRef
from pkgops.settings import Check, EnvironmentSetting, HttpCheck


@dataclass(frozen=True)
class _Running:
    """The application to verify: its environment and the client of its cluster."""

    client: Client
    environment: Environment
    role: str


def verify(target: Target, name: str | None, environment: str, ports: Ports) -> Verification:
    """Carry out all checks of an environment on the version that runs there, and store the result.

    A failed check is not an error: see the outcome.

    Raises:
        UsageError: no such environment or workload, or the environment has no checks.
        RefusedError: nothing is installed there, or another command changes it at this moment.
        PreflightError: what runs there is unknown.
    """
    setting = read_snapshot.environment_setting(target, environment)
    check_configured(setting)
    workload = read_snapshot.name_of(target, name)
    found = _what_runs(target, setting, workload, ports)
    running = _Running(target.clusters.of(setting), found, probe.role_of(target, setting.name))
    place = places.place_of(target, setting, workload)
    user = records.whoami(place.client)
    with leases.held(place.client, place.namespace, workload, user, ports, place.role) as alone:
        begun = Verification(
            name=store.name_for(workload),
            workload=place.workload,
            environment=setting.name,
            by=user,
            begun=ports.now(),
            version=found.version,
            image=found.image,
            package=found.package,
        )
        kept = store.begin(place, begun, ports, alone=alone)
        checks: list[Checked] = []
        try:
            subject = _subject(running, kept, workload)
            if alone:
                taskruns.clean(subject, ports)
            checks.extend(_results(setting.checks, running, subject, ports))
        except BaseException as error:
            interruption = f"interrupted: {type(error).__name__}"
            store.end(place, kept, result.ended(begun, checks, ports.now(), interruption), ports)
            raise
        moved = _moved(target, setting, workload, found, ports)
        ended = store.end(place, kept, result.ended(begun, checks, ports.now(), moved), ports)
    if ended.outcome is Outcome.FAILED:
        announce.verification_failed(place, ended, ports)
    return ended


def check_configured(setting: EnvironmentSetting) -> None:
    """Make sure that an environment has checks.

    Raises:
        UsageError: it has none.
    """
    if not setting.checks:
        raise UsageError(
            f"there is nothing to verify: {setting.name} has no checks",
            next=f"list them as verify of {setting.name} in pkgops.environments, as config.example.yaml does",
            slug="no-checks",
        )


def _what_runs(target: Target, setting: EnvironmentSetting, workload: str, ports: Ports) -> Environment:
    snapshot = read_snapshot.read_snapshot(target, workload, ports)
    unreadable.check(snapshot, setting.name)
    environment = read_snapshot.environment(snapshot, setting.name)
    if environment is None or not environment.version:
        raise RefusedError(
            f"there is nothing to verify: nothing is installed in {setting.name}",
            next="pkgops status",
            slug="nothing-to-verify",
        )
    return environment


def _moved(
    target: Target, setting: EnvironmentSetting, workload: str, before: Environment, ports: Ports
) -> str:
    """Why the checks are not of the version that ran when they began; empty where they are."""
    try:
        now = _what_runs(target, setting, workload, ports)
    except PkgopsError as error:
        return f"whether {before.version} still ran at the end is unknown: {error.summary}"
    if (now.version, now.image) == (before.version, before.image):
        return ""
    return f"{before.version} ran at the beginning and {now.version} at the end"


def _results(checks: Iterable[Check], running: _Running, subject: Subject, ports: Ports) -> Iterator[Checked]:
    for number, check in enumerate(checks, 1):
        begun = ports.now()
        if isinstance(check, HttpCheck):
            checked = _requested(running, check)
        else:
            checked = taskruns.run(subject, check, number, ports)
        took = replace(checked, seconds=(ports.now() - begun).total_seconds())
        ports.note(f"{took.name}: {took.outcome}: {took.evidence}")
        yield took


def _requested(running: _Running, check: HttpCheck) -> Checked:
    """A check by HTTP. Where no pod can be reached, its result is unknown."""
    environment, role = running.environment, running.role
    try:
        pod = serving.ready_pod(running.client, environment, role=role)
        if pod is None:
            problem = (
                f"no pod of {environment.version} is ready"
                if environment.serves
                else f"{environment.version} {environment.note}"
            )
            return Checked(name=check.name, outcome=Outcome.FAILED, evidence=problem)
        with probe.forwarded(running.client, pod, role=role) as port:
            return requests.run(port, check, urlsplit(environment.url).netloc)
    except PkgopsError as error:
        return Checked(name=check.name, outcome=Outcome.UNKNOWN, evidence=error.summary)


def _subject(running: _Running, stored: StoredVerification, workload: str) -> Subject:
    environment = running.environment
    params = {
        "url": _address(running) or environment.url,
        "version": environment.version,
        "image": environment.image,
        "digest": ImageRef.parse(environment.image).digest,
        "package": environment.package,
    }
    return Subject(
        client=running.client,
        namespace=environment.namespace,
        workload=workload,
        verification=stored.begun.name,
        params=params,
        owner=stored.owner,
    )


def _address(running: _Running) -> str:
    """The address of the serving object inside the cluster, where Tasks run; empty where it has none."""
    served = [stage.object for stage in running.environment.stages if stage.pods and stage.object]
    if not served:
        return ""
    ref = served[-1]
    try:
        obj = running.client.get(ref.api_version, ref.kind, ref.name, ref.namespace)
    except PkgopsError:
        return ""
    return str(((obj.get("status") or {}).get("address") or {}).get("url") or "")
