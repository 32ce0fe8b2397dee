from pkgops.platform.tekton.credentials import credentials_of


def secret(name, type):
    return {"type": type, "metadata": {"name": name}}


def test_registry_secrets_are_mounted_and_told_to_the_entrypoint():
    found = credentials_of([secret("registry-credentials", "kubernetes.io/dockerconfigjson")])
    assert found.arguments == ("-docker-config=registry-credentials",)
    assert found.volumes == (
        {"name": "tekton-creds-838b5f7d", "secret": {"secretName": "registry-credentials"}},
    )
    assert found.mounts[0]["mountPath"] == "/tekton/creds-secrets/registry-credentials"


def test_other_secrets_stay_out_of_the_pod():
    assert credentials_of([secret("s", "Opaque"), secret("t", "kubernetes.io/basic-auth")]).volumes == ()
