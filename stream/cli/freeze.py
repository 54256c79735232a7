"""`goldenhour freeze`: the switch of all freeze requests, for the person on duty."""

from datetime import UTC, datetime

import click

from connectors.contract_json import encode
from connectors.kafka_producer import produce
from models.case import short_hash
from models.contract_types import ControlAction
from models.records import CaseControl
from models.units import time_us
from stream.cli.common import broker_options, settings_from

_ACTIONS: dict[str, ControlAction] = {"review-only": "FREEZE_REVIEW_ONLY", "resume": "FREEZE_RESUME"}


@click.command()
@click.argument("order", type=click.Choice(sorted(_ACTIONS)))
@click.option("--actor", required=True, help="Who orders it: kept with the order.")
@click.option("--reason", required=True, help="Why: kept with the order.")
@broker_options
@click.pass_context
def freeze(context: click.Context, /, order: str, actor: str, reason: str, **given: object) -> None:
    """Let no freeze request out without a person's approval, or let them go out by themselves again.

    The order is a record on `case-controls`, so it is kept for audit; workers follow it with the next record they read. Withdrawals
    always go out. To resume also sets a guard back that has tripped.
    """
    settings = settings_from(context, **given)
    made_at = datetime.now(UTC)
    control_id = "k-" + short_hash("freeze", order, actor, made_at.isoformat())
    control = CaseControl(control_id=control_id, made_at=made_at, actor=actor, action=_ACTIONS[order], reason=reason)
    record = (settings.topic_prefix + "case-controls", control_id.encode(), encode(control), time_us(made_at) // 1_000)
    produce(settings.cluster, [record], rate=None, speed=None)
    click.echo(f"{control.action} {control_id}")
