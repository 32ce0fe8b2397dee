"""Read-only checks of a cluster and of the templates for it; nothing changes anywhere."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pkgops import yamlio
from pkgops.errors import Exit, PkgopsError
from pkgops.flows import needs, render
from pkgops.flows.ports import Ports
from pkgops.flows.target import Target
from pkgops.kube import ApiError, Client, Obj
from pkgops.model import ObjectRef
from pkgops.pipeline import lint


class Result(StrEnum):
    """How a check came out; ``unknown`` is what could not be asked."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was looked at, how it came out, what to do; ``diff`` is a correction."""

    name: str
    result: Result
    message: str
    fix: str = ""
    object: ObjectRef | None = None
    diff: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All checks, in the order in which they were made."""

    target: str
    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> Exit:
        """3 where a check failed; warnings and unknowns end with 0."""
        failed = any(check.result is Result.FAILED for check in self.checks)
        return Exit.UNREACHABLE if failed else Exit.DONE


def doctor(target: Target, ports: Ports) -> Report:
    """Make all checks; a check that cannot be made says so and the others go on."""
    checks: list[Check] = []
    objects: list[Obj] = []
    for name, check in _plan(target, objects):
        try:
            made = list(check())
        except PkgopsError as error:
            made = [Check(name, Result.UNKNOWN, error.what, error.next)]
        for one in made:
            ports.note(f"{one.name}: {one.result}: {one.message}", check=one.name, result=str(one.result))
        checks += made
    return Report(target.name, tuple(checks))


def _plan(target: Target, objects: list[Obj]) -> Iterator[tuple[str, Callable[[], Iterable[Check]]]]:
    client = target.client
    yield "reach", lambda: _reach(client)
    yield "templates", lambda: _rendered(target, objects)
    yield "lint", lambda: lint_checks(objects)
    yield "kinds", lambda: _kinds(client, objects)
    yield "namespaces", lambda: _namespaces(target)
    yield "controllers", lambda: _controllers(client, objects)
    yield "permissions", lambda: _permissions(client, objects)
    yield "service accounts", lambda: _accounts(target, objects)
    yield "secrets", lambda: _secrets(target)
    yield "registry", lambda: _registry(target)


def _reach(client: Client) -> Iterator[Check]:
    version = client.version()
    yield Check("reach", Result.OK, f"{client.name} answers: Kubernetes {version.get('gitVersion', '')}")


def _rendered(target: Target, objects: list[Obj]) -> Iterator[Check]:
    settings = target.settings
    found = render.render(settings, [one.namespace for one in settings.environments])
    objects += [*found.workflows, *found.workloads, *found.deliverables]
    yield Check("templates", Result.OK, f"{len(objects)} objects rendered")


def lint_checks(objects: list[Obj]) -> Iterator[Check]:
    """The traps in templates, each with its correction as a diff."""
    found = lint.traps(objects)
    for trap in found:
        yield Check(
            f"lint {trap.name}",
            Result.FAILED,
            trap.what,
            "apply the diff",
            trap.object,
            diff(trap.before, trap.after, str(trap.object)),
        )
    if objects and not found:
        yield Check("lint", Result.OK, "no known traps in the blueprints and templates")


def diff(before: Obj, after: Obj, name: str) -> str:
    """A unified diff of two objects as YAML."""
    old, new = (yamlio.dump_all([obj]).splitlines() for obj in (before, after))
    return "\n".join(difflib.unified_diff(old, new, f"{name} (now)", f"{name} (corrected)", lineterm="", n=2))


def _kinds(client: Client, objects: list[Obj]) -> Iterator[Check]:
    wanted = needs.kinds(objects)
    absent = needs.missing(client, wanted)
    for api_version, kind in absent:
        group = api_version.partition("/")[0]
        served = _served_version(client, group, kind)
        fix = f"write {served}" if served else f"install {needs.PROJECTS.get(group, group)}"
        yield Check("kinds", Result.FAILED, f"{kind} ({api_version}) is not served", fix)
    if wanted and not absent:
        yield Check("kinds", Result.OK, f"all {len(wanted)} kinds that the templates use are served")


def _served_version(client: Client, group: str, kind: str) -> str:
    for version in ("v1", "v1beta2", "v1beta1", "v1alpha2", "v1alpha1"):
        if client.serves(f"{group}/{version}", kind):
            return f"{group}/{version}"
    return ""


def _namespaces(target: Target) -> Iterator[Check]:
    settings = target.settings
    wanted = [(settings.workload_namespace, target.client)]
    wanted += [(one.namespace, target.client_of(one)) for one in settings.environments]
    for name, client in wanted:
        if client.find("v1", "Namespace", name) is None:
            yield Check(
                "namespaces",
                Result.FAILED,
                f"namespace {name} does not exist",
                f"kubectl create namespace {name}",
            )
        else:
            yield Check("namespaces", Result.OK, f"namespace {name} exists")


CONTROLLERS = {
    "carto.run": "cartographer-controller",
    "source.toolkit.fluxcd.io": "source-controller",
    "image.toolkit.fluxcd.io": "image-reflector-controller",
    "tekton.dev": "tekton-pipelines-controller",
    "kpack.io": "kpack-controller",
    "kappctrl.k14s.io": "kapp-controller",
    "serving.knative.dev": "controller",
}


def _controllers(client: Client, objects: list[Obj]) -> Iterator[Check]:
    """A controller runs where its Deployment has a replica, or where its objects are kept up to date.

    Not every installation has Deployments of these names: then the objects are the witness.
    """
    groups = sorted({kind[0].partition("/")[0] for kind in needs.kinds(objects)} & set(CONTROLLERS))
    deployments = client.list("apps/v1", "Deployment").items
    for group in groups:
        yield _controller(client, group, CONTROLLERS[group], deployments)


def _controller(client: Client, group: str, name: str, deployments: list[Obj]) -> Check:
    for obj in deployments:
        where = obj["metadata"]
        own = group != "serving.knative.dev" or where.get("namespace") == "knative-serving"
        if where.get("name") == name and own:
            ready = int((obj.get("status") or {}).get("readyReplicas") or 0)
            result = Result.OK if ready else Result.FAILED
            fix = "" if ready else f"kubectl describe deployment {name} -n {where.get('namespace')}"
            return Check("controllers", result, f"{name} has {ready} ready replicas", fix, ObjectRef.of(obj))
    return _by_objects(client, group, name)


_WITNESSES = {
    "carto.run": ("carto.run/v1alpha1", "ClusterSupplyChain"),
    "source.toolkit.fluxcd.io": ("source.toolkit.fluxcd.io/v1", "GitRepository"),
    "image.toolkit.fluxcd.io": ("image.toolkit.fluxcd.io/v1", "ImageRepository"),
    "tekton.dev": ("tekton.dev/v1", "TaskRun"),
    "kpack.io": ("kpack.io/v1alpha2", "ClusterBuilder"),
    "kappctrl.k14s.io": ("kappctrl.k14s.io/v1alpha1", "App"),
    "serving.knative.dev": ("serving.knative.dev/v1", "Service"),
}


def _by_objects(client: Client, group: str, name: str) -> Check:
    api_version, kind = _WITNESSES[group]
    if not client.serves(api_version, kind):
        return Check("controllers", Result.UNKNOWN, f"{name}: {kind} is not served")
    found = client.list(api_version, kind).items
    stale = [obj for obj in found if not _kept(obj)]
    if stale:
        ref = ObjectRef.of(stale[0])
        return Check(
            "controllers", Result.WARNING, f"{name} has not looked at {ref}", f"kubectl describe {ref}", ref
        )
    if found:
        return Check("controllers", Result.OK, f"{name} keeps its {len(found)} objects up to date")
    return Check("controllers", Result.UNKNOWN, f"{name}: there is no {kind} yet to tell by")


def _kept(obj: Obj) -> bool:
    status = obj.get("status") or {}
    seen = status.get("observedGeneration")
    return bool(status) and (seen is None or seen == obj["metadata"].get("generation"))


VERBS = ("get", "list", "watch", "create", "patch", "delete")


def _permissions(client: Client, objects: list[Obj]) -> Iterator[Check]:
    refused = []
    wanted = {
        (str(obj["apiVersion"]), str(obj["kind"]), str(obj["metadata"].get("namespace") or ""))
        for obj in objects
    }
    for api_version, kind, namespace in sorted(wanted):
        if not client.serves(api_version, kind):
            continue
        resource = client.resource(api_version, kind)
        space = namespace if resource.namespaced else ""
        refused += [
            f"{verb} {resource.plural}.{resource.group or 'core'}" + (f" in {space}" if space else "")
            for verb in VERBS
            if not client.may(verb, resource.group, resource.plural, space)
        ]
    if refused:
        yield Check(
            "permissions",
            Result.FAILED,
            f"not allowed: {', '.join(refused)}",
            "ask for these permissions, or use another context",
        )
    elif wanted:
        yield Check("permissions", Result.OK, f"all that pkgops does with {len(wanted)} kinds is allowed")


def _accounts(target: Target, objects: list[Obj]) -> Iterator[Check]:
    """Service accounts exist, and may make what the templates stamp."""
    for owner in (obj for obj in objects if obj.get("kind") in ("Workload", "Deliverable")):
        account = str((owner.get("spec") or {}).get("serviceAccountName") or "default")
        for namespace in _spaces(target, owner):
            yield _account(target.client, objects, owner, account, namespace)


def _spaces(target: Target, owner: Obj) -> list[str]:
    if owner["kind"] == "Workload":
        return [str(owner["metadata"].get("namespace") or target.settings.workload_namespace)]
    return [one.namespace for one in target.settings.environments if not one.context]


def _account(client: Client, objects: list[Obj], owner: Obj, account: str, namespace: str) -> Check:
    name = f"service account {account} in {namespace}"
    if client.find("v1", "ServiceAccount", account, namespace) is None:
        return Check(
            "service accounts", Result.WARNING, f"{name} does not exist yet", "pkgops supplychain up"
        )
    own = client.as_service_account(namespace, account)
    refused = []
    for api_version, kind in sorted(_stamped_by(objects, owner)):
        if not client.serves(api_version, kind):
            continue
        resource = client.resource(api_version, kind)
        refused += [
            f"{verb} {resource.plural}"
            for verb in ("get", "create", "patch")
            if not own.may(verb, resource.group, resource.plural, namespace)
        ]
    if refused:
        return Check(
            "service accounts", Result.FAILED, f"{name} may not {', '.join(refused)}", "pkgops supplychain up"
        )
    return Check("service accounts", Result.OK, f"{name} may make what the templates stamp")


def _stamped_by(objects: list[Obj], owner: Obj) -> set[tuple[str, str]]:
    kind = "ClusterSupplyChain" if owner["kind"] == "Workload" else "ClusterDelivery"
    names = {
        (str((one.get("templateRef") or {}).get("kind")), str((one.get("templateRef") or {}).get("name")))
        for plan in objects
        if plan.get("kind") == kind
        for one in (plan.get("spec") or {}).get("resources") or ()
    }
    found = set()
    for obj in objects:
        made = lint.stamped(obj)
        if (str(obj.get("kind")), str(obj["metadata"].get("name"))) in names and made.get("apiVersion"):
            found.add((str(made["apiVersion"]), str(made["kind"])))
    return found


def _secrets(target: Target) -> Iterator[Check]:
    """The registry's credentials are where pods and controllers look for them; only names are read."""
    settings = target.settings
    for namespace in (settings.workload_namespace, *(one.namespace for one in settings.environments)):
        try:
            found = target.client.find("v1", "Secret", "registry-credentials", namespace)
        except ApiError as error:
            yield Check("secrets", Result.UNKNOWN, f"secrets in {namespace} may not be read: {error.message}")
            continue
        if found is None:
            yield Check(
                "secrets",
                Result.WARNING,
                f"secret registry-credentials is missing in {namespace}",
                "pkgops supplychain up",
            )
        else:
            yield Check("secrets", Result.OK, f"secret registry-credentials is in {namespace}")


