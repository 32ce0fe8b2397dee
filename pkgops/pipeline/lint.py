"""Traps in blueprints and templates, each with the corrected object; pure, on rendered objects.

Every trap was seen on the real components: what a template says is accepted everywhere, and yet the run
hangs, fights or ships the old image.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pkgops.model import ObjectRef
from pkgops.readiness.base import spec

Obj = dict[str, Any]
Fix = Callable[[Obj], None]


@dataclass(frozen=True, slots=True)
class Trap:
    """One trap in one object: a stable name, what happens because of it, the object before and after."""

    name: str
    object: ObjectRef
    what: str
    before: Obj
    after: Obj


_INPUT_ROOTS = {"sources": "source", "images": "image", "configs": "config"}
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_REBASE = """
  kapp-config.yaml: |
    apiVersion: kapp.k14s.io/v1alpha1
    kind: Config
    rebaseRules:
    - path: [metadata, annotations, serving.knative.dev/creator]
      type: copy
      sources: [new, existing]
      resourceMatchers: [{apiVersionKindMatcher: {apiVersion: serving.knative.dev/v1, kind: Service}}]
    - path: [metadata, annotations, serving.knative.dev/lastModifier]
      type: copy
      sources: [new, existing]
      resourceMatchers: [{apiVersionKindMatcher: {apiVersion: serving.knative.dev/v1, kind: Service}}]
"""


def traps(objects: Iterable[Obj]) -> list[Trap]:
    """All traps in some rendered objects, in the objects' order."""
    known = list(objects)
    found = [trap for rule in _RULES for trap in rule(known)]
    order = {ObjectRef.of(obj): index for index, obj in enumerate(known)}
    return sorted(found, key=lambda trap: order[trap.object])


def _trap(name: str, obj: Obj, what: str, fix: Fix) -> Trap:
    after = deepcopy(obj)
    fix(after)
    return Trap(name, ObjectRef.of(obj), what, obj, after)


def stamped(obj: Obj) -> Obj:
    """What a template stamps, where it is not ytt; empty otherwise."""
    found = spec(obj).get("template")
    return found if isinstance(found, dict) else {}


def _blueprints(objects: list[Obj]) -> Iterator[Obj]:
    return (obj for obj in objects if obj.get("kind") in ("ClusterSupplyChain", "ClusterDelivery"))


def _template(objects: list[Obj], resource: Obj) -> Obj | None:
    wanted = resource.get("templateRef") or {}
    for obj in objects:
        if (obj.get("kind"), obj["metadata"].get("name")) == (wanted.get("kind"), wanted.get("name")):
            return obj
    return None


def _inputs_unread(objects: list[Obj]) -> Iterator[Trap]:
    """A Runnable whose spec does not change with its input runs once, too early, and never again."""
    for plan in _blueprints(objects):
        for resource in spec(plan).get("resources") or ():
            template = _template(objects, resource)
            if template is None or stamped(template).get("kind") != "Runnable":
                continue
            for key, root in _INPUT_ROOTS.items():
                if resource.get(key) and not _reads(template, root):
                    what = (
                        f"its Runnable does not read its {root}: it is stamped before there is one, and a "
                        f"new {root} starts no new run, so what was built is never packaged"
                    )
                    yield _trap("input-not-read", template, what, _reader(root))


def _reader(root: str) -> Fix:
    def fix(obj: Obj) -> None:
        value = "$(source.revision)$" if root == "source" else f"$({root})$"
        stamped(obj).setdefault("spec", {}).setdefault("inputs", {})[root] = value

    return fix


def _reads(template: Obj, root: str) -> bool:
    text = json.dumps(stamped(template))
    return re.search(rf"\$\(\s*{root}s?[.)\[]", text) is not None


def _sync_period(objects: list[Obj]) -> Iterator[Trap]:
    """kapp-controller writes durations in full; Cartographer writes the template's form back, for ever."""
    for obj in objects:
        made = stamped(obj)
        group = str(made.get("apiVersion") or "").partition("/")[0]
        period = str(spec(made).get("syncPeriod") or "")
        full = normalised(period)
        if group in ("packaging.carvel.dev", "kappctrl.k14s.io") and full and full != period:

            def fix(after: Obj, full: str = full) -> None:
                stamped(after)["spec"]["syncPeriod"] = full

            what = f"syncPeriod {period} is rewritten to {full} by kapp-controller, and back, for ever"
            yield _trap("duration-not-normal", obj, what, fix)


