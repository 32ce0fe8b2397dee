"""Announcements: a change started or ended, a verification failed, a gate refused."""

from __future__ import annotations

from datetime import datetime

from pkgops.values import Value

PROMOTION, ROLLBACK, VERIFICATION, GATE = "promotion", "rollback", "verification", "gate"
STARTED, ENDED, FAILED, REFUSED = "started", "ended", "failed", "refused"


class Announcement(Value, kw_only=True):
    """One announcement.

    Attributes:
        kind: its subject: a promotion, a rollback, a verification or a gate.
        phase: what happened: it started, ended, failed or refused.
        time: when.
        cluster: the API server of the environment.
        workload: namespace and name.
        environment: its name.
        namespace: its namespace.
        by: the user as the API server authenticated it; empty where it does not report one.
        before: the version that ran.
        after: the version that is being or was installed, or was verified.
        result: how a change ended: succeeded, failed or unfinished; empty where it has not.
        message: why, where that is not success.
    """

    kind: str
    phase: str
    time: datetime
    cluster: str
    workload: str
    environment: str
    namespace: str
    by: str = ""
    before: str = ""
    after: str = ""
    result: str = ""
    message: str = ""