def _registry(target: Target) -> Iterator[Check]:
    """Pull is asked for by reading tags; push by opening an upload that is never finished."""
    from pkgops import oci
    from pkgops.flows import registry

    settings = target.settings
    prefix = settings.text("registry.tagPrefix")
    if not prefix:
        yield Check("registry", Result.UNKNOWN, "registry.tagPrefix is not set", "set it in config.yaml")
        return
    client = oci.RegistryClient(registry.keychain(settings))
    ref = oci.ImageRef.parse(f"{prefix}{settings.workload}")
    try:
        tags = client.tags(ref)
        yield Check("registry", Result.OK, f"{ref.registry} lets us pull {ref.name}: {len(tags)} tags")
    except oci.NotFound:
        yield Check("registry", Result.OK, f"{ref.registry} answers; nothing was pushed to {ref.name} yet")
    except oci.RegistryError as error:
        yield Check("registry", Result.FAILED, f"{ref.registry}: {error.what}", error.next or "docker login")
        return
    try:
        client.check_push(ref)
        yield Check("registry", Result.OK, f"{ref.registry} lets us push to {ref.name}")
    except oci.RegistryError as error:
        yield Check(
            "registry",
            Result.FAILED,
            f"{ref.registry} refuses a push: {error.what}",
            error.next or "docker login",
        )
