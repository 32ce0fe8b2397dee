from pkgops.platform.tekton.credentials import credentials_of


def secret(name, type, **annotations):
    return {"type": type, "metadata": {"name": name, "annotations": annotations}}


def test_registry_secrets_are_mounted_and_told_to_the_entrypoint():
    found = credentials_of([secret("registry-credentials", "kubernetes.io/dockerconfigjson")])
    assert found.arguments == ("-docker-config=registry-credentials",)
    assert found.volumes == (
        {"name": "tekton-creds-838b5f7d", "secret": {"secretName": "registry-credentials"}},
    )
    assert found.mounts[0]["mountPath"] == "/tekton/creds-secrets/registry-credentials"


def test_a_password_counts_only_for_the_registries_it_names():
    named = secret("s", "kubernetes.io/basic-auth", **{"tekton.dev/docker-0": "https://reg", "other": "x"})
    assert credentials_of([named]).arguments == ("-basic-docker=s=https://reg",)
    assert credentials_of([secret("s", "kubernetes.io/basic-auth")]).arguments == ()


def test_other_secrets_stay_out_of_the_pod():
    assert (
        credentials_of([secret("s", "Opaque"), secret("t", "kubernetes.io/service-account-token")]).volumes
        == ()
    )
