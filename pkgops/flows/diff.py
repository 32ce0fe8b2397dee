"""Diff: what another package version would change, by the registry and by the live objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pkgops.errors import Exit, PkgopsError, RefusedError, UsageError
from pkgops.flows import environment_path, read_snapshot, unreadable, versions
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import commits, contents, origin
from pkgops.flows.promotion.compare import Contents, Difference
from pkgops.flows.promotion.comparison import Read, between, keeping, with_live
from pkgops.flows.target import Target
from pkgops.model import ImageRef, Snapshot
from pkgops.model.commits import Commits
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRequest:
    """Which two versions to compare: an environment's and the one that would be promoted to it, or two by
    name.

    The one that would be promoted is that of the environment before, or of ``source``, or ``version`` where
    named.
    """

    name: str | None = None
    to: str = ""
    version: str = ""
    source: str = ""
    from_version: str = ""
    to_version: str = ""


@dataclass(frozen=True, slots=True)
class Diff:
    """The differences for a workload; ``environment`` is empty where two versions were named."""

    workload: str
    environment: str
    difference: Difference
    commits: Commits


def diff(target: Target, request: DiffRequest, ports: Ports, read: Read = contents.of_version) -> Diff:
    """Compare two package versions.

    Raises:
        UsageError: options that do not go together; no such environment or version.
        RefusedError: nothing is installed in the first environment, and no version was named.
        PreflightError: what an environment runs is unknown, or the registry does not answer.
    """
    _check(target, request)
    name = read_snapshot.name_of(target, request.name)
    target = target.of_workload(name)
    before, after = request.from_version, request.to_version
    tracker = read_snapshot.tracker(target, name)
    if request.to:
        snapshot = tracker.snapshot(ports.now())
        before, after = versions_of(snapshot, request, target.settings.environments)
    read = keeping(read)
    difference = between(target.settings, before, after, request.to, read)
    if request.to:
        setting = read_snapshot.environment_setting(target, request.to)
        difference = with_live(target, setting, difference, read, ports)
    origins = tracker.origins()
    ends = [_commit(target, read(target.settings, one), origins) if one else "" for one in (before, after)]
    between_commits = commits.between(target.client, target.settings.workload_namespace, name, *ends)
    return Diff(name, request.to, difference, between_commits)


def _commit(target: Target, version: Contents, origins: Mapping[str, str]) -> str:
    """The source revision that an image of a version was built from."""
    digests = (ImageRef.parse(image).digest for image in version.images)
    commit = next((origins[digest] for digest in digests if digest in origins), "")
    # Its Build may not exist any more: then the image's labels have it. The first image is the ops bundle.
    return commit or next(
        filter(None, (origin.of_image(target.settings, one) for one in version.images[1:])), ""
    )


def versions_of(
    snapshot: Snapshot, request: DiffRequest, environments: Sequence[EnvironmentSetting]
) -> tuple[str, str]:
    """Return the version that an environment runs (empty for none), and the one to promote to it."""
    unreadable.check(snapshot, request.to)
    runs = read_snapshot.environment(snapshot, request.to)
    before = runs.version if runs else ""
    if request.version:
        return before, request.version
    source = environment_path.source(environments, request.to, request.source).name
    unreadable.check(snapshot, source)
    running = read_snapshot.environment(snapshot, source)
    if running is None or not running.version:
        raise RefusedError(
            f"there is nothing to compare with: nothing is installed in {source}",
            next=f"pkgops diff --to {request.to} --version V",
            slug="nothing-to-promote",
        )
    return before, running.version


def _check(target: Target, request: DiffRequest) -> None:
    named = (request.from_version, request.to_version)
    if bool(request.to) == any(named) or (
        any(named) and (request.version or request.source or not all(named))
    ):
        raise UsageError(
            "diff takes --to, with or without --version, or both of --from-version and --to-version",
            next="pkgops diff --to ENV, or pkgops diff --from-version A --to-version B",
            slug="diff-of-what",
        )
    for version in filter(None, (request.version, *named)):
        versions.check(version)
    if not request.to:
        return
    read_snapshot.environment_setting(target, request.to)
    if not request.version:
        environment_path.source(target.settings.environments, request.to, request.source)


class Unknown(PkgopsError):
    """The comparison failed. Its exit code differs from that of a difference."""

    exit_code = Exit.UNREACHABLE


def with_own_exit_code(error: PkgopsError) -> PkgopsError:
    """Return the error with an exit code that differs from that of a difference."""
    if error.exit_code is not Exit.FAILED:
        return error
    return Unknown(error.summary, why=error.why, next=error.next, slug=error.slug)
