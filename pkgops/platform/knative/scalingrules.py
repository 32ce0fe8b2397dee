"""Knative's validation of annotations for its autoscaler, its queue-proxy and its deadlines. Pure.

Source: ``annotation_validation.go`` and ``register.go`` of ``pkg/apis/autoscaling``, and ``register.go``,
``metadata_validation.go`` and ``v1/revision_validation.go`` of ``pkg/apis/serving``.
"""

from __future__ import annotations

import re

from pkgops.platform.durations import parse_duration
from pkgops.platform.fielderrors import FieldError, invalid, out_of_bounds
from pkgops.platform.knative import labels as kn
from pkgops.platform.quantities import BadQuantity, quantity

MAX_INT32 = 2**31 - 1
WHOLE_NUMBER = "[+-]?[0-9]+"
KPA, HPA = "kpa.autoscaling.knative.dev", "hpa.autoscaling.knative.dev"
MAX_WINDOW_SECONDS, MIN_WINDOW_SECONDS = 3600, 6
Annotations = dict[str, str]


def scaling_errors(annotations: Annotations) -> list[FieldError]:
    """Return the errors of a template's annotations for the autoscaler."""
    return [
        *_class_errors(annotations),
        *_range_errors(annotations),
        *_float_errors(annotations),
        *_window_errors(annotations),
        *_delay_errors(annotations, kn.RETENTION, whole=False),
        *_delay_errors(annotations, kn.SCALE_DOWN_DELAY, whole=True),
        *_metric_errors(annotations),
        *_initial_errors(annotations),
    ]


def sidecar_errors(annotations: Annotations) -> list[FieldError]:
    """Return the errors of a template's annotations for the queue-proxy."""
    errors: list[FieldError] = []
    key = kn.key_of(annotations, kn.SIDECAR_PERCENTAGE)
    if key:
        value = _float(annotations[key])
        if value is None:
            errors.append(invalid(annotations[key], f"[{key}]"))
        elif not 0.1 <= value <= 100:
            errors.append(out_of_bounds(f"{value:g}", 0.1, 100, f"[{key}]"))
    for key in kn.SIDECAR_RESOURCES:
        try:
            quantity(annotations.get(key, "1"))
        except BadQuantity:
            errors.append(invalid(annotations[key], f"[{key}]"))
    return errors


def seconds_errors(annotations: Annotations, keys: tuple[str, ...], name: str) -> list[FieldError]:
    """Return the errors of a duration that must have whole seconds and must not be negative."""
    key = kn.key_of(annotations, keys)
    text = annotations.get(key, "")
    if not text:
        return []
    seconds = _seconds(text)
    if seconds is None:
        return [invalid(text, key)]
    if seconds != round(seconds):
        return [FieldError(f"{name}={text} is not at second precision", (key,))]
    return [FieldError(f"{name}={text} must be positive", (key,))] if seconds < 0 else []


def _class_errors(annotations: Annotations) -> list[FieldError]:
    key = kn.key_of(annotations, kn.CLASS)
    text = annotations.get(key, KPA)
    return [invalid(text, key)] if text.endswith(".knative.dev") and text not in (KPA, HPA) else []


def _range_errors(annotations: Annotations) -> list[FieldError]:
    low, errors = _whole(annotations, kn.MIN_SCALE)
    high, wrong = _whole(annotations, kn.MAX_SCALE)
    errors += wrong
    if high and high < low:
        text = f"max-scale={high} is less than min-scale={low}"
        errors.append(FieldError(text, (kn.MAX_SCALE[0], kn.MIN_SCALE[0])))
    key = kn.key_of(annotations, kn.ACTIVATION_SCALE)
    if not key:
        return errors
    text = annotations[key]
    if not re.fullmatch(WHOLE_NUMBER, text) or abs(int(text)) > MAX_INT32:
        return [*errors, invalid(text, key)]
    first, problem = int(text), ""
    if low > first:
        problem = f"min-scale={low} is greater than activation-scale={first}"
    elif high and high < first:
        problem = f"max-scale={high} is less than activation-scale={first}"
    elif first < 2:
        problem = f"activation-scale={first} must be greater than 1"
    return [*errors, *([FieldError(problem, (key,))] if problem else [])]


