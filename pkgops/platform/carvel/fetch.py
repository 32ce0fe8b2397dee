"""Fetch the sources of an App as vendir does, each into its own folder, and return vendir's lock."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.formats import goyaml
from pkgops.kube import raise_temporary
from pkgops.oci import ImageRef, RegistryClient
from pkgops.oci.bundle import pull_bundle, pull_image
from pkgops.platform.carvel.checkout import check_out
from pkgops.platform.carvel.download import download
from pkgops.platform.carvel.outcome import Outcome, failed, tool_failed
from pkgops.platform.carvel.secrets import MissingReference, References
from pkgops.platform.carvel.selection import NoVersion, select_tag
from pkgops.platform.carvel.sources import FetchProblem, SourceError, scoped

STEP = "Fetching resources"
_NAMES = {"imgpkgBundle": "imgpkgBundle", "image": "image", "http": "HTTP", "git": "git"}
"""vendir's names for the kinds of sources, by the App's field."""


class MissingSubPath(SourceError):
    """A ``subPath`` does not exist in the fetched content."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches the sources of one App.

    Attributes:
        references: the Secrets and ConfigMaps of its namespace.
    """

    references: References

    def fetch(self, sources: list[dict[str, Any]], folder: Path) -> tuple[Path, Outcome]:
        """Fetch all sources below ``folder``; return the folder where templating starts, and the outcome."""
        if not sources:
            return folder, failed("Expected at least one fetch option")
        locks: list[dict[str, Any]] = []
        for index, source in enumerate(sources):
            target = folder / str(source.get("path") or index)
            target.mkdir(parents=True, exist_ok=True)
            try:
                content = {**self._one(source, target), "path": "."}
                locks.append({"contents": [content], "path": str(target.relative_to(folder))})
            except (MissingReference, FetchProblem) as error:
                return folder, failed(f"Fetching ({index}): {error}")
            except PkgopsError as error:
                raise_temporary(error)
                return folder, tool_failed(STEP, _vendir(index, source, error))
        single = len(sources) == 1 and not sources[0].get("path")
        lock = {"apiVersion": "vendir.k14s.io/v1alpha1", "directories": locks, "kind": "LockConfig"}
        return folder / "0" if single else folder, Outcome(stdout=goyaml.dump(lock, goyaml.V2))

    def _one(self, source: dict[str, Any], target: Path) -> dict[str, Any]:
        if source.get("inline") is not None:
            return self._inline(source["inline"], target)
        if source.get("imgpkgBundle") is not None:
            return self._bundle(source["imgpkgBundle"], target)
        if source.get("image") is not None:
            return self._image(source["image"], target)
        if source.get("http") is not None:
            return self._http(source["http"], target)
        if source.get("git") is not None:
            return self._git(source["git"], target)
        detail = " (helmChart is not available on the local platform)" if "helmChart" in source else ""
        raise FetchProblem(f"Unsupported way to fetch{detail}")

    def _inline(self, spec: dict[str, Any], target: Path) -> dict[str, Any]:
        for name, content in inline_files(spec, self.references).items():
            path = scoped(target, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return {"inline": {}}

    def _bundle(self, spec: dict[str, Any], target: Path) -> dict[str, Any]:
        client = RegistryClient(self.references.keychain(spec.get("secretRef")))
        image = _wanted(client, str(spec.get("image") or ""), spec)
        pulled = pull_bundle(client, image, target)
        tag = {"tag": image.tag} if image.tag and not image.digest else {}
        return {"imgpkgBundle": {"image": str(pulled.ref), **tag}}

    def _image(self, spec: dict[str, Any], target: Path) -> dict[str, Any]:
        client = RegistryClient(self.references.keychain(spec.get("secretRef")))
        image = _wanted(client, str(spec.get("url") or ""), spec)
        pulled = pull_image(client, image, target)
        _keep_sub_path(spec, target)
        tag = {"tag": image.tag} if image.tag and not image.digest else {}
        return {"image": {**tag, "url": str(pulled.ref)}}

    def _http(self, spec: dict[str, Any], target: Path) -> dict[str, Any]:
        download(spec, self.references, target)
        _keep_sub_path(spec, target)
        return {"http": {}}

    def _git(self, spec: dict[str, Any], target: Path) -> dict[str, Any]:
        lock = check_out(spec, self.references, target)
        _keep_sub_path(spec, target)
        return {"git": lock}


def _wanted(client: RegistryClient, text: str, spec: dict[str, Any]) -> ImageRef:
    """Return the image to pull, with the tag that ``tagSelection`` selects if there is one."""
    named = ImageRef.parse(text)
    selection = spec.get("tagSelection")
    if not selection:
        return named
    try:
        tag = select_tag(client.tags(named), selection)
    except NoVersion as error:
        raise SourceError(f"Determining tag selection: {error}") from error
    return ImageRef.parse(f"{text}:{tag}")


def _keep_sub_path(spec: dict[str, Any], target: Path) -> None:
    """Replace a folder's content by that of its ``subPath``, where a source has one."""
    sub_path = str(spec.get("subPath") or "")
    if not sub_path:
        return
    try:
        root = scoped(target, sub_path)
    except FetchProblem as error:
        raise MissingSubPath(f"Invalid path: {sub_path}") from error
    if not root.is_dir():
        raise MissingSubPath(f"Expected directory '{sub_path}' (subpath) to exist{_others(target, sub_path)}")
    if root == target.resolve():
        return
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="new-root-") as folder:
        kept = Path(folder) / "kept"
        root.rename(kept)
        shutil.rmtree(target)
        kept.rename(target)


def _others(target: Path, sub_path: str) -> str:
    """Return the part of the message that lists the folders beside a missing ``subPath``."""
    parent = Path(sub_path).parent
    if not (target / parent).is_dir():
        return ""
    folders = sorted(str(parent / path.name) for path in (target / parent).iterdir() if path.is_dir())
    return f" (found other directories: {', '.join(folders)})" if folders else ""


def inline_files(spec: Mapping[str, Any], references: References) -> dict[str, bytes]:
    """Return the files of an inline source: its own ``paths``, and those of Secrets and ConfigMaps.

    Raises:
        MissingReference: a Secret or ConfigMap does not exist.
        FetchProblem: a source is neither of them.
    """
    files = {str(name): str(content).encode() for name, content in (spec.get("paths") or {}).items()}
    for item in spec.get("pathsFrom") or []:
        if item.get("secretRef") is not None:
            reference, read = item["secretRef"], references.secret
        elif item.get("configMapRef") is not None:
            reference, read = item["configMapRef"], references.config_map
        else:
            raise FetchProblem("Expected either secretRef or configMapRef as a source")
        folder = str(reference.get("directoryPath") or "")
        contents = read(str(reference.get("name") or ""))
        files |= {f"{folder}/{name}" if folder else name: content for name, content in contents.items()}
    return files


def _vendir(index: int, source: dict[str, Any], error: PkgopsError) -> str:
    kind = next((name for key, name in _NAMES.items() if key in source), "inline")
    detail = f"{error.what}: {error.why}" if error.why else error.what
    if kind in ("image", "imgpkgBundle") and not isinstance(error, MissingSubPath):
        detail = f"Imgpkg: exit status 1 (stderr: imgpkg: Error: Fetching image: {detail}\n)"
    rooted = isinstance(error, MissingSubPath)
    step = "Changing to new root path '.':" if rooted else f"Syncing directory '.' with {kind} contents:"
    return f"vendir: Error: Syncing directory '{index}':\n  {step}\n    {detail}\n"
