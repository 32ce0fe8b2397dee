"""The cause why a stage or an owner makes no progress, as a sentence with its evidence."""

from __future__ import annotations

from pkgops.model import Blockage, CauseCode, Evidence, NextStep, ObjectRef, State
from pkgops.model.revision import short_commit
from pkgops.pipeline import kinds
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.diagnosis import facts, findings, owner_facts
from pkgops.pipeline.diagnosis.evidence import gather
from pkgops.pipeline.diagnosis.findings import Context
from pkgops.pipeline.diagnosis.sentences import sentence
from pkgops.pipeline.object_store import Obj
from pkgops.readiness.base import error_line, first_line


def of_activity(context: Context, item: Activity) -> Blockage | None:
    """The cause why one stage makes no progress, or None where it is done or in progress."""
    finding = findings.of_status(context, item)
    if finding is None:
        return None
    code, state, extra = finding
    return _blockage(context, item, code, state, extra)


def _blockage(context: Context, item: Activity, code: CauseCode, state: State, extra: str) -> Blockage:
    stage = item.stage
    target = ObjectRef.of(item.source_object) if item.source_object else stage.object
    if target is None and item.resource.template_name:
        target = ObjectRef(
            kinds.WORKLOAD.api_version, item.resource.template_kind, "", item.resource.template_name
        )
    waiting = {
        CauseCode.MOUNT_WAITING: facts.not_started,
        CauseCode.SANDBOX_FAILED: facts.not_started,
        CauseCode.NOT_ANSWERING: facts.not_ready,
    }
    if code in waiting and (found := waiting[code](item)):
        target = ObjectRef.of(found[0])
    if code in (CauseCode.STALE_PACKAGE, CauseCode.GENERATION_FIGHT, CauseCode.NOT_NOTICED):
        target = stage.object
    fields = _fields(context, item, target, extra)
    # Records about an object other than itself (an old Event, say) are no evidence for its present state.
    evidence = () if item.unknown else gather(context.store, item, context.chain)
    step = NextStep(
        workload=context.name,
        namespace=fields["ns"],
        pod=fields["pod"],
        url=facts.git_url(item),
        builder=extra,
        reconcile=facts.reconcilable(item),
        run_failed=state is State.FAILED and facts.is_run_state(item),
    )
    return Blockage(
        code=code,
        cause=sentence(code, fields),
        object=target,
        stage=stage.name,
        scope=stage.scope,
        state=state,
        evidence=evidence,
        step=step,
    )


def _fields(context: Context, item: Activity, target: ObjectRef | None, extra: str) -> dict[str, str]:
    stage = item.stage
    pods = [ref for ref in (target, *stage.pods) if ref is not None and ref.kind == "Pod"]
    where = target.namespace if target else (item.resource.ref.namespace if item.resource.ref else "")
    revision = short_commit(stage.revision)
    since = stage.since
    return {
        "o": str(target) if target else f"stage {stage.name}",
        "ns": where,
        "stage": stage.name,
        "env": stage.scope,
        "name": context.name,
        "msg": error_line(stage.message) or stage.reason,
        "container": item.status.container or "a container",
        "revision": f"commit {revision}" if revision else "the source",
        "pod": pods[0].name if pods else "",
        "extra": extra,
        "age": facts.age(context.now - since) if since else "some time",
    }


def of_owner(context: Context, owner: Obj, scope: str) -> Blockage | None:
    """The cause in the owner itself: labels, blueprint, service account, or not observed by Cartographer."""
    problem = owner_facts.problem(context.store, owner, context.now, findings.SILENT)
    if problem is None:
        return None
    code, state, message, extra, condition = problem
    ref = ObjectRef.of(owner)
    fields = {
        "o": str(ref),
        "ns": ref.namespace,
        "name": context.name,
        "msg": first_line(message),
        "extra": extra,
        "age": owner_facts.owner_age(owner, context.now),
    }
    evidence = (Evidence("condition", ref, str(condition)),) if condition else ()
    since = condition.since if condition else None
    return Blockage(
        code=code,
        cause=sentence(code, fields),
        object=ref,
        scope=scope,
        state=state,
        evidence=evidence,
        step=NextStep(workload=context.name, namespace=ref.namespace),
        since=since,
    )


__all__ = ["Context", "of_activity", "of_owner"]
