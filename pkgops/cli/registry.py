"""The table of commands: name, module, and one line of help for each.

A command's module is imported only when that command runs (or when its own ``--help`` is
requested), so that ``pkgops --help`` imports only this table. The module exports either

* ``command``: a function with typer annotations; its docstring is the long help; or
* ``app``: a :class:`typer.Typer` with commands of its own, for a group.

Such a function returns nothing (exit 0) or an exit code, and raises
:class:`pkgops.errors.PkgopsError` for everything that a user can cause or fix.
"""

from __future__ import annotations

from pkgops.values import Value

PIPELINE = "Pipeline"
UNDERSTAND = "Understand"
MACHINE = "This machine"
OTHER = "Configuration and help"


class Entry(Value, kw_only=True):
    """One command: its name, its module, one line of help, and its heading."""

    name: str
    module: str
    help: str
    heading: str
    hidden: bool = False


def _entry(name: str, heading: str, help: str, *, hidden: bool = False) -> Entry:
    return Entry(name=name, module=f"pkgops.cli.{name}", help=help, heading=heading, hidden=hidden)


COMMANDS: tuple[Entry, ...] = (
    _entry("init", PIPELINE, "Write the configuration of your own project."),
    _entry("up", PIPELINE, "Build and deliver a commit until the app answers."),
    _entry("dev", PIPELINE, "Follow a folder: every save is built and answers."),
    _entry("supplychain", PIPELINE, "Install the supply chain, the delivery and their templates."),
    _entry("deliver", PIPELINE, "Deliver the package to an environment."),
    _entry("promote", PIPELINE, "Promote a version to the next environment."),
    _entry("gates", PIPELINE, "Show the gates of a promotion, and whether they pass."),
    _entry("approve", PIPELINE, "Approve a version for an environment."),
    _entry("reject", PIPELINE, "Reject a version, so that it is not promoted."),
    _entry("unreject", PIPELINE, "Revoke the rejection of a version."),
    _entry("rollback", PIPELINE, "Roll an environment back to an earlier version."),
    _entry("verify", PIPELINE, "Check the app of an environment, and store the result."),
    _entry("history", PIPELINE, "Show what changed each environment, and who did it."),
    _entry("diff", PIPELINE, "Show what a promotion would change."),
    _entry("status", PIPELINE, "Show what runs in each environment."),
    _entry("open", PIPELINE, "Open the app through a port-forward."),
    _entry("clean", PIPELINE, "Delete what pkgops applied."),
    _entry("why", UNDERSTAND, "Show what blocks the pipeline, and what to do."),
    _entry("logs", UNDERSTAND, "Show the logs of the pipeline's pods."),
    _entry("timeline", UNDERSTAND, "Show when each stage and container waited and worked."),
    _entry("ui", UNDERSTAND, "Show a pipeline as a web page that follows it."),
    _entry("report", UNDERSTAND, "Write a report of a pipeline, or a recording of it, as a web page."),
    _entry("trace", UNDERSTAND, "Trace a running image back to its commit."),
    _entry("wait", UNDERSTAND, "Wait for the end of the pipeline, and exit with its outcome."),
    _entry("rerun", UNDERSTAND, "Start one stage again without a commit."),
    _entry("doctor", UNDERSTAND, "Check the cluster, the permissions and the templates."),
    _entry("replay", UNDERSTAND, "Show the state of a recording at any moment."),
    _entry("local", MACHINE, "Start, inspect and stop the cluster on this machine."),
    _entry("config", OTHER, "Show every setting and its origin."),
    _entry("ytt", OTHER, "Render templates with the built-in ytt."),
    _entry("completion", OTHER, "Print the completion script of a shell."),
    _entry("version", OTHER, "Show the version of pkgops."),
)

BY_NAME = {entry.name: entry for entry in COMMANDS}
