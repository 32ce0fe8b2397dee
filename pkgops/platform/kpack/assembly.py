"""Build the image of a builder from the stack's build image, the lifecycle, buildpacks, and their order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pkgops.formats import toml
from pkgops.oci import Image, ImageRef, RegistryClient, write_image
from pkgops.oci.image import copy_image
from pkgops.oci.layers import Member, directory, memory_layer, regular
from pkgops.platform.kpack.builderconfig import CACHE_IN_BUILD_LABEL
from pkgops.platform.kpack.mixins import missing_mixins
from pkgops.platform.kpack.names import with_tag
from pkgops.platform.kpack.parts import (
    APIS_LABEL,
    METADATA_LABEL,
    BadPart,
    Lifecycle,
    Stack,
    StoredBuildpack,
)
from pkgops.platform.kpack.resolving import Groups

ORDER_LABEL = "io.buildpacks.buildpack.order"
_LAYERS_LABEL = "io.buildpacks.buildpack.layers"
LIFECYCLE_VERSION_LABEL = "io.buildpacks.lifecycle.version"
_OF_LIFECYCLE = (APIS_LABEL, CACHE_IN_BUILD_LABEL)
# kpack requires one up to 0.8 here, which every published lifecycle supports, and uses 0.9 where it can.
_PLATFORM_APIS = ("0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9")
Order = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The content of a builder's image.

    Attributes:
        stack: the stack with its images.
        lifecycle: the lifecycle's programs and the API versions that they support.
        groups: the buildpacks of each group, with whether they are optional.
        nested: the buildpacks that are part of the buildpacks of the groups.
        labels: additional labels of the image.
    """

    stack: Stack
    lifecycle: Lifecycle
    groups: Groups
    labels: Mapping[str, str]
    nested: tuple[StoredBuildpack, ...] = ()

    def buildpacks(self) -> list[StoredBuildpack]:
        """Return every buildpack once, in kpack's order: the largest layer first."""
        every = [*(buildpack for group in self.groups for buildpack, _ in group), *self.nested]
        unique = {(buildpack.id, buildpack.version): buildpack for buildpack in every}.values()
        return sorted(unique, key=_layer_order, reverse=True)

    def order(self) -> Order:
        """Return the order with versions, in the form of the status and the label."""
        return [
            {"group": [{"id": item.id, "version": item.version, **({"optional": True} if optional else {})}
                       for item, optional in group]}
            for group in self.groups
        ]  # fmt: skip


def _layer_order(buildpack: StoredBuildpack) -> tuple[int, str]:
    return buildpack.layer.blob.size, f"{buildpack.id}@{buildpack.version}"


def check(plan: Plan) -> None:
    """Check that the lifecycle supports the buildpacks, as kpack does before it builds a builder.

    Raises:
        BadPart: it does not; the text is kpack's message.
    """
    platforms = plan.lifecycle.supported("platform")
    if not set(platforms) & set(_PLATFORM_APIS):
        lifecycle, expected = ", ".join(platforms), ", ".join(_PLATFORM_APIS)
        raise BadPart(
            f"unsupported platform apis in kpack lifecycle: {lifecycle}, expecting one of: {expected}"
        )
    for buildpack in plan.buildpacks():
        problem = _unsupported(buildpack, plan)
        if problem:
            raise BadPart(f"validating buildpack {buildpack.id}@{buildpack.version}: {problem}")


def _unsupported(buildpack: StoredBuildpack, plan: Plan) -> str:
    if buildpack.facts.get("order"):
        return ""
    api, apis = str(buildpack.facts.get("api", "")), plan.lifecycle.supported("buildpack")
    stack = plan.stack
    if api not in apis:
        return f"unsupported buildpack api: {api}, expecting: {', '.join(apis)}"
    stacks = buildpack.facts.get("stacks") or []
    supported = next((entry for entry in stacks if entry.get("id") in (stack.id, "*")), None)
    if supported is None:
        return f"stack {stack.id} is not supported" if stacks else ""
    lacking = missing_mixins(
        stack.mixins, supported.get("mixins") or [], plan.lifecycle.supported("platform")
    )
    return f"stack missing mixin(s): {', '.join(lacking)}" if lacking else ""


