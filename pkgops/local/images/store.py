"""Layers on disk, each built once: a folder for each content key, with the blob and its facts."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pkgops.local import folders
from pkgops.oci.image import Layer
from pkgops.oci.layers import LayerFacts, Member, file_layer, write_layer
from pkgops.oci.media import Descriptor

RECENT_SECONDS = 3600.0
MakeMembers = Callable[[Path], Iterable[Member]]


def content_key(*parts: str | bytes) -> str:
    """Return a short key of a layer's inputs."""
    hasher = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hasher.update(len(data).to_bytes(8, "big") + data)
    return hasher.hexdigest()[:16]


@dataclass(frozen=True)
class LayerStore:
    """The layers below one cache folder. Safe against interruption: a layer is complete or missing."""

    root: Path

    def find(self, name: str, key: str) -> Layer | None:
        """Return a layer that was made before, or None."""
        folder = self._folder(name, key)
        try:
            facts = json.loads((folder / "layer.json").read_text())
        except (OSError, ValueError):
            return None
        blob = Descriptor.from_json(facts["blob"])
        folder.touch()
        path = folder / "blob"
        if not path.is_file() or path.stat().st_size != blob.size:
            return None
        return file_layer(path, LayerFacts(blob, facts["diff_id"]))

    def make(self, name: str, key: str, members: MakeMembers, *, level: int = 6) -> Layer:
        """Build a layer.

        Args:
            name: the layer's name (``debian``).
            key: see :func:`content_key`.
            members: called with an empty work folder; yields the layer's members.
            level: of compression.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=self.root))
        try:
            draft = work / "layer"
            draft.mkdir()
            scratch = work / "scratch"
            scratch.mkdir()
            with (draft / "blob").open("wb") as out:
                facts = write_layer(out, members(scratch), level=level)
            document = {"blob": facts.blob.to_json(), "diff_id": facts.diff_id}
            (draft / "layer.json").write_text(json.dumps(document))
            shutil.rmtree(self._folder(name, key), ignore_errors=True)
            draft.rename(self._folder(name, key))
        finally:
            shutil.rmtree(work, ignore_errors=True)
        found = self.find(name, key)
        assert found is not None
        return found

    def prune(self, used: Iterable[tuple[str, str]]) -> None:
        """Remove every layer that is not in use, unless another command used it recently."""
        keep = {self._folder(name, key) for name, key in used}
        recent = time.time() - RECENT_SECONDS
        for folder in self.root.glob("[!.]*-*"):
            # Another command may be doing the same.
            used_last = folders.changed(folder)
            if folder not in keep and used_last is not None and used_last < recent:
                shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, name: str, key: str) -> Path:
        return self.root / f"{name}-{key}"
