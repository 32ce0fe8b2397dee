"""The environment of a buildpack's programs: a few inherited variables, and those of platform and layers.

Source: buildpacks/lifecycle ``env/build.go``, ``env/env.go`` and ``buildpack/build.go``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from pkgops.lifecycle import buildpacks_on_disk as on_disk
from pkgops.lifecycle.api import at_least
from pkgops.lifecycle.buildpacks_on_disk import Buildpack

ROOTS = {
    "bin": ("PATH",),
    "lib": ("LD_LIBRARY_PATH", "LIBRARY_PATH"),
    "include": ("CPATH",),
    "pkgconfig": ("PKG_CONFIG_PATH",),
}
"""Folders of a layer, and the path variables to which they are prepended."""
LISTS = frozenset(name for names in ROOTS.values() for name in names)
INHERITED = LISTS | {
    "CNB_STACK_ID",
    "HOSTNAME",
    "HOME",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
}
"""The variables that buildpacks inherit from the phase's environment; its others are removed."""
OS_RELEASE = Path("/etc/os-release")

Env = Mapping[str, str]


def inherited(environ: Env) -> dict[str, str]:
    """Return the variables that buildpacks inherit from the phase's environment."""
    return {name: value for name, value in environ.items() if name in INHERITED}


def with_layer(env: Env, layer: Path) -> dict[str, str]:
    """Return the environment with an earlier buildpack's build layer added: folders and ``env`` files."""
    result = dict(env)
    for part, names in ROOTS.items():
        for name in names if (layer / part).is_dir() else ():
            result[name] = _joined(str(layer / part), result.get(name, ""), ":")
    for folder in ("env", "env.build"):
        result = _changed(result, layer / folder)
    return result


def for_program(env: Env, platform: Path, buildpack: Buildpack, own: Env) -> dict[str, str]:
    """Return the environment of one program of a buildpack, with the variables that the builder sets for all.

    Args:
        env: the inherited variables, with the layers of earlier buildpacks applied.
        platform: the platform folder; its ``env`` contains the variables that the user set.
        buildpack: the buildpack of the program.
        own: the variables with the paths of the program's own files; set from buildpack API 0.8 on.
    """
    result = dict(env)
    for name, value in () if buildpack.clear_env else _files(platform / "env"):
        result[name] = _joined(value, result.get(name, ""), ":") if name in LISTS else value
    result = _changed(result, on_disk.CNB / "build-config" / "env", plain="default")
    result["CNB_BUILDPACK_DIR"] = str(buildpack.folder)
    if at_least(buildpack.api, "0.8"):
        result |= {"CNB_PLATFORM_DIR": str(platform), **own}
    if at_least(buildpack.api, "0.10"):
        result |= _target()
    return result


def _changed(env: dict[str, str], folder: Path, *, plain: str = "override") -> dict[str, str]:
    """Apply files named ``NAME`` or ``NAME.action``; an unknown action does nothing.

    Args:
        env: what is changed.
        folder: where the files are.
        plain: the action of a file whose name has none.
    """
    result = dict(env)
    for file, value in _files(folder):
        name, _, action = file.partition(".")
        action = action or plain
        before, between = result.get(name, ""), _read(folder / f"{name}.delim")
        changed = {
            "override": value,
            "prepend": _joined(value, before, between),
            "append": _joined(before, value, between) if before else value,
            "default": before or value,
        }
        if action in changed:
            result[name] = changed[action]
    return result


def _joined(first: str, second: str, between: str) -> str:
    return f"{first}{between}{second}" if second else first


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_file():
            yield path.name, path.read_text()


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def _target() -> dict[str, str]:
    facts = dict(line.partition("=")[::2] for line in _read(OS_RELEASE).splitlines())
    found = {
        "CNB_TARGET_OS": "linux",
        "CNB_TARGET_ARCH": "amd64",
        "CNB_TARGET_DISTRO_NAME": facts.get("ID", "").strip('"'),
        "CNB_TARGET_DISTRO_VERSION": facts.get("VERSION_ID", "").strip('"'),
    }
    return {name: value for name, value in found.items() if value}
