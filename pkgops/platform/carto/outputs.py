"""Read the output of a stamped object, the input of the resources after it. Pure."""

from __future__ import annotations

from typing import Any

from pkgops.formats import gofmt
from pkgops.kube import Obj
from pkgops.platform.carto.context import Output
from pkgops.platform.carto.failure import Failure, ResourceFailed, unknown_error
from pkgops.platform.carto.health import resource_health
from pkgops.platform.carto.jsonpath import JsonPathError, NothingFound, evaluate
from pkgops.platform.carto.template import Template

_MISSING_TEXT = {
    "Unknown": "waiting to read value [{path}] from object [{object}]{where}",
    "True": "cannot read value [{path}] from healthy object [{object}]{where}, contact Platform Eng",
    "False": "cannot read value [{path}] from unhealthy object [{object}]{where}, examine object, "
    "particularly whether it is receiving proper inputs",
}


class OutputReader:
    """Reads the output of one resource.

    Args:
        template: the resource's template.
        resource: the resource's name in the blueprint.
        blueprint: the blueprint's name.
        plural: ``<plural>.<group>`` of the stamped object.
    """

    def __init__(self, template: Template, resource: str, blueprint: str, plural: str) -> None:
        self._template = template
        self._resource = resource
        self._blueprint = blueprint
        self._plural = plural

    def read(self, source: Obj | None, judged: Obj, deployment: Obj | None) -> Output:
        """Return the output.

        Args:
            source: the object to read: the stamped one, or the newest healthy one; None if there is none.
            judged: the object whose health determines the message for a missing value.
            deployment: the resource's ``deployment`` input.

        Raises:
            ResourceFailed: a path has no value, or the deployment is not complete.
        """
        if self._template.kind == "ClusterDeploymentTemplate":
            self._require_deployed(source, judged)
            return self._passed_on(judged, deployment)
        return {name: self._value(path, source, judged) for name, path in self._template.output_paths}

    def _value(self, path: str, source: Obj | None, judged: Obj) -> Any:
        try:
            if source is None:
                raise NothingFound(path)
            return evaluate(path, source)
        except JsonPathError:
            raise self._missing(path, judged) from None

    def _missing(self, path: str, judged: Obj) -> ResourceFailed:
        health = resource_health(self._template.kind, self._template.health_rule, judged, {})
        namespace = judged["metadata"].get("namespace")
        message = _MISSING_TEXT[health.status].format(
            path=path,
            object=f"{self._plural}/{judged['metadata']['name']}",
            where=f" in namespace [{namespace}]" if namespace else "",
        )
        return ResourceFailed(Failure(status="Unknown", reason="MissingValueAtPath", message=message))

    def _require_deployed(self, source: Obj | None, judged: Obj) -> None:
        spec = self._template.spec
        if spec.get("observedCompletion"):
            self._completion(spec["observedCompletion"], source or judged, judged)
        for match in spec.get("observedMatches") or []:
            self._match(match, source or judged)

    def _passed_on(self, judged: Obj, deployment: Obj | None) -> Output:
        if deployment is not None:
            return {"url": deployment["url"], "revision": deployment["revision"]}
        meta = judged["metadata"]
        message = (
            f"unable to retrieve outputs from stamped object [{meta.get('namespace', '')}/{meta['name']}] "
            f"of type [{self._plural}] for resource [{self._resource}] in supply chain [{self._blueprint}]: "
            "deployment not found in upstream template"
        )
        raise ResourceFailed(unknown_error("Deliverable", message))

    def _match(self, match: Obj, source: Obj) -> None:
        values = []
        for side in ("input", "output"):
            path = match[side]
            try:
                values.append(evaluate(path, source))
            except JsonPathError as error:
                raise self._not_met(f"could not find value on {side} [{path}]: {error}") from None
        if values[0] != values[1]:
            differ = f"{_percent_s(values[0])} != {_percent_s(values[1])}"
            raise self._not_met(
                f"input [{match['input']}] and output [{match['output']}] do not match: {differ}"
            )

    def _completion(self, rule: Obj, source: Obj, judged: Obj) -> None:
        self._require_observed(source, judged)
        failed = rule.get("failed")
        if failed and (value := _find(failed["key"], source)) == failed["value"]:
            text = f"deployment failure condition [{failed['key']}] was: {value}"
            message = f"resource [{self._resource}] failed condition met: {text}"
            raise ResourceFailed(
                Failure(
                    status="False", reason="FailedConditionMet", message=message, type="ResourcesSubmitted"
                )
            )
        self._require_success(rule["succeeded"], source)

    def _require_observed(self, source: Obj, judged: Obj) -> None:
        generation = source["metadata"].get("generation")
        if generation is None:
            raise self._missing("metadata.generation", judged)
        observed = (source.get("status") or {}).get("observedGeneration")
        if observed is None:
            message = (
                f"resource [{self._resource}] cannot satisfy observedCompletion "
                "without observedGeneration in object status"
            )
            raise ResourceFailed(
                Failure(
                    status="False", reason="TemplateStampFailure", message=message, type="ResourcesSubmitted"
                )
            )
        if observed != generation:
            differ = f"{_percent_s(float(observed))} != {_percent_s(float(generation))}"
            raise self._not_met(f"status.observedGeneration does not equal metadata.generation: {differ}")

    def _require_success(self, rule: Obj, source: Obj) -> None:
        key = rule["key"]
        try:
            value = evaluate(key, source)
        except JsonPathError as error:
            raise self._not_met(f"failed to evaluate succeededCondition.Key [{key}]: {error}") from None
        if value != rule["value"]:
            text = f"deployment success condition [{key}] was: {_percent_s(value)}, expected: {rule['value']}"
            raise self._not_met(text)

    def _not_met(self, text: str) -> ResourceFailed:
        message = f"resource [{self._resource}] condition not met: {text}"
        return ResourceFailed(
            Failure(status="Unknown", reason="ConditionNotMet", message=message, type="ResourcesSubmitted")
        )


def _find(path: str, source: Obj) -> Any:
    try:
        return evaluate(path, source)
    except JsonPathError:
        return None


def _percent_s(value: Any) -> str:
    """Format as Go's ``%s``: a value that is not a string is printed with its type, as upstream does."""
    if isinstance(value, str):
        return value
    if value is None:
        return "%!s(<nil>)"
    shown = float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return f"%!s({gofmt.type_name(shown)}={gofmt.text(shown)})"