def publish(client: RegistryClient, plan: Plan, tag: ImageRef) -> tuple[str, str]:
    """Push the builder and the run image; return both as ``repository:tag@digest``."""
    run_ref = tag.tagged(f"{tag.tag}-run-image")
    check(plan)
    image = builder_image(plan, run_ref)
    for ref, digest in ((tag, image.digest), (run_ref, plan.stack.run_ref.digest)):
        if not client.exists(ref.at(digest)) or client.digest(ref) != digest:
            _store(client, ref, image, plan, run_ref)
    return with_tag(tag, image.digest), with_tag(run_ref, plan.stack.run_ref.digest)


def _store(client: RegistryClient, ref: ImageRef, image: Image, plan: Plan, run_ref: ImageRef) -> None:
    if ref == run_ref:
        copy_image(client, plan.stack.run_ref, [ref])
    else:
        write_image(client, image, [ref])


def builder_image(plan: Plan, run_ref: ImageRef) -> Image:
    """Return the builder's image; it is reproducible: the same plan always has the same digest."""
    lifecycle = plan.lifecycle
    run_image = f"{run_ref.name}:{run_ref.tag}@{plan.stack.run_ref.digest}"
    image = plan.stack.build.append([lifecycle.layer], "kpack lifecycle")
    image = image.append((buildpack.layer for buildpack in plan.buildpacks()), "kpack buildpack")
    image = image.append([memory_layer(_files(plan, run_image))], "kpack order")
    env = [*(image.config["config"].get("Env") or []), "CNB_PLATFORM_API=0.9"]
    labels = {
        **{label: lifecycle.labels[label] for label in _OF_LIFECYCLE if label in lifecycle.labels},
        LIFECYCLE_VERSION_LABEL: lifecycle.version,
        **plan.labels,
        ORDER_LABEL: json.dumps(plan.order()),
        _LAYERS_LABEL: json.dumps(_layers(plan)),
        METADATA_LABEL: json.dumps(_metadata(plan, run_image)),
    }
    user = f"{plan.stack.user}:{plan.stack.group}"
    return image.configured(Env=env, WorkingDir="/layers", User=user).labelled(labels)


def _files(plan: Plan, run_image: str) -> Iterator[Member]:
    owner = (plan.stack.user, plan.stack.group)
    for name in ("layers", "workspace"):
        yield directory(name, 0o755, owner), None
    for name in ("platform", "platform/env", "cnb"):
        yield directory(name), None
    order = toml.dump({"order": plan.order()})
    yield regular("cnb/order.toml", order.encode())
    yield regular("cnb/stack.toml", toml.dump({"run-image": {"image": run_image}}).encode())
    yield regular("cnb/run.toml", toml.dump({"images": [{"image": run_image}]}).encode())


def _layers(plan: Plan) -> dict[str, Any]:
    layers: dict[str, Any] = {}
    for buildpack in plan.buildpacks():
        layers.setdefault(buildpack.id, {})[buildpack.version] = buildpack.facts
    return layers


def _metadata(plan: Plan, run_image: str) -> dict[str, Any]:
    lifecycle = plan.lifecycle
    facts = {"version": lifecycle.version, "api": dict(lifecycle.api), "apis": dict(lifecycle.apis)}
    return {
        "description": "Custom Builder built with kpack",
        "stack": {"runImage": {"image": run_image, "mirrors": None}},
        "lifecycle": facts,
        "createdBy": {"name": "kpack Builder", "version": ""},
        "buildpacks": [{"id": buildpack.id, "version": buildpack.version} for buildpack in plan.buildpacks()],
    }
