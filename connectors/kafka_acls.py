"""Applies access rights to a cluster, as often as one likes, and tells what the same principals may do beyond them."""

from collections.abc import Iterable

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

from connectors.acls import Grant
from connectors.broker_errors import BrokerError
from connectors.cluster import Where
from connectors.kafka_admin import TIMEOUT_MS, cluster_admin

_KINDS = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP}
_OPERATIONS = {
    "Read": ACLOperation.READ,
    "Write": ACLOperation.WRITE,
    "Create": ACLOperation.CREATE,
    "Delete": ACLOperation.DELETE,
    "Alter": ACLOperation.ALTER,
    "Describe": ACLOperation.DESCRIBE,
    "DescribeConfigs": ACLOperation.DESCRIBE_CONFIGS,
    "AlterConfigs": ACLOperation.ALTER_CONFIGS,
}


def apply(where: Where, wanted: Iterable[Grant]) -> tuple[int, list[str]]:
    """Create the rights that are missing; return how many, and a sentence for each right that the principals have beyond them.

    What is beyond is left alone: it may be meant, and removing a right stops somebody's work.
    Errors: BrokerError, also where the cluster has no authorizer.
    """
    acls = {_key(acl): acl for grant in wanted for acl in _acls_of(grant)}
    principals = sorted({acl.principal for acl in acls.values()})
    with cluster_admin(where, TIMEOUT_MS) as admin:
        have = {_key(acl): acl for principal in principals for acl in admin.describe_acls(_all_of(principal))[0]}
        missing = [acl for key, acl in acls.items() if key not in have]
        failed = admin.create_acls(missing)["failed"] if missing else []
    if failed:
        raise BrokerError(f"{len(failed)} rights were refused: {failed[0].__name__}")
    beyond = [f"{key[0]} may also {key[3]} {key[1]} {key[2]}" for key in have if key not in acls]
    return len(missing), sorted(beyond)


def _acls_of(grant: Grant) -> list[ACL]:
    pattern = ResourcePattern(_KINDS[grant.kind], grant.name, ACLResourcePatternType.LITERAL)
    return [
        ACL(
            principal=grant.principal,
            host="*",
            operation=_OPERATIONS[operation],
            permission_type=ACLPermissionType.ALLOW,
            resource_pattern=pattern,
        )
        for operation in grant.operations
    ]


def _all_of(principal: str) -> ACLFilter:
    return ACLFilter(
        principal=principal,
        host=None,
        operation=ACLOperation.ANY,
        permission_type=ACLPermissionType.ANY,
        resource_pattern=ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
    )


def _key(acl: ACL) -> tuple[str, str, str, str, str, str]:
    pattern = acl.resource_pattern
    where = ResourceType(pattern.resource_type).name.lower(), pattern.resource_name
    what = ACLOperation(acl.operation).name.lower()
    return (
        acl.principal,
        *where,
        what,
        ACLPermissionType(acl.permission_type).name,
        ACLResourcePatternType(pattern.pattern_type).name,
    )
