"""Flux on the local platform: GitRepository, ImageRepository and ImagePolicy."""

from __future__ import annotations

from collections.abc import Callable

from pkgops.platform import fieldwarnings
from pkgops.platform.controller import Controller
from pkgops.platform.failures import failed_conditions
from pkgops.platform.flux import gitrepository, imagepolicy, imagerepository
from pkgops.platform.flux.schedule import Schedule
from pkgops.platform.flux.server import ArtifactServer
from pkgops.platform.flux.storage import Storage
from pkgops.platform.flux.tags import TagDatabase
from pkgops.platform.queue import Key
from pkgops.platform.runtime import Platform

WORKERS = 4
FAILED = failed_conditions(observed_in_condition=True)
GIT_HOOK, REGISTRY_HOOK = "/hooks/git", "/hooks/registry"


def register(platform: Platform) -> None:
    """Add the controllers of the three kinds, the artifact server and the handlers of push notifications."""
    fieldwarnings.start(platform.webhooks, "flux")
    _register_sources(platform)
    _register_images(platform)


def _register_sources(platform: Platform) -> None:
    config = platform.config
    root = config.data_dir / "artifacts"
    root.mkdir(parents=True, exist_ok=True)
    server = ArtifactServer(root, config.address, config.artifact_port)
    server.start()
    platform.on_stop(server.stop)
    storage = Storage(root, f"http://{config.address}:{config.artifact_port}")
    sources = gitrepository.GitRepositories(platform, storage, Schedule())
    controller = platform.controller(
        "gitrepository",
        gitrepository.API,
        gitrepository.KIND,
        sources.reconcile,
        workers=WORKERS,
        failed=FAILED,
    )
    platform.on_hook(GIT_HOOK, _hook(controller, sources.on_push))


def _register_images(platform: Platform) -> None:
    tags = TagDatabase(platform.config.data_dir / "tags")
    repositories = imagerepository.ImageRepositories(platform, tags, Schedule())
    controller = platform.controller(
        "imagerepository",
        imagerepository.API,
        imagerepository.KIND,
        repositories.reconcile,
        workers=WORKERS,
        failed=FAILED,
    )
    platform.on_hook(REGISTRY_HOOK, _hook(controller, repositories.on_push))
    policies = imagepolicy.ImagePolicies(platform, tags)
    controller = platform.controller(
        "imagepolicy", imagerepository.API, imagepolicy.KIND, policies.reconcile, failed=FAILED
    )
    platform.watch(imagerepository.API, imagerepository.KIND, controller, policies.policies_of)


def _hook(controller: Controller, on_push: Callable[[bytes], list[Key]]) -> Callable[[bytes], None]:
    def handler(body: bytes) -> None:
        for key in on_push(body):
            controller.enqueue(key)

    return handler