def normalised(period: str) -> str:
    """A duration as Go prints it: ``3m`` is ``3m0s``, ``90s`` is ``1m30s``; empty where it is none."""
    found = _DURATION.fullmatch(period)
    if not period or found is None:
        return ""
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    hours, minutes, seconds = total // 3600, total % 3600 // 60, total % 60
    if hours:
        return f"{hours}h{minutes}m{seconds}s"
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"


def _deployment_source(objects: list[Obj]) -> Iterator[Trap]:
    """``deployment.resource`` must have a source output; Cartographer from 0.6 on refuses others late."""
    for plan in _blueprints(objects):
        resources = {str(item.get("name")): item for item in spec(plan).get("resources") or ()}
        for item in resources.values():
            named = resources.get(str((item.get("deployment") or {}).get("resource") or ""))
            kind = ((named or {}).get("templateRef") or {}).get("kind")
            if named is None or kind in ("ClusterSourceTemplate", "ClusterDeploymentTemplate"):
                continue
            better = _source_of(resources, named)

            def fix(after: Obj, name: str = str(item.get("name")), better: str = better) -> None:
                for one in spec(after)["resources"]:
                    if one.get("name") == name and better:
                        one["deployment"]["resource"] = better

            what = f"deployment.resource {named.get('name')} is a {kind}, which has no output: never Ready"
            yield _trap("deployment-without-source", plan, what, fix)


def _source_of(resources: dict[str, Obj], named: Obj) -> str:
    own = [str(one.get("resource")) for one in named.get("sources") or ()]
    kinds = {name: (item.get("templateRef") or {}).get("kind") for name, item in resources.items()}
    every = [*own, *reversed(list(resources))]
    return next((name for name in every if kinds.get(name) == "ClusterSourceTemplate"), "")


def _paused(objects: list[Obj]) -> Iterator[Trap]:
    """A paused repository fetches nothing and has no condition that says so."""
    for obj in objects:
        made = stamped(obj)
        if made.get("kind") in ("PackageRepository", "PackageInstall", "App") and spec(made).get("paused"):
            what = f"the {made['kind']} is paused: nothing is ever fetched or installed"
            yield _trap("paused", obj, what, lambda after: stamped(after)["spec"].pop("paused"))


def _latest_image(objects: list[Obj]) -> Iterator[Trap]:
    """``.status.latestImage`` is gone from the v1 API of ImagePolicy."""
    for obj in objects:
        if stamped(obj).get("kind") != "ImagePolicy":
            continue
        paths = [spec(obj).get("urlPath"), spec(obj).get("revisionPath")]
        if any("latestImage" in str(path) for path in paths):
            what = "status.latestImage does not exist any more: the tag is in status.latestRef"
            yield _trap("latest-image-gone", obj, what, _latest_ref)
            yield from _image_readers(objects, obj)


def _latest_ref(after: Obj) -> None:
    after["spec"]["urlPath"] = ".status.latestRef.name"
    after["spec"]["revisionPath"] = ".status.latestRef.tag"


def _image_readers(objects: list[Obj], policy: Obj) -> Iterator[Trap]:
    """Whoever read the whole reference from the url must put it together now."""
    for plan in _blueprints(objects):
        for resource in spec(plan).get("resources") or ():
            template = _template(objects, resource)
            reads = {str(one.get("resource")) for one in resource.get("sources") or ()}
            makers = {
                str(one.get("name"))
                for one in spec(plan).get("resources") or ()
                if (one.get("templateRef") or {}).get("name") == policy["metadata"].get("name")
            }
            if (
                template is None
                or not reads & makers
                or '"$(source.url)$"' not in json.dumps(stamped(template))
            ):
                continue
            what = "source.url is the name without the tag now: the tag is source.revision"
            yield _trap("image-without-tag", template, what, _with_tag)


def _with_tag(after: Obj) -> None:
    text = json.dumps(after["spec"]["template"])
    after["spec"]["template"] = json.loads(
        text.replace('"$(source.url)$"', '"$(source.url)$:$(source.revision)$"')
    )


def _cluster_task(objects: list[Obj]) -> Iterator[Trap]:
    """ClusterTask is gone since Tekton 1.0, and a reference to one is silently taken as a Task."""
    for obj in objects:
        text = json.dumps(spec(obj))
        if obj.get("kind") == "ClusterTask":
            what = "ClusterTask is gone since Tekton 1.0: make it a Task in the namespace of the runs"
            yield _trap("cluster-task", obj, what, _as_task)
        elif '"ClusterTask"' in text:
            what = "it refers to a ClusterTask, which is gone since Tekton 1.0"
            yield _trap("cluster-task", obj, what, _refer_to_task)
        if "taskResults" in text:
            what = "status.taskResults is status.results since tekton.dev/v1"
            yield _trap("task-results", obj, what, _rewrite("taskResults", "results"))


