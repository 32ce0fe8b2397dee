"""The buildpacks in a builder's file system: ``/cnb/buildpacks/<id>/<version>``."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pkgops.lifecycle import tables
from pkgops.lifecycle.phase import Code, PhaseError

CNB = Path("/cnb")


@dataclass(frozen=True, slots=True)
class Buildpack:
    """One buildpack of a group; ``optional`` ones may fail to detect."""

    id: str
    version: str
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.id}@{self.version}"

    @property
    def folder(self) -> Path:
        """The folder that contains its programs."""
        return CNB / "buildpacks" / self.escaped / self.version

    @property
    def escaped(self) -> str:
        """Its id, escaped for a folder's name as the specification defines."""
        return self.id.replace("/", "_")

    def facts(self) -> tables.Table:
        """Return the content of its buildpack.toml.

        Raises:
            PhaseError: the builder does not have this buildpack.
        """
        path = self.folder / "buildpack.toml"
        if not path.is_file():
            text = f"open {path}: no such file or directory"
            raise PhaseError(text, Code.FAILED, verb="initialize detector")
        return tables.read(path)

    @property
    def order(self) -> list[list[Buildpack]]:
        """The groups of a composite buildpack; empty for one with programs of its own."""
        return _groups(self.facts())

    @property
    def api(self) -> str:
        """The version of the buildpack API that it implements."""
        return str(self.facts().get("api", ""))

    @property
    def sbom_types(self) -> list[str]:
        """The media types of the bills of materials that it may write."""
        return list(self.facts().get("buildpack", {}).get("sbom-formats", []))

    @property
    def clear_env(self) -> bool:
        """Whether it does not get the environment variables that the user set for the build."""
        return bool(self.facts().get("buildpack", {}).get("clear-env", False))

    def to_table(self) -> tables.Table:
        """Return the entry of ``group.toml`` and of the image's metadata."""
        facts = self.facts()
        homepage = facts.get("buildpack", {}).get("homepage", "")
        table = {"id": self.id, "version": self.version, "api": facts.get("api", "")}
        return {**table, **({"homepage": homepage} if homepage else {})}


def groups(order: Path = CNB / "order.toml") -> list[list[Buildpack]]:
    """Return the builder's groups in order."""
    return _groups(tables.read(order))


def _groups(table: tables.Table) -> list[list[Buildpack]]:
    return [
        [Buildpack(one["id"], one["version"], one.get("optional", False)) for one in entry.get("group", [])]
        for entry in table.get("order", [])
    ]


def chosen(group: Path) -> list[Buildpack]:
    """Return the group that ``detect`` wrote."""
    return [Buildpack(one["id"], one["version"]) for one in tables.read(group).get("group", [])]


def run(buildpack: Buildpack, program: str, arguments: list[str], app: Path, env: Mapping[str, str]) -> int:
    """Run ``bin/<program>`` of a buildpack in the application's folder; returns its exit code."""
    path = buildpack.folder / "bin" / program
    return subprocess.run([path, *arguments], cwd=app, env=dict(env), check=False).returncode
