"""Create and delete the pods of TaskRuns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pkgops.errors import PkgopsError
from pkgops.kube import AlreadyExists, ApiError, Forbidden, Obj, raise_temporary
from pkgops.platform.owners import is_owned_by
from pkgops.platform.runtime import Platform
from pkgops.platform.tekton.credentials import credentials_of
from pkgops.platform.tekton.permanenterror import PermanentError
from pkgops.platform.tekton.pod import build_pod
from pkgops.platform.tekton.workspaces import Workspace, create_claims

# (image, docker configurations of the service account) -> the image's ENTRYPOINT and CMD
ImageCommand = Callable[[str, Sequence[Obj]], tuple[list[str], list[str]]]

CREATION = "PodCreationFailed"
_CLIENT_ERRORS = range(400, 500)


class QuotaExceeded(Exception):
    """The quota of the namespace does not allow the pod at present; the text is Tekton's message."""


class NameTaken(Exception):
    """A pod with that name still exists, which a deleted TaskRun of the same name owns."""


class PodManager:
    """Creates and deletes the pods of TaskRuns."""

    def __init__(self, platform: Platform, image_command: ImageCommand) -> None:
        self._platform = platform
        self._client = platform.client
        self._image_command = image_command

    def ensure(self, run: Obj, spec: Obj, workspaces: Sequence[Workspace], task: str) -> Obj:
        """Create the TaskRun's pod, or return the one that was created before.

        Raises:
            PermanentError: the API server refuses the pod.
            QuotaExceeded: the quota is exceeded.
            NameTaken: the name is still in use.
        """
        create_claims(self._client, run)
        secrets = self._secrets(run)
        complete = self._with_commands(run, spec, secrets)
        image = self._platform.config.images.get("entrypoint", "")
        pod = build_pod(run, complete, workspaces, credentials_of(secrets), image)
        try:
            return self._platform.create(pod)
        except AlreadyExists:
            return self._present(run, pod)
        except ApiError as error:
            raise_temporary(error)
            raise _refusal(error, run, task) from error

    def _present(self, run: Obj, pod: Obj) -> Obj:
        meta = pod["metadata"]
        existing = self._client.find("v1", "Pod", meta["name"], meta["namespace"])
        if existing is None or not is_owned_by(existing, run):
            raise NameTaken(meta["name"])
        return existing

    def delete(self, pod: Obj) -> None:
        """Delete a pod."""
        meta = pod["metadata"]
        self._client.delete("v1", "Pod", meta["name"], meta["namespace"], uid=meta["uid"])

    def _secrets(self, run: Obj) -> list[Obj]:
        namespace = run["metadata"]["namespace"]
        name = run["spec"].get("serviceAccountName") or "default"
        account = self._client.find("v1", "ServiceAccount", name, namespace) or {}
        names = [entry["name"] for entry in account.get("secrets") or []]
        secrets = (self._client.find("v1", "Secret", secret, namespace) for secret in names)
        return [secret for secret in secrets if secret is not None]

    def _with_commands(self, run: Obj, spec: Obj, secrets: Sequence[Obj]) -> Obj:
        """Return the Task's spec with commands of the images for steps with neither command nor script."""
        steps = []
        template = spec.get("stepTemplate") or {}
        for step in spec["steps"]:
            if step.get("script") or step.get("command") or template.get("command"):
                steps.append(step)
                continue
            image = step.get("image") or template.get("image") or ""
            entrypoint, command = self._command_of(run, image, secrets)
            args = step.get("args") or template.get("args") or command
            steps.append(
                {**step, "command": entrypoint or args[:1], "args": args if entrypoint else args[1:]}
            )
        return {**spec, "steps": steps}

    def _command_of(self, run: Obj, image: str, secrets: Sequence[Obj]) -> tuple[list[str], list[str]]:
        try:
            return self._image_command(image, secrets)
        except PkgopsError as error:
            message = f'failed to create task run pod "{run["metadata"]["name"]}": {error.what}'
            raise PermanentError(CREATION, message) from error


def _refusal(error: ApiError, run: Obj, task: str) -> Exception:
    if isinstance(error, Forbidden) and "exceeded quota" in error.message:
        return QuotaExceeded(f"TaskRun Pod exceeded available resources: {error.message}")
    if error.status not in _CLIENT_ERRORS or error.status == 429:
        return error
    if "violates PodSecurity" in error.message:
        return PermanentError("PodAdmissionFailed", error.message)
    meta = run["metadata"]
    return PermanentError(
        CREATION,
        f'failed to create task run pod "{meta["name"]}": {error.message}. '
        f"Maybe missing or invalid Task {meta['namespace']}/{task}",
    )
