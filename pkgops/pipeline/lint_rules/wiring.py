"""Faults in how a blueprint's resources and templates pass values on (Cartographer, Flux)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pkgops.pipeline.lint_rules.finding import (
    Fix,
    LintFinding,
    Obj,
    blueprints,
    finding,
    stamped,
    template_of,
)
from pkgops.readiness.base import spec

_INPUT_ROOTS = {"sources": "source", "images": "image", "configs": "config"}


def inputs_unread(objects: list[Obj]) -> Iterator[LintFinding]:
    """A Runnable whose spec does not change with its input runs once, too early, and never again."""
    for plan in blueprints(objects):
        for resource in spec(plan).get("resources") or ():
            template = template_of(objects, resource)
            if template is None or stamped(template).get("kind") != "Runnable":
                continue
            for key, root in _INPUT_ROOTS.items():
                if resource.get(key) and not _reads(template, root, _run_template(objects, template)):
                    what = (
                        f"the runs of its Runnable do not change with its {root}: one is created before it "
                        f"exists, and a new {root} starts no run, so what was built is never packaged"
                    )
                    yield finding("input-not-read", template, what, _reader(root))


def _reader(root: str) -> Fix:
    """Return the fix that adds a parameter to the run: a Task that does not declare it ignores it."""
    value = "$(source.revision)$" if root == "source" else f"of $(workload.metadata.name)$: $({root})$"

    def fix(obj: Obj) -> None:
        inputs = stamped(obj).setdefault("spec", {}).setdefault("inputs", {})
        inputs.setdefault("params", []).append({"name": f"changes-with-{root}", "value": value})

    return fix


def _run_template(objects: list[Obj], template: Obj) -> Obj | None:
    name = (spec(stamped(template)).get("runTemplateRef") or {}).get("name")
    runs = (obj for obj in objects if obj.get("kind") == "ClusterRunTemplate")
    return next((obj for obj in runs if obj["metadata"].get("name") == name), None)


def _reads(template: Obj, root: str, run: Obj | None) -> bool:
    """Whether a Runnable has an input in one of its inputs, and its runs are rendered from that one."""
    inputs = spec(stamped(template)).get("inputs") or {}
    form = re.compile(rf"\$\(\s*{root}s?[.)\[]")
    carrying = [key for key, value in inputs.items() if form.search(json.dumps(value))]
    if run is None:
        return bool(carrying) or form.search(json.dumps(stamped(template))) is not None
    text = json.dumps(stamped(run))
    whole = re.search(r"runnable\.spec\.inputs\s*\)", text) is not None
    return any(whole or re.search(rf"runnable\.spec\.inputs\.{re.escape(key)}\b", text) for key in carrying)


def deployment_source(objects: list[Obj]) -> Iterator[LintFinding]:
    """``deployment.resource`` must have a source output; Cartographer from 0.6 on refuses others late."""
    for plan in blueprints(objects):
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
            yield finding("deployment-without-source", plan, what, fix)


def _source_of(resources: dict[str, Obj], named: Obj) -> str:
    own = [str(one.get("resource")) for one in named.get("sources") or ()]
    kinds = {name: (item.get("templateRef") or {}).get("kind") for name, item in resources.items()}
    every = [*own, *reversed(list(resources))]
    return next((name for name in every if kinds.get(name) == "ClusterSourceTemplate"), "")


def latest_image(objects: list[Obj]) -> Iterator[LintFinding]:
    """``.status.latestImage`` was removed from the v1 API of ImagePolicy."""
    for obj in objects:
        if stamped(obj).get("kind") != "ImagePolicy":
            continue
        paths = [spec(obj).get("urlPath"), spec(obj).get("revisionPath")]
        if any("latestImage" in str(path) for path in paths):
            what = "status.latestImage does not exist any more: the tag is in status.latestRef"
            yield finding("latest-image-gone", obj, what, _latest_ref)


def image_without_tag(objects: list[Obj]) -> Iterator[LintFinding]:
    """A template that reads only the url of a policy gets a name without a tag, which means latest."""
    for obj in objects:
        url = str(spec(obj).get("urlPath"))
        if stamped(obj).get("kind") == "ImagePolicy" and ("latestImage" in url or "latestRef.name" in url):
            yield from _image_readers(objects, obj)


def _latest_ref(after: Obj) -> None:
    after["spec"]["urlPath"] = ".status.latestRef.name"
    after["spec"]["revisionPath"] = ".status.latestRef.tag"


def _image_readers(objects: list[Obj], policy: Obj) -> Iterator[LintFinding]:
    """The templates that use a policy's url as the whole reference, as it was before the v1 API."""
    for plan in blueprints(objects):
        for resource in spec(plan).get("resources") or ():
            template = template_of(objects, resource)
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
            yield finding("image-without-tag", template, what, _with_tag)


def _with_tag(after: Obj) -> None:
    text = json.dumps(after["spec"]["template"])
    after["spec"]["template"] = json.loads(
        text.replace('"$(source.url)$"', '"$(source.url)$:$(source.revision)$"')
    )
