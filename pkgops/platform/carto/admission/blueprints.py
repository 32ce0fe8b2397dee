"""Validation of ClusterSupplyChains and ClusterDeliveries, in the order of upstream. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.kube import Obj
from pkgops.platform.carto.admission.problem import Problem, prefixed
from pkgops.platform.carto.admission.selectors import (
    DELIVERABLE_PATHS,
    WORKLOAD_PATHS,
    Paths,
    check_expressions,
    check_fields,
    check_labels,
    check_selector,
)
from pkgops.platform.carto.options import option_name
from pkgops.platform.carto.template import INPUT_OF_KIND

_KIND_OF_INPUT = {inputs: kind for kind, inputs in INPUT_OF_KIND.items()}
_DEPLOYMENT = "ClusterDeploymentTemplate"


def supply_chain_problem(obj: Obj) -> None:
    """Check a ClusterSupplyChain. Raises Problem."""
    with prefixed(f"error validating clustersupplychain [{obj['metadata']['name']}]: "):
        resources = obj["spec"].get("resources") or []
        _check_selectors_and_params(obj["spec"], resources, WORKLOAD_PATHS)
        for name in _repeated([resource["name"] for resource in resources]):
            raise Problem(f"duplicate resource name [{name}] found")
        _check_resources(resources, WORKLOAD_PATHS)
        for resource in resources:
            _check_inputs(resource, resources)


def delivery_problem(obj: Obj) -> None:
    """Check a ClusterDelivery. Raises Problem."""
    with prefixed(f"error validating clusterdelivery [{obj['metadata']['name']}]: "):
        resources = obj["spec"].get("resources") or []
        _check_selectors_and_params(obj["spec"], resources, DELIVERABLE_PATHS)
        seen: set[str] = set()
        for index, resource in enumerate(resources):
            if resource["name"] in seen:
                raise Problem(f'spec.resources[{index}].name "{resource["name"]}" cannot appear twice')
            seen.add(resource["name"])
        _check_resources(resources, DELIVERABLE_PATHS)
        for resource in resources:
            _check_deployment(resource)


def _check_selectors_and_params(spec: Obj, resources: Sequence[Obj], paths: Paths) -> None:
    labels = spec.get("selector") or {}
    expressions = spec.get("selectorMatchExpressions") or []
    fields = spec.get("selectorMatchFields") or []
    if not (labels or expressions or fields):
        raise Problem("at least one selector, selectorMatchExpression, selectorMatchField must be specified")
    _check_params(spec.get("params") or [])
    for resource in resources:
        with prefixed(f"resource [{resource['name']}] is invalid: "):
            _check_params(resource.get("params") or [])
    with prefixed("selector is not valid: "):
        check_labels(labels)
    with prefixed("selectorMatchExpressions are not valid: "):
        check_expressions(expressions)
    check_fields(fields, paths)


def _check_params(params: Sequence[Obj]) -> None:
    for param in params:
        if ("value" in param) == ("default" in param):
            raise Problem(f"param [{param['name']}] is invalid: must set exactly one of value and default")


def _check_resources(resources: Sequence[Obj], paths: Paths) -> None:
    for resource in resources:
        names = [str(option.get("name") or "") for option in resource["templateRef"].get("options") or []]
        for name in _repeated(names):
            raise Problem(
                f"duplicate template name [{name}] found in options for resource [{resource['name']}]"
            )
    for resource in resources:
        with prefixed(f"error validating resource [{resource['name']}]: "):
            _check_template_ref(resource["templateRef"], paths)
            _check_pass_through(resource)


def _check_template_ref(reference: Obj, paths: Paths) -> None:
    options = reference.get("options") or []
    either = "exactly one of templateRef.Name or templateRef.Options must be specified"
    if reference.get("name") and options:
        raise Problem(f"{either}, found both")
    if not reference.get("name") and not options:
        raise Problem(f"{either}, found neither")
    if len(options) == 1:
        raise Problem("templateRef.Options must have more than one option")
    passing = [option for option in options if option.get("passThrough")]
    if len(passing) > 1:
        raise Problem(f"cannot have more than one pass through option, found {len(passing)}")
    for option in options:
        _check_option(option, paths)
    _check_distinct(options)


def _check_option(option: Obj, paths: Paths) -> None:
    either = "exactly one of option.Name or option.PassThrough must be specified"
    if option.get("name") and option.get("passThrough"):
        raise Problem(f"{either}, found both")
    if not option_name(option):
        raise Problem(f"{either}, found neither")
    with prefixed(f"error validating option [{option_name(option)}] selector: "):
        check_selector(option.get("selector") or {}, paths)


def _check_distinct(options: Sequence[Obj]) -> None:
    for index, option in enumerate(options):
        for other in options[index + 1 :]:
            if option.get("selector") == other.get("selector"):
                names = f"{option_name(option)}, {option_name(other)}"
                raise Problem(f"duplicate selector found in options [{names}]")


def _check_pass_through(resource: Obj) -> None:
    reference = resource["templateRef"]
    for option in reference.get("options") or []:
        input_name = option.get("passThrough")
        if not input_name:
            continue
        inputs = INPUT_OF_KIND.get(str(reference["kind"]))
        if inputs is None:
            raise Problem(f"TemplateRef.Kind [{reference['kind']}] is not a known type")
        if input_name not in [entry["name"] for entry in resource.get(inputs) or []]:
            raise Problem(f"pass through [{input_name}] does not refer to a known input")


def _check_inputs(resource: Obj, resources: Sequence[Obj]) -> None:
    kinds = {other["name"]: other["templateRef"]["kind"] for other in resources}
    for inputs in ("sources", "images", "configs"):
        template_kind = _KIND_OF_INPUT[inputs]
        with prefixed(f"invalid {inputs} for resource [{resource['name']}]: "):
            for entry in resource.get(inputs) or []:
                producer = entry["resource"]
                if producer not in kinds:
                    raise Problem(f"[{entry['name']}] is provided by unknown resource [{producer}]")
                if kinds[producer] != template_kind:
                    raise Problem(
                        f"resource [{producer}] providing [{entry['name']}] must reference a {template_kind}"
                    )


def _check_deployment(resource: Obj) -> None:
    deploys = resource["templateRef"]["kind"] == _DEPLOYMENT
    where = f"spec.resources[{resource['name']}]"
    if deploys and not resource.get("deployment"):
        raise Problem(f"{where} is a {_DEPLOYMENT} and must receive a deployment")
    if not deploys and resource.get("deployment"):
        raise Problem(f"{where} receives a deployment but is not a {_DEPLOYMENT}")
    if deploys and resource.get("configs"):
        raise Problem(f"{where} is a {_DEPLOYMENT} and must not receive config")


def _repeated(names: Sequence[str]) -> list[str]:
    return [name for index, name in enumerate(names) if name in names[:index]]
