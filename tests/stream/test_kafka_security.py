"""TLS and login in the settings: all problems at once, no secret shown, the same for every client."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from connectors.cluster import Cluster, Login, aiokafka_arguments, kafka_python_arguments
from stream.faust_settings import faust_settings
from stream.settings import Settings, SettingsError, load_settings
from tests.integration.throwaway_tls import write_authority


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("tls")
    write_authority(path)
    (path / "password").write_text("s3cret of one line\n")
    (path / "letter").write_text("s3cret\nof two lines\n")
    return path


def settings(**given: Any) -> Settings:
    return load_settings({}, **given)


def problems(**given: Any) -> list[str]:
    with pytest.raises(SettingsError) as failed:
        settings(**given)
    return failed.value.problems


def test_a_password_comes_from_the_environment_or_from_a_file_named_there(folder: Path) -> None:
    common = {
        "GOLDENHOUR_SECURITY_PROTOCOL": "SASL_SSL",
        "GOLDENHOUR_SASL_USERNAME": "gh",
        "GOLDENHOUR_TLS_CA_FILE": f"{folder}/ca.pem",
    }
    by_file = load_settings({**common, "GOLDENHOUR_SASL_PASSWORD_FILE": f"{folder}/password"}).cluster
    assert by_file.login == Login("gh", "s3cret of one line", "SCRAM-SHA-512")
    assert load_settings({**common, "GOLDENHOUR_SASL_PASSWORD": "x"}).cluster.login == Login("gh", "x", "SCRAM-SHA-512")


def test_a_settings_file_says_it_too(folder: Path) -> None:
    file = folder / "goldenhour.toml"
    lines = ['security_protocol = "SASL_SSL"', 'sasl_mechanism = "PLAIN"', 'sasl_username = "gh"']
    file.write_text("\n".join([*lines, f'sasl_password_file = "{folder}/password"', f'tls_ca_file = "{folder}/ca.pem"']))
    assert load_settings({}, file).cluster.login == Login("gh", "s3cret of one line", "PLAIN")


def test_all_that_is_wrong_is_told_at_once(folder: Path) -> None:
    found = problems(
        http_port=99_999,
        security_protocol="SASL_SSL",
        sasl_password="s3cret",
        sasl_password_file=f"{folder}/letter",
        tls_ca_file=f"{folder}/none.pem",
        tls_key_file=f"{folder}/broker.pem",
    )
    assert [problem.partition(f"{folder}")[0].rstrip() for problem in found] == [
        "command line: http_port: Expected `int` <= 65535",
        "sasl_password and sasl_password_file are both given: which one counts?",
        "sasl_password_file:",
        "sasl_username is missing: SASL_SSL needs one",
        "tls_ca_file:",
        "tls_certificate_file is missing: there is a key without a certificate",
    ]
    assert "s3cret" not in " ".join(found)


def test_what_would_be_of_no_use_is_a_problem() -> None:
    """Whoever gives a password thinks that the connection is safe."""
    assert problems(sasl_username="gh", tls_ca_file="x") == [
        "sasl_username is of no use with security_protocol PLAINTEXT",
        "tls_ca_file is of no use with security_protocol PLAINTEXT",
    ]
    assert problems(security_protocol="SSL", sasl_password="x") == ["sasl_password is of no use with security_protocol SSL"]


def test_a_file_that_is_no_certificate_is_a_problem(folder: Path) -> None:
    (found,) = problems(security_protocol="SSL", tls_ca_file=f"{folder}/password")
    assert found.startswith(f"tls_ca_file: {folder}/password cannot be used:")


def test_a_certificate_of_our_own_is_shown_to_brokers_that_ask_for_one(folder: Path) -> None:
    cluster = settings(security_protocol="SSL", tls_ca_file=f"{folder}/ca.pem", tls_certificate_file=f"{folder}/broker.pem").cluster
    assert cluster.security_protocol == "SSL"
    (found,) = problems(security_protocol="SSL", tls_certificate_file=f"{folder}/ca.pem")
    assert "with the key of" in found


def test_names_are_checked_and_only_the_named_authority_is_trusted(folder: Path) -> None:
    context = settings(security_protocol="SSL", tls_ca_file=f"{folder}/ca.pem").cluster.tls
    assert context is not None
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert len(context.get_ca_certs()) == 1


def test_a_login_without_tls_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="a login needs TLS"):
        Cluster("kafka:9092", login=Login("gh", "x"))


def test_all_three_clients_are_told_the_same() -> None:
    cluster = Cluster("a:1,b:2", ssl.create_default_context(), Login("gh", "s3cret", "SCRAM-SHA-256"))
    aio, tools = aiokafka_arguments(cluster), kafka_python_arguments(cluster)
    assert aio.pop("bootstrap_servers").split(",") == tools.pop("bootstrap_servers") == ["a:1", "b:2"]
    assert aio == tools
    credentials = faust_settings(cluster)["broker_credentials"]
    assert credentials.protocol.value == aio["security_protocol"] == "SASL_SSL"
    assert credentials.mechanism.value == aio["sasl_mechanism"]
    assert (credentials.username, credentials.password) == (aio["sasl_plain_username"], aio["sasl_plain_password"])
    assert credentials.ssl_context is aio["ssl_context"]


def test_a_password_stands_in_no_text_of_settings_or_cluster(folder: Path) -> None:
    given = settings(security_protocol="SASL_SSL", sasl_username="gh", sasl_password="s3cret", tls_ca_file=f"{folder}/ca.pem")
    texts = f"{given} {given!r} {given.shown()} {given.cluster} {given.cluster!r}"
    assert "s3cret" not in texts
    assert "sasl_password='***'" in texts
