"""`goldenhour acls`."""

import click

from connectors.acls import ROLES, commands, grants
from stream.cli.common import broker_options, settings_from

_HEAD = """\
#!/bin/sh
# Rights on the cluster, least for each role. Written by `goldenhour acls`; a second run changes nothing.
# BOOTSTRAP=host:port ADMIN=admin.properties KAFKA_ACLS=/path/to/kafka-acls.sh sh acls.sh
set -eu
ACLS="${KAFKA_ACLS:-kafka-acls.sh} --bootstrap-server $BOOTSTRAP --command-config $ADMIN"
"""


@click.command()
@click.option("--apply", "is_applied", is_flag=True, help="Create what is missing, instead of printing commands.")
@click.option(
    "--role", "given", multiple=True, metavar="ROLE[=PRINCIPAL]", help="Only these roles.  [default: all, as User:goldenhour-ROLE]"
)
@click.option("--liaison-group", default="liaison", show_default=True, help="The liaison's consumer group.")
@broker_options
@click.pass_context
def acls(context: click.Context, /, is_applied: bool, given: tuple[str, ...], liaison_group: str, **options: object) -> None:
    """Print the commands that give each role the rights its work needs and no more, or --apply them.

    Topics carry the prefix, and the group is the workers', both of the settings. With --apply: exit status 1 if a principal may
    do more than its role needs; nothing is taken away.
    """
    from connectors.kafka_acls import apply

    settings = settings_from(context, **options)
    principals = dict(_named(text) for text in given) or {role: f"User:goldenhour-{role}" for role in ROLES}
    found = list(grants(principals, prefix=settings.topic_prefix, group=settings.application_id, liaison_group=liaison_group))
    if not is_applied:
        click.echo(_HEAD + "\n".join(commands(iter(found))))
        return
    created, beyond = apply(settings.cluster, found)
    click.echo(f"{created} rights created")
    for sentence in beyond:
        click.echo(sentence, err=True)
    if beyond:
        context.exit(1)


def _named(text: str) -> tuple[str, str]:
    role, _, principal = text.partition("=")
    if role not in ROLES:
        raise click.UsageError(f"{role} is no role: {', '.join(ROLES)}")
    principal = principal or f"User:goldenhour-{role}"
    if "'" in principal or ":" not in principal:
        raise click.UsageError(f"{principal} is no principal: User:name")
    return role, principal
