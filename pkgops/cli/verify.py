"""``pkgops verify``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from pkgops.cli.options import (
    Context,
    Namespace,
    Output,
    OutputFormat,
    Progress,
    ProgressMode,
    Templates,
    Values,
    WorkloadName,
    environment_option,
)
from pkgops.cli.session import session, settings

if TYPE_CHECKING:
    from pkgops.flows.verification.result import Verification
    from pkgops.view import verification as views


def command(
    *,
    name: WorkloadName = None,
    environment: Annotated[str, environment_option("The environment.")],
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    output: Output = OutputFormat.TEXT,
    progress: Progress = ProgressMode.PLAIN,
) -> int:
    """Carry out the configured checks (verify) of an environment, and store the result.

    A check is a request or a run of a Task. Ends with 0 where all pass, 1 where one fails, and 3 where
    none fails and one is unknown. The result belongs to this version in this environment; a later failed
    verification replaces it.
    """
    from pkgops.flows import verify as flow

    with session(progress) as shown:
        target = shown.target(settings(values, context, namespace, templates), start=False)
        shown.notify(target.settings)
        found = flow.verify(target, name, environment, shown.ports)
    show(found, as_json=output is OutputFormat.JSON)
    return exit_code(found)


def show(found: Verification, *, as_json: bool) -> None:
    """Print a verification."""
    from pkgops.view import verification as view

    print(view.document(viewed(found)) if as_json else view.table(viewed(found)))


def viewed(found: Verification) -> views.Verified:
    """Return a verification in the form of the view."""
    from pkgops.view import verification as view

    given = asdict(found) | {"outcome": str(found.outcome), "record": found.name}
    given["checks"] = [view.Row(**{**asdict(one), "outcome": str(one.outcome)}) for one in found.checks]
    return view.Verified(**{name: given[name] for name in view.Verified.__slots__})


def exit_code(found: Verification) -> int:
    """Return the exit code of ``verify``."""
    from pkgops.errors import Exit
    from pkgops.flows.verification.result import Outcome

    ends = {Outcome.PASSED: Exit.DONE, Outcome.FAILED: Exit.FAILED}
    return ends.get(found.outcome, Exit.UNREACHABLE)
