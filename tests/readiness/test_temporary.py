"""What a controller tries again by itself is no failure; what is refused is one."""

# The tables hold messages verbatim.
# ruff: noqa: E501

from __future__ import annotations

import pytest
from test_readiness_documented import APP, BUILD, IMAGE, RUN, RUNNABLE, SERVICE, WORKLOAD, failed, false, obj

from pkgops import temporary
from pkgops.model import CauseCode, State
from pkgops.readiness import readiness

TIMEOUT = "unable to apply object [default/x] for resource [source-provider] in supply chain [c]: create: Timeout: request did not complete within requested timeout - context deadline exceeded"
HOOK = 'Internal error occurred: failed calling webhook "workload.validating.carto.run": failed to call webhook: Post "https://cartographer-webhook.cartographer-system.svc:443/validate?timeout=10s": dial tcp 10.96.3.4:443: connect: connection refused'
TEMPORARY = [
    TIMEOUT,
    HOOK,
    'failed calling webhook "v.tekton.dev": no endpoints available for service "tekton-pipelines-webhook"',
    "cannot reach the API server of local at https://10.0.0.1:6443",
    "etcdserver: leader changed",
    "etcdserver: request timed out",
    "the server has received too many requests and has asked us to try again later",
    "the server is currently unable to handle the request",
    "the server was unable to return a response in the time allotted, but may still be processing the request",
    'Operation cannot be fulfilled on workloads.carto.run "x": the object has been modified; please apply your changes to the latest version and try again',
    "rpc error: code = Unavailable desc = keepalive ping failed to receive ACK within timeout",
    'pods "x" is forbidden: error looking up service account new/default: serviceaccount "default" not found',
]
NETWORK = [
    'Get "https://10.96.0.1:443/api/v1/namespaces": dial tcp 10.96.0.1:443: connect: connection refused',
    "read tcp 10.1.1.1:4242->10.96.0.1:443: read: connection reset by peer",
    "net/http: TLS handshake timeout",
    "http2: client connection lost",
    "unable to apply ytt template: context deadline exceeded",
]
REFUSED = [
    'admission webhook "x.example.com" denied the request: etcdserver: request timed out',
    'taskruns.tekton.dev is forbidden: User "u" cannot create resource "taskruns": connection refused',
    'Service.serving.knative.dev "x" is invalid: spec: Invalid value: i/o timeout',
    "etcdserver: mvcc: database space exceeded",
    'the server could not find the requested resource "x"',
    'pods "x" is forbidden: error looking up service account new/tests: serviceaccount "tests" not found',
    "spec.timeout: must be positive",
    "field spec.image of git commit beeof is missing",
]


@pytest.mark.parametrize("text", TEMPORARY)
def test_what_the_api_server_could_not_do_for_now_is_temporary_whoever_says_it(text):
    assert temporary.of_text(text, only_api=False)


@pytest.mark.parametrize("text", NETWORK)
def test_a_silent_server_is_the_api_server_only_for_who_speaks_to_no_other(text):
    assert temporary.of_text(text, only_api=True)
    assert not temporary.of_text(text, only_api=False)


@pytest.mark.parametrize("text", REFUSED)
def test_a_refusal_is_one_whatever_it_quotes(text):
    assert not temporary.of_text(text, only_api=True)


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        *((status, "", True) for status in (408, 429, 500, 502, 503, 504)),
        *((status, "x", False) for status in (400, 401, 403, 404, 409, 410, 422, 501)),
        (409, TEMPORARY[9], True),
        (403, TEMPORARY[11], True),
        (409, 'Apply failed with 1 conflict: conflict with "kubectl"', False),
        (500, 'admission webhook "x" denied the request: no', False),
    ],
)
def test_an_answer_is_judged_by_its_status_and_its_words(status, message, expected):
    assert temporary.of_status(status, message) is expected


@pytest.mark.parametrize("text", [*TEMPORARY, *NETWORK])
@pytest.mark.parametrize(
    "reason", ["TemplateRejectedByAPIServer", "TemplateStampFailure", "TemplateObjectRetrievalFailure"]
)
def test_an_owner_waits_while_cartographer_tries_again(reason, text):
    found = readiness(false(WORKLOAD, reason, text))
    assert (found.state, found.code) == (State.WAITING, CauseCode.TEMPORARY_ERROR)


@pytest.mark.parametrize("text", REFUSED)
def test_an_owner_has_failed_where_it_is_refused(text):
    assert readiness(false(WORKLOAD, "TemplateRejectedByAPIServer", text)).state is State.FAILED


@pytest.mark.parametrize(
    "found",
    [
        obj(RUNNABLE, ("RunTemplateReady", "False", "StampedObjectRejectedByAPIServer", TIMEOUT)),
        failed(APP, f"kapp: Error: Applying create x: API server says: {HOOK} (reason: InternalError)"),
        false(SERVICE, "RevisionFailed", f"Revision creation failed with message: {HOOK}."),
        false(IMAGE, "", HOOK),
    ],
)
def test_every_kind_that_is_tried_again_waits(found):
    assert (readiness(found).state, readiness(found).code) == (State.WAITING, CauseCode.TEMPORARY_ERROR)


@pytest.mark.parametrize("kind", [RUN, BUILD])
def test_what_runs_once_has_failed_whatever_the_reason(kind):
    assert readiness(false(kind, "Failed", TIMEOUT, type="Succeeded")).state is State.FAILED
