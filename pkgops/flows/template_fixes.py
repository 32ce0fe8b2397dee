"""Corrections of other people's templates, as ytt overlays beside them: theirs are not touched."""

from __future__ import annotations

from pathlib import Path

from pkgops.errors import RefusedError, UsageError
from pkgops.flows import overlays
from pkgops.model import ObjectRef
from pkgops.pipeline.lint import Correction

README = "README.md"


def write(corrections: list[Correction], folder: Path, templates: list[str]) -> list[Path]:
    """Write an overlay for each object that is to be corrected, and a README of what each does.

    Raises:
        RefusedError: the folder has something in it.
        UsageError: it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RefusedError(
            f"{folder} is there, and is not an empty folder",
            why="nothing is overwritten",
            next="name a folder that does not exist yet",
            slug="folder-not-empty",
        )
    texts = {file_name(one): overlays.document([_overlay(one)]) for one in corrections}
    texts[README] = readme(corrections, folder, templates)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror}", slug="folder-unwritable") from None
    return [folder / name for name in texts]


def file_name(correction: Correction) -> str:
    """Return the name of an object's overlay; every object has one of its own."""
    ref = ObjectRef.of(correction.before)
    return "-".join(part for part in (ref.kind.lower(), ref.namespace, ref.name) if part) + ".yaml"


def readme(corrections: list[Correction], folder: Path, templates: list[str]) -> str:
    """Return what each overlay does, as Markdown."""
    given = " ".join(f"--templates {one}" for one in [*templates, str(folder)])
    lines = [
        "# Corrections of templates",
        "",
        "ytt overlays that pkgops doctor wrote. They change what the templates render, not the templates:",
        "",
        f"    pkgops up {given}",
        "",
        "or `ytt -f TEMPLATES -f " + str(folder) + "`. Each may be deleted where it is not wanted.",
    ]
    for one in corrections:
        lines += ["", f"## {file_name(one)}", ""]
        lines += [f"- `{finding.name}`: {finding.what}" for finding in one.findings]
    return "\n".join(lines) + "\n"


def _overlay(correction: Correction) -> str:
    return overlays.overlay(
        correction.before, correction.after, [finding.what for finding in correction.findings]
    )
