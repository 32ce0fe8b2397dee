"""``approval``: enough users have approved the version for the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.flows import versions
from pkgops.flows.promotion import decided, decisions
from pkgops.flows.promotion.decisions import Decision
from pkgops.flows.promotion.gates.rule import BadSpec, Case, Rule, State, Verdict
from pkgops.pipeline import revisions

_KEYS = ("by", "count", "separate")


@dataclass(frozen=True, slots=True)
class Spec:
    """Who must approve.

    Attributes:
        users: whose approval counts.
        groups: whose members' approvals count.
        count: how many different users must approve.
        separate: whether the approval of the promoting user does not count.
    """

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    count: int = 1
    separate: bool = False

    def lists(self, user: str, groups: tuple[str, ...]) -> bool:
        """Return whether the approval of a user counts; without a list that of any user who may write one."""
        anybody = not self.users and not self.groups
        return anybody or user in self.users or bool(self.groups & set(groups))

    def listed(self) -> str:
        """Return who is on the list, as text."""
        names = [*sorted(self.users), *(f"group {name}" for name in sorted(self.groups))]
        return ", ".join(names) or "any user who may write the record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The approvals of a version.

    Attributes:
        version: the package version.
        image: the application's image of that version.
        environment: where it would be installed.
        promoter: who requests the change; empty where the cluster does not return it.
        approvals: those in effect, of any user.
        unreadable: ConfigMaps that were edited, or are of another format.
        published: the image of the version in the registry now; empty where that was not read.
    """

    version: str
    image: str
    environment: str
    promoter: str
    approvals: tuple[Decision, ...]
    unreadable: tuple[str, ...] = ()
    published: str = ""

    @property
    def pushed_again(self) -> bool:
        """Whether the registry has another image for the version than the one that would be promoted."""
        return bool(self.published and self.image) and _other(self.published, self)


def read(value: Any) -> Spec:
    """Read ``{by: [jane, {group: admins}], count: 2, separate: true}``."""
    given = {} if value is None else value
    if not isinstance(given, Mapping) or set(given) - set(_KEYS):
        raise BadSpec("must be a map of by, count and separate")
    count, separate = given.get("count", 1), given.get("separate", False)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise BadSpec("count must be a whole number above zero")
    if not isinstance(separate, bool):
        raise BadSpec("separate must be true or false")
    users, groups = _listed(given.get("by") or [])
    if not groups and users and len(users) < count:
        raise BadSpec(f"{count} approvals can never come from {len(users)} users")
    return Spec(users, groups, count, separate)


def _listed(items: Any) -> tuple[frozenset[str], frozenset[str]]:
    if not isinstance(items, list):
        raise BadSpec("by must be a list of users, as jane, and groups, as {group: admins}")
    users: set[str] = set()
    groups: set[str] = set()
    for item in items:
        if isinstance(item, Mapping) and set(item) in ({"group"}, {"user"}):
            (groups if "group" in item else users).add(str(next(iter(item.values()))))
        elif isinstance(item, str):
            users.add(item)
        else:
            raise BadSpec(f"by has users, as jane, and groups, as {{group: admins}}; {item!r} is neither")
    return frozenset(users), frozenset(groups)


def judge(spec: Spec, seen: Facts) -> Verdict:
    """Return whether enough approvals count; the evidence has those that do not count, with the reason."""
    counted, others = [], []
    for one in seen.approvals:
        why = _why_not(spec, seen, one)
        if why:
            others.append(f"{one.by} does not count: {why}")
        else:
            counted.append(one.by)
    others += [f"configmap/{name} was edited or is of another format" for name in seen.unreadable]
    if seen.pushed_again:
        others.append(
            f"the registry has {revisions.digest(seen.published)} for {seen.version} now, and "
            f"{revisions.digest(seen.image)} runs: it was pushed again since"
        )
    summary = f"{len(counted)} of {spec.count} approvals of {seen.version}"
    summary += f": {', '.join(counted)}" if counted else ""
    evidence = "; ".join([summary, *others])
    if len(counted) >= spec.count:
        return Verdict(state=State.PASS, evidence=evidence)
    if seen.pushed_again:
        # An approval is of the image in the registry, so no further one would count.
        remedy = f"pkgops up builds another version, which can be approved: {seen.version} has two images"
        return Verdict(state=State.PENDING, evidence=evidence, remedy=remedy)
    apart = f", but not by {seen.promoter or 'the user who promotes'}" if spec.separate else ""
    return Verdict(
        state=State.PENDING,
        evidence=evidence,
        remedy=f"pkgops approve {seen.version} --to {seen.environment}, by {spec.listed()}{apart}",
    )


def _why_not(spec: Spec, seen: Facts, one: Decision) -> str:
    if not spec.lists(one.by, one.groups):
        return "not on the list"
    if not seen.image:
        return "which image would be promoted is unknown"
    if _other(one.image, seen):
        return f"approved another image ({revisions.digest(one.image) or 'none is known'})"
    if spec.separate and not seen.promoter:
        return "the user who promotes is unknown"
    return "promotes it" if spec.separate and one.by == seen.promoter else ""


def _other(image: str, seen: Facts) -> bool:
    return revisions.digest(image) != revisions.digest(seen.image)


def gather(_: Spec, case: Case) -> Facts:
    """Read the approvals from the environment that would change.

    Where one is of another image than the one that would be promoted, the registry's image is read.
    """
    found = decided.read(case.place())
    seen = Facts(
        version=case.after.version,
        image=case.after.image,
        environment=case.setting.name,
        promoter=case.user,
        approvals=tuple(decisions.approvals(found.decisions, case.after.version)),
        unreadable=found.unreadable,
    )
    if not seen.image or not any(_other(one.image, seen) for one in seen.approvals):
        return seen
    return replace(seen, published=_published(case))


def _published(case: Case) -> str:
    try:
        return versions.resolved(case.target.settings, case.after.version)[1]
    except PkgopsError as error:
        case.ports.note(f"which image the registry has for {case.after.version} is unknown: {error.summary}")
        return ""


RULE = Rule(read=read, judge=judge, gather=gather)
