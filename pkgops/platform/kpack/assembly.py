"""Putting a builder together: the stack's build image, the lifecycle, buildpacks, their order."""

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
# kpack asks for one up to 0.8 here, which every published lifecycle supports, and calls 0.9 where it can.
_PLATFORM_APIS = ("0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9")
Order = list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that decides a builder's image.

    Attributes:
        stack: its images.
        lifecycle: its programs and the API versions that they support.
        groups: the buildpacks of each group, with whether they are optional.
        nested: those that the buildpacks of the groups are put together from.
        labels: added to the image.
    """

    stack: Stack
    lifecycle: Lifecycle
    groups: Groups
    labels: Mapping[str, str]
    nested: tuple[StoredBuildpack, ...] = ()

    def buildpacks(self) -> list[StoredBuildpack]:
        """Return every buildpack once, in kpack's order: the biggest layer first."""
        every = [*(one for group in self.groups for one, _ in group), *self.nested]
        unique = {(one.id, one.version): one for one in every}.values()
        return sorted(unique, key=lambda one: (one.layer.blob.size, f"{one.id}@{one.version}"), reverse=True)

    def order(self) -> Order:
        """Return the order with versions, as the status and the label have it."""
        return [
            {"group": [{"id": one.id, "version": one.version, **({"optional": True} if optional else {})}
                       for one, optional in group]}
            for group in self.groups
        ]  # fmt: skip


def check(plan: Plan) -> None:
    """Refuse what the lifecycle cannot drive, as kpack does before it puts a builder together.

    Raises:
        BadPart: kpack's message.
    """
    platforms = plan.lifecycle.supported("platform")
    if not set(platforms) & set(_PLATFORM_APIS):
        lifecycle, expected = ", ".join(platforms), ", ".join(_PLATFORM_APIS)
        raise BadPart(
            f"unsupported platform apis in kpack lifecycle: {lifecycle}, expecting one of: {expected}"
        )
    for one in plan.buildpacks():
        wrong = _unsupported(one, plan)
        if wrong:
            raise BadPart(f"validating buildpack {one.id}@{one.version}: {wrong}")


def _unsupported(one: StoredBuildpack, plan: Plan) -> str:
    if one.facts.get("order"):
        return ""
    api, apis, stack = str(one.facts.get("api", "")), plan.lifecycle.supported("buildpack"), plan.stack
    if api not in apis:
        return f"unsupported buildpack api: {api}, expecting: {', '.join(apis)}"
    stacks = one.facts.get("stacks") or []
    supported = next((entry for entry in stacks if entry.get("id") in (stack.id, "*")), None)
    if supported is None:
        return f"stack {stack.id} is not supported" if stacks else ""
    lacking = missing_mixins(
        stack.mixins, supported.get("mixins") or [], plan.lifecycle.supported("platform")
    )
    return f"stack missing mixin(s): {', '.join(lacking)}" if lacking else ""


def publish(client: RegistryClient, plan: Plan, tag: ImageRef) -> tuple[str, str]:
    """Push the builder and, beside it, the run image; return both as ``repository:tag@digest``."""
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
    """Return the builder's image; the same plan always gives the same digest."""
    lifecycle = plan.lifecycle
    run_image = f"{run_ref.name}:{run_ref.tag}@{plan.stack.run_ref.digest}"
    image = plan.stack.build.append([lifecycle.layer], "kpack lifecycle")
    image = image.append((one.layer for one in plan.buildpacks()), "kpack buildpack")
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
    for one in plan.buildpacks():
        layers.setdefault(one.id, {})[one.version] = one.facts
    return layers


def _metadata(plan: Plan, run_image: str) -> dict[str, Any]:
    lifecycle = plan.lifecycle
    facts = {"version": lifecycle.version, "api": dict(lifecycle.api), "apis": dict(lifecycle.apis)}
    return {
        "description": "Custom Builder built with kpack",
        "stack": {"runImage": {"image": run_image, "mirrors": None}},
        "lifecycle": facts,
        "createdBy": {"name": "kpack Builder", "version": ""},
        "buildpacks": [{"id": one.id, "version": one.version} for one in plan.buildpacks()],
    }
