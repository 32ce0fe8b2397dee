"""The admission webhooks of Knative Serving, answered by the platform process over https.

They write who made and last changed a Service into annotations and refuse whoever changes those, as
the real ones do; a package that does not carry kapp's rebase rules fails here as it does there.
"""

from __future__ import annotations

from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.advice import warnings
from pkgops.platform.knative.review import defaulted, problems
from pkgops.platform.resourcewebhooks import ResourceWebhooks

WEBHOOKS = ResourceWebhooks(
    group=kn.GROUP,
    version="v1",
    resources=("services", "configurations", "routes", "revisions"),
    owner="knative",
    mutating="webhook.serving.knative.dev",
    validating="validation.webhook.serving.knative.dev",
    defaults_path="/defaulting",
    validation_path="/resource-validation",
    defaulted=defaulted,
    problems=problems,
    advice=warnings,
)