def _whole(annotations: Annotations, keys: tuple[str, ...]) -> tuple[int, list[FieldError]]:
    key = kn.key_of(annotations, keys)
    if not key:
        return 0, []
    text = annotations[key]
    if not re.fullmatch(WHOLE_NUMBER, text):
        return 0, [invalid(text, key)]
    if not 0 <= int(text) <= MAX_INT32:
        return 0, [out_of_bounds(text, 0, MAX_INT32, key)]
    return int(text), []


def _float_errors(annotations: Annotations) -> list[FieldError]:
    errors: list[FieldError] = []
    bounds = ((kn.PANIC_WINDOW, 1, 100), (kn.PANIC_THRESHOLD, 110, 1000), (kn.TARGET_UTILIZATION, 1, 100))
    for keys, lower, upper in bounds:
        key = kn.key_of(annotations, keys)
        value = _float(annotations[key]) if key else lower
        if value is None:
            errors.append(invalid(annotations[key], key))
        elif not lower <= value <= upper:
            errors.append(out_of_bounds(annotations[key], lower, upper, key))
    key = kn.key_of(annotations, kn.TARGET)
    if key:
        value = _float(annotations[key])
        if value is None:
            errors.append(invalid(annotations[key], key))
        elif value < 0.01:
            errors.append(FieldError(f"target {annotations[key]} should be at least 0.01", (key,)))
    key = kn.key_of(annotations, kn.BURST_CAPACITY)
    if key:
        value = _float(annotations[key])
        if value is None or (value < 0 and value != -1):
            errors.append(invalid(annotations[key], key))
    return errors


def _window_errors(annotations: Annotations) -> list[FieldError]:
    text = annotations.get(kn.WINDOW, "")
    if kn.WINDOW not in annotations:
        return []
    seconds = _seconds(text)
    if seconds is None:
        return [invalid(text, kn.WINDOW)]
    if not MIN_WINDOW_SECONDS <= seconds <= MAX_WINDOW_SECONDS:
        return [out_of_bounds(text, "6s", "1h0m0s", kn.WINDOW)]
    whole = seconds == int(seconds)
    return [] if whole else [FieldError("must be specified with at most second precision", (kn.WINDOW,))]


def _delay_errors(annotations: Annotations, keys: tuple[str, ...], *, whole: bool) -> list[FieldError]:
    key = kn.key_of(annotations, keys)
    if not key:
        return []
    seconds = _seconds(annotations[key])
    if seconds is None:
        return [invalid(annotations[key], key)]
    if not 0 <= seconds <= MAX_WINDOW_SECONDS:
        return [out_of_bounds(annotations[key], "0s", "1h0m0s", key)]
    if whole and seconds != round(seconds):
        return [FieldError("must be specified with at most second precision", (key,))]
    return []


def _metric_errors(annotations: Annotations) -> list[FieldError]:
    errors: list[FieldError] = []
    scaler = annotations.get(kn.key_of(annotations, kn.CLASS), KPA)
    metric = annotations.get(kn.METRIC)
    wrong = {KPA: metric not in ("concurrency", "rps"), HPA: metric == ""}.get(scaler, False)
    if metric is not None and wrong:
        errors.append(invalid(metric, kn.METRIC))
    key = kn.key_of(annotations, kn.ALGORITHM)
    known = ("", "linear", "weighted-exponential", "weightedExponential")
    # The algorithm is validated only where the annotation of the class is set.
    if key and annotations.get(kn.key_of(annotations, kn.CLASS)) == KPA and annotations[key] not in known:
        errors.append(invalid(annotations[key], key))
    return errors


def _initial_errors(annotations: Annotations) -> list[FieldError]:
    key = kn.key_of(annotations, kn.INITIAL_SCALE)
    if key and not re.fullmatch(WHOLE_NUMBER, annotations[key]):
        return [invalid(annotations[key], key)]
    if key and int(annotations[key]) < 0:
        return [invalid(annotations[key], f"{key} must be greater than 0")]
    return (
        [invalid(annotations[key], f"{key}=0 not allowed by cluster")]
        if key and int(annotations[key]) == 0
        else []
    )


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _seconds(text: str) -> float | None:
    try:
        return parse_duration(text)
    except ValueError:
        return None
