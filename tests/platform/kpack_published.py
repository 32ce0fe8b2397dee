"""What publishers of buildpacks have in a registry, for the tests of builders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fake_registry import FakeRegistry

from pkgops.oci import Image, ImageRef, RegistryClient, read_image, write_image
from pkgops.oci.image import empty_image
from pkgops.oci.layers import memory_layer, regular
from pkgops.platform.kpack.assembly import Plan, publish
from pkgops.platform.kpack.available import listed
from pkgops.platform.kpack.clusterparts import buildpack_status, store_status
from pkgops.platform.kpack.parts import read_buildpacks, read_lifecycle, read_stack
from pkgops.platform.kpack.resolving import Available, ListedBuildpack, choose, nested

STACK = "io.buildpacks.stacks.jammy"
APIS = {
    "buildpack": {"deprecated": ["0.2"], "supported": ["0.7", "0.8", "0.10"]},
    "platform": {"deprecated": [], "supported": ["0.7", "0.8", "0.9", "0.10", "0.14"]},
}
ORDER = [{"group": [{"id": "shop/leaf", "version": "1.2.0"}, {"id": "shop/other", "optional": True}]}]


class Published:
    """What publishers have in a registry: a stack, a lifecycle, a buildpackage of three buildpacks."""

    def __init__(self, registry: FakeRegistry, client: RegistryClient) -> None:
        self.host, self.client = registry.host, client
        env = ["CNB_USER_ID=1001", "CNB_GROUP_ID=1002"]
        stack = {"io.buildpacks.stack.id": STACK}
        self.build = self.push("build", empty_image(Env=env, Labels=stack), "etc/os-release")
        self.run = self.push("run", empty_image(Labels=stack), "etc/run")
        self.lifecycle = self.lifecycle_of(APIS)
        self.package = self.package_of()

    def push(self, name: str, image: Image, *files: str) -> str:
        ref = ImageRef.parse(f"{self.host}/{name}:1")
        layers = [memory_layer([regular(file, name.encode())]) for file in files]
        write_image(self.client, image.append(layers), [ref])
        return str(ref)

    def lifecycle_of(self, apis: dict[str, Any]) -> str:
        """A lifecycle's image as it is published: the base below, the programs on top."""
        info = {
            "lifecycle": {"version": "0.20.1"},
            "api": {"buildpack": "0.2", "platform": "0.3"},
            "apis": apis,
        }
        labels = {
            "io.buildpacks.builder.metadata": json.dumps(info),
            "io.buildpacks.lifecycle.apis": json.dumps(apis),
        }
        return self.push("lifecycle", empty_image(Labels=labels), "etc/passwd", "cnb/lifecycle/detector")

    def package_of(self, api: str = "0.10", name: str = "package", **more: str) -> str:
        names = {"shop/meta": "9.0.0", "shop/leaf": "1.2.0", "shop/other": "3.0.0", **more}
        layers = {name: memory_layer([regular(f"cnb/buildpacks/{name}", b"x")]) for name in names}
        facts: dict[str, Any] = {
            name: {version: {"api": api, "layerDiffID": layers[name].diff_id, "stacks": [{"id": "*"}]}}
            for name, version in names.items()
        }
        facts["shop/meta"]["9.0.0"]["order"] = ORDER
        labels = {"io.buildpacks.buildpack.layers": json.dumps(facts)}
        image = empty_image(Labels=labels).append(layers.values())
        ref = ImageRef.parse(f"{self.host}/{name}:1")
        write_image(self.client, image, [ref])
        return str(ref)

    def plan(self, order: Sequence[dict[str, Any]] = ({"group": [{"id": "shop/meta"}]},)) -> Plan:
        stored = Available(store=self.listed("ClusterStore"))
        groups = choose(order, stored)
        return Plan(
            stack=read_stack(self.client, STACK, self.build, self.run),
            lifecycle=read_lifecycle(self.client, self.lifecycle),
            groups=groups,
            nested=nested(groups, stored),
            labels={"team": "shop"},
        )

    def listed(self, kind: str) -> list[ListedBuildpack]:
        """The fields of an object's status after it was reconciled, by kind."""
        if kind == "ClusterStore":
            status = store_status(self.client, {"sources": [{"image": self.package}]})
        else:
            status = buildpack_status(self.client, {"image": self.package})
        obj = {"kind": kind, "metadata": {"name": "shop"}, "status": status}
        return listed(obj, lambda image: read_buildpacks(self.client, image))

    def builder(self) -> Image:
        latest, _ = publish(self.client, self.plan(), ImageRef.parse(f"{self.host}/builder:1"))
        return read_image(self.client, ImageRef.parse(latest))
