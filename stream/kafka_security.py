"""TLS and login of the cluster, from the settings: all that is wrong with them at once, and the `Cluster` they describe."""

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.cluster import Cluster, Login

if TYPE_CHECKING:  # settings.py imports this module
    from stream.settings import Settings

_TLS = ("tls_ca_file", "tls_certificate_file", "tls_key_file", "tls_key_password_file")
_SASL = ("sasl_username", "sasl_password", "sasl_password_file")


def cluster_of(settings: "Settings") -> Cluster:
    """Return the cluster of settings that `security_problems` finds nothing wrong with."""
    if settings.security_protocol == "PLAINTEXT":
        return Cluster(settings.bootstrap)
    problems: list[str] = []
    tls = _tls_context(settings, problems)
    login = None
    if settings.security_protocol == "SASL_SSL":
        password = settings.sasl_password or _secret(settings, "sasl_password_file", problems)
        login = Login(settings.sasl_username, password, settings.sasl_mechanism)
    if problems:  # the files have changed since the settings were read
        raise ValueError("\n".join(problems))
    return Cluster(settings.bootstrap, tls, login)


def security_problems(settings: "Settings") -> list[str]:
    """Return what is wrong with these settings taken together, one sentence each: files are opened, nobody is connected to."""
    given = {name: getattr(settings, name) for name in (*_TLS, *_SASL) if getattr(settings, name)}
    needless = (
        (*_TLS, *_SASL) if settings.security_protocol == "PLAINTEXT" else _SASL if settings.security_protocol == "SSL" else ()
    )
    problems = [f"{name} is of no use with security_protocol {settings.security_protocol}" for name in needless if name in given]
    if settings.security_protocol == "SASL_SSL":
        problems += _login_problems(given)
    if settings.security_protocol != "PLAINTEXT":
        _tls_context(settings, problems)
        if settings.sasl_password_file and settings.security_protocol == "SASL_SSL":
            _secret(settings, "sasl_password_file", problems)
    return problems


def _login_problems(given: dict[str, Any]) -> list[str]:
    problems = []
    if "sasl_username" not in given:
        problems.append("sasl_username is missing: SASL_SSL needs one")
    if "sasl_password" in given and "sasl_password_file" in given:
        problems.append("sasl_password and sasl_password_file are both given: which one counts?")
    if "sasl_password" not in given and "sasl_password_file" not in given:
        problems.append("sasl_password_file is missing (or sasl_password): SASL_SSL needs a password")
    return problems


def _tls_context(settings: "Settings", problems: list[str]) -> ssl.SSLContext:
    """Return the context; append what is wrong. Host names are always checked, and nothing older than TLS 1.2 is spoken."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.tls_ca_file:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # this authority only, none of the system's
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_verify_locations(settings.tls_ca_file)
        except OSError as error:  # ssl.SSLError is one
            problems.append(f"tls_ca_file: {settings.tls_ca_file} cannot be used: {_words(error)}")
    if settings.tls_certificate_file:
        password = _secret(settings, "tls_key_password_file", problems) if settings.tls_key_password_file else ""
        try:  # an empty password, or OpenSSL would ask for one at the terminal
            context.load_cert_chain(settings.tls_certificate_file, settings.tls_key_file or None, password)
        except OSError as error:
            where = settings.tls_key_file or settings.tls_certificate_file
            problems.append(f"tls_certificate_file: {settings.tls_certificate_file} with the key of {where}: {_words(error)}")
    elif settings.tls_key_file or settings.tls_key_password_file:
        problems.append("tls_certificate_file is missing: there is a key without a certificate")
    return context


def _secret(settings: "Settings", name: str, problems: list[str]) -> str:
    """Return the first line of the file that a setting names, "" if there is none; append what is wrong, never what it holds."""
    path = Path(getattr(settings, name))
    try:
        text = path.read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        problems.append(f"{name}: {path} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        problems.append(f"{name}: {path} is not UTF-8")
    else:
        if text and "\n" not in text:
            return text
        problems.append(f"{name}: {path} must hold one line, the secret")
    return ""


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "no certificate in PEM form").lower().replace("_", " ")
    return error.strerror or type(error).__name__
