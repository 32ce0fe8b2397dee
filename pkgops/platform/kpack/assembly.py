"""Putting a builder together: the stack's build image, the lifecycle, buildpacks, their order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pkgops import tomlio
from pkgops.oci import Image, ImageRef, RegistryClient, write_image
from pkgops.oci.image import copy_image
from pkgops.oci.layers import Member, directory, memory_layer, regular
from pkgops.platform.kpack.names import with_tag
from pkgops.platform.kpack.parts import BadPart, Stack, StoredBuildpack

ORDER_LABEL = "io.buildpacks.buildpack.order"
_LAYERS_LABEL = "io.buildpacks.buildpack.layers"
_METADATA_LABEL = "io.buildpacks.builder.metadata"
_PLATFORM_APIS = ["0.9"]
_BUILDPACK_APIS = ["0.9"]
Order = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that decides a builder's image.

    Attributes:
        stack: its images.
        lifecycle: the lifecycle's image and version.
        groups: the buildpacks of each group, with whether they are optional.
        labels: added to the image.
    """

    stack: Stack
    lifecycle: tuple[Image, str]
    groups: tuple[tuple[tuple[StoredBuildpack, bool], ...], ...]
    labels: Mapping[str, str]

    def buildpacks(self) -> list[StoredBuildpack]:
        """Return every buildpack once."""
        found = {(one.id, one.version): one for group in self.groups for one, _ in group}
        return list(found.values())

    def order(self) -> Order:
        """Return the order with versions, as the status and the label have it."""
        return [
            {"group": [{"id": one.id, "version": one.version, **({"optional": True} if optional else {})}
                       for one, optional in group]}
            for group in self.groups
        ]  # fmt: skip


def choose(
    order: Iterable[Mapping[str, Any]], store: Sequence[StoredBuildpack]
) -> tuple[tuple[tuple[StoredBuildpack, bool], ...], ...]:
    """Find the buildpacks that an order names; without a version the newest is meant.

    Raises:
        BadPart: one is not in the store.
    """
    return tuple(
        tuple((_find(entry, store), bool(entry.get("optional"))) for entry in group.get("group") or [])
        for group in order
    )


def _find(entry: Mapping[str, Any], store: Sequence[StoredBuildpack]) -> StoredBuildpack:
    wanted, version = entry.get("id", ""), entry.get("version", "")
    found = [one for one in store if one.id == wanted and version in ("", one.version)]
    if not found:
        also = f" and version '{version}'" if version else ""
        raise BadPart(f"could not find buildpack with id '{wanted}'{also}")
    return max(found, key=lambda one: _numbers(one.version))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def publish(client: RegistryClient, plan: Plan, tag: ImageRef) -> tuple[str, str]:
    """Push the builder and, beside it, the run image; return both as ``repository:tag@digest``."""
    run_ref = tag.tagged(f"{tag.tag}-run-image")
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
    lifecycle, version = plan.lifecycle
    run_image = f"{run_ref.name}:{run_ref.tag}@{plan.stack.run_ref.digest}"
    image = plan.stack.build.append(lifecycle.layers, "kpack lifecycle")
    image = image.append((one.layer for one in plan.buildpacks()), "kpack buildpack")
    image = image.append([memory_layer(_files(plan, run_image))], "kpack order")
    env = [*(image.config["config"].get("Env") or []), "CNB_PLATFORM_API=0.9"]
    labels = {
        **plan.labels,
        ORDER_LABEL: json.dumps(plan.order()),
        _LAYERS_LABEL: json.dumps(_layers(plan)),
        _METADATA_LABEL: json.dumps(_metadata(plan, run_image, version)),
    }
    user = f"{plan.stack.user}:{plan.stack.group}"
    return image.configured(Env=env, WorkingDir="/layers", User=user).labelled(labels)


def _files(plan: Plan, run_image: str) -> Iterator[Member]:
    owner = (plan.stack.user, plan.stack.group)
    for name in ("layers", "workspace"):
        yield directory(name, 0o755, owner), None
    for name in ("platform", "platform/env", "cnb"):
        yield directory(name), None
    order = tomlio.dump({"order": plan.order()})
    yield regular("cnb/order.toml", order.encode())
    yield regular("cnb/stack.toml", tomlio.dump({"run-image": {"image": run_image}}).encode())
    yield regular("cnb/run.toml", tomlio.dump({"images": [{"image": run_image}]}).encode())


def _layers(plan: Plan) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in plan.buildpacks():
        found.setdefault(one.id, {})[one.version] = one.facts
    return found


def _metadata(plan: Plan, run_image: str, version: str) -> dict[str, Any]:
    apis = {
        "buildpack": {"deprecated": [], "supported": _BUILDPACK_APIS},
        "platform": {"deprecated": [], "supported": _PLATFORM_APIS},
    }
    return {
        "description": "Custom Builder built with kpack",
        "stack": {"runImage": {"image": run_image, "mirrors": None}},
        "lifecycle": {"version": version, "apis": apis},
        "createdBy": {"name": "kpack Builder", "version": ""},
        "buildpacks": [{"id": one.id, "version": one.version} for one in plan.buildpacks()],
    }
