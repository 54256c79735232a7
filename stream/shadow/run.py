"""The settings and topics of a shadow: the live inputs, and everything else under names of its own."""

import msgspec

from connectors.kafka_admin import ensure_topics
from connectors.topics import LEGAL_NAME, TopicSpec
from stream.app import topic_specs
from stream.settings import Settings, SettingsError


def shadow_of(live: Settings, name: str) -> Settings:
    """Return the settings of the shadow of this name beside a live worker's.

    Errors: SettingsError if the name cannot stand in the names of topics.
    """
    if not LEGAL_NAME.fullmatch(name) or len(name) > 50:
        raise SettingsError(["name: up to 50 letters, digits, dots, underscores and hyphens"])
    return msgspec.structs.replace(
        live, application_id=f"{live.application_id}-{name}", shadow_prefix=f"{name}-", policy_from="file"
    )


def make_topics(settings: Settings) -> None:
    """Create the shadow's internal and output topics where they are missing; the inputs must exist.

    Errors: BrokerError.
    """
    ensure_topics(settings.cluster, own_topics(settings))


def own_topics(settings: Settings) -> list[TopicSpec]:
    """Return the topics that are the shadow's alone. Errors: SettingsError if these are the settings of no shadow."""
    if not settings.shadow_prefix:
        raise SettingsError(["shadow_prefix: these are the live workers' topics"])
    return [spec for spec in topic_specs(settings).values() if spec.direction != "in"]
