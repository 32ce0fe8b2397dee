"""The files that are excluded from an artifact: patterns in the syntax of ``.gitignore``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from posixpath import dirname

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

IGNORE_FILE = ".sourceignore"
VCS = (".git/", ".gitignore", ".gitmodules", ".gitattributes")
# Used only where there is neither a .sourceignore nor spec.ignore.
DEFAULTS = (
    *("*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip"),
    *(".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml"),
    *("cloudbuild.yaml", "codeship-services.yml", "codeship-steps.yml"),
    *("**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"),
)


@dataclass(frozen=True)
class Rule:
    """One pattern below one folder; ``folder`` is empty for the root."""

    folder: str
    pattern: GitIgnoreSpecPattern

    def match(self, path: str) -> bool | None:
        """Return True if the pattern ignores a path, False if it negates that, None if it does not match."""
        prefix = f"{self.folder}/" if self.folder else ""
        if not path.startswith(prefix) or self.pattern.include is None:
            return None
        matched = self.pattern.match_file(path.removeprefix(prefix))
        return self.pattern.include if matched else None


@dataclass(frozen=True)
class Ignore:
    """The rules of one artifact, lowest priority first."""

    rules: Sequence[Rule]

    def ignores(self, path: str, *, directory: bool = False) -> bool:
        """Return whether a path (relative, with ``/``) is ignored."""
        path = f"{path}/" if directory else path
        for rule in reversed(self.rules):
            ignored = rule.match(path)
            if ignored is not None:
                return ignored
        return False


def read_ignore(files: Mapping[str, bytes], spec: str | None) -> Ignore:
    """Return the rules of an artifact.

    Args:
        files: path to content of all ``.sourceignore`` files.
        spec: ``spec.ignore``; None where it is not set.
    """
    rules = _rules("", VCS)
    own = [
        rule
        for path in sorted(files)
        for rule in _rules(dirname(path), files[path].decode(errors="replace").splitlines())
    ]
    if not own and spec is None:
        own = _rules("", DEFAULTS)
    return Ignore([*rules, *own, *_rules("", (spec or "").splitlines())])


def _rules(folder: str, lines: Iterable[str]) -> list[Rule]:
    kept = (line for line in lines if line.strip() and not line.startswith("#"))
    return [Rule(folder, GitIgnoreSpecPattern(line)) for line in kept]