def _as_task(after: Obj) -> None:
    after["kind"], after["apiVersion"] = "Task", "tekton.dev/v1"


def _refer_to_task(after: Obj) -> None:
    text = json.dumps(after["spec"]).replace('"ClusterTask"', '"Task"')
    after["spec"] = json.loads(text.replace('"tekton.dev/v1beta1"', '"tekton.dev/v1"'))


def _rewrite(old: str, new: str) -> Fix:
    def fix(after: Obj) -> None:
        after["spec"] = json.loads(json.dumps(after["spec"]).replace(old, new))

    return fix


def _workspace_key(objects: list[Obj]) -> Iterator[Trap]:
    """The key of a ConfigMap workspace is ``configMap``; another case is pruned by the API server."""
    for obj in objects:
        if '"configmap":' in json.dumps(spec(obj)):
            what = "workspace key configmap is pruned by the API server: it is configMap"
            yield _trap("workspace-key", obj, what, _rewrite('"configmap":', '"configMap":'))


def _bash_script(objects: list[Obj]) -> Iterator[Trap]:
    """``[[`` under a POSIX shell fails without an error: a package is pushed without a version."""
    for obj in objects:
        if obj.get("kind") not in ("Task", "ClusterTask"):
            continue
        for index, step in enumerate(spec(obj).get("steps") or ()):
            script = str(step.get("script") or "")
            first = script.lstrip().splitlines()[0] if script.strip() else ""
            if "[[" in script and "bash" not in first:

                def fix(after: Obj, index: int = index, script: str = script, first: str = first) -> None:
                    body = script.replace(first, "", 1).lstrip("\n") if first.startswith("#!") else script
                    after["spec"]["steps"][index]["script"] = (
                        f"#!/usr/bin/env bash\nset -euo pipefail\n{body}"
                    )

                what = f"step {step.get('name', index)} uses [[ without bash: sh pushes an empty version"
                yield _trap("script-needs-bash", obj, what, fix)


def _not_pinnable(objects: list[Obj]) -> Iterator[Trap]:
    """Where no parameter holds the version, every environment follows the newest."""
    policies = [obj for obj in objects if stamped(obj).get("kind") == "ImagePolicy"]
    for obj in policies:
        semver = (spec(stamped(obj)).get("policy") or {}).get("semver") or {}
        if semver and "$(" not in str(semver.get("range")):

            def fix(after: Obj, rule: str = str(semver.get("range"))) -> None:
                params = after["spec"].setdefault("params", [])
                params.append({"name": "semver", "default": rule})
                stamped(after)["spec"]["policy"]["semver"]["range"] = "$(params.semver)$"

            what = "the version rule is fixed: no environment can be pinned, prod follows whatever dev gets"
            yield _trap("not-pinnable", obj, what, fix)


def _no_rebase(objects: list[Obj]) -> Iterator[Trap]:
    """Knative refuses every later apply that lacks the annotations which it set itself."""
    for obj in objects:
        text = str(spec(obj).get("ytt") or "") or json.dumps(stamped(obj))
        serves = "serving.knative.dev/v1" in text and "kind: Service" in text.replace('"', "")
        if obj.get("kind") != "ClusterConfigTemplate" or not serves or "rebaseRules" in text:
            continue

        def fix(after: Obj) -> None:
            if after["spec"].get("ytt"):
                after["spec"]["ytt"] = after["spec"]["ytt"].rstrip("\n") + _REBASE
            elif stamped(after).get("data") is not None:
                stamped(after)["data"]["kapp-config.yaml"] = _rebase_text()

        what = "the bundle has no kapp rebase rules: Knative refuses every second version"
        yield _trap("no-rebase-rules", obj, what, fix)


def _rebase_text() -> str:
    lines = _REBASE.strip("\n").splitlines()[1:]
    return "\n".join(line.removeprefix("    ") for line in lines) + "\n"


_RULES: tuple[Callable[[list[Obj]], Iterator[Trap]], ...] = (
    _inputs_unread,
    _sync_period,
    _deployment_source,
    _paused,
    _latest_image,
    _cluster_task,
    _workspace_key,
    _bash_script,
    _not_pinnable,
    _no_rebase,
)
