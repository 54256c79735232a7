"""Whether a cluster lets us in, asked before a client connects: the clients only log why not, and try on for a long time."""

from typing import Any

from kafka.errors import KafkaError, SaslAuthenticationFailedError, UnsupportedSaslMechanismError
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector

from connectors.broker_errors import BrokerError
from connectors.cluster import Where, cluster_at, kafka_python_arguments

TIMEOUT_MS = 5_000  # ours: for connection, handshake and login at one broker

_LOGIN = (SaslAuthenticationFailedError, UnsupportedSaslMechanismError)


def refuse_closed_door(where: Where) -> None:
    """Return if a broker lets us in, or if none answers at all: clients wait for a cluster that starts. A plain one is not asked.

    Errors: BrokerError if a certificate is not trusted or the login is refused; the text says which, never the password.
    """
    cluster = cluster_at(where)
    if cluster.tls is None:
        return
    net = NetworkSelector()
    manager = KafkaConnectionManager(net, **kafka_python_arguments(cluster))
    net.start()
    refusal = ""
    try:
        for broker in manager.cluster.bootstrap_brokers():
            error = _knock(net, manager, broker.node_id)
            if error is None:
                return
            refusal = refusal or _refusal(error)
    finally:
        manager.close()
        net.stop(timeout_ms=TIMEOUT_MS)
    if refusal:
        raise BrokerError(f"The cluster at {cluster} does not let us in: {refusal}")


def _knock(net: Any, manager: Any, node_id: str) -> KafkaError | None:
    found: list[Any] = []

    async def enter() -> None:
        found.append(manager.get_connection(node_id, timeout_ms=TIMEOUT_MS, refresh_metadata_on_err=False))
        await found[0]

    try:
        net.run(enter)
    except KafkaError as error:
        if found and found[0].sasl_enabled and found[0].broker_version_data is not None:
            return SaslAuthenticationFailedError()  # the broker has told its version, then hung up: how it refuses a login
        return error
    return None


def _refusal(error: KafkaError) -> str:
    """Return why a broker refused, "" if it rather was not there."""
    text = str(error)
    if isinstance(error, _LOGIN):
        return "the login is refused: check sasl_mechanism, sasl_username and the password, and whether the user was created"
    if "Hostname mismatch" in text or "IP address mismatch" in text:
        return "its certificate is for another name than the one in bootstrap"
    if "certificate has expired" in text:
        return "its certificate has expired"
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return "its certificate is not trusted: tls_ca_file must name the authority that issued it"
    if "SSL" in text:
        return "it does not speak TLS as we do: is bootstrap its TLS listener, and does it want a certificate of ours?"
    return ""
