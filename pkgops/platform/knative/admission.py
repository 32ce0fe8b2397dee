"""The admission webhooks of Knative Serving, served by the platform process.

As the real ones they write the creator and the last modifier of a Service into annotations and refuse changes
of these, so that a package without the kapp rebase rules for them fails here too.
"""

from __future__ import annotations

from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.review import defaulted, problems
from pkgops.platform.knative.warnings import warnings
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
    own_warnings=warnings,
)
