"""`goldenhour shadow`."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from stream.cli.common import broker_options, collect_seldom, settings_from
from stream.replay import report_bytes
from stream.shadow.difference import WAYS, difference, standing_alerts, standing_requests
from stream.shadow.outputs import Published, read_folder, read_topics

NAME = "shadow"


@click.group()
def shadow() -> None:
    """Run a second policy on the live stream, and see what it would change."""


_NAME_OPTION = click.option("--name", default=NAME, show_default=True, help="Tells several shadows apart.")


@shadow.command("run")
@broker_options
@_NAME_OPTION
@click.option(
    "--policy", "policy_file", required=True, type=click.Path(exists=True, dir_okay=False), help="The policy to be tried."
)
@click.option("--http-port", type=click.IntRange(0, 65_535), default=0, help="Metrics and health; 0 takes a free port.")
@click.option("--instance-id", help="A name that stays with this worker: its restart moves no partition.")
@click.pass_context
def run(context: click.Context, /, name: str, **given: Any) -> None:
    """Run a worker that reads the live inputs under a policy of its own and publishes for nobody.

    Its group is the live one's and `-NAME`, its internal and output topics have `NAME-` before theirs; they are made if need be. So
    it touches neither outputs nor state of the live workers. It begins with what the inputs still hold. Exit status: as `worker`.
    """
    from stream.app import run_worker
    from stream.shadow.run import make_topics, shadow_of

    settings = shadow_of(settings_from(context, **given), name)
    make_topics(settings)
    collect_seldom()
    run_worker(settings)


@shadow.command("remove")
@broker_options
@_NAME_OPTION
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def remove(context: click.Context, /, name: str, yes: bool, **given: Any) -> None:
    """Delete the topics and the group of a shadow that has been stopped; nothing of the live workers."""
    from connectors import kafka_reset
    from stream.shadow.run import own_topics, shadow_of

    settings = shadow_of(settings_from(context, **given), name)
    names = [spec.name for spec in own_topics(settings)]
    if not yes:
        click.confirm(f"Delete {names[0]} and {len(names) - 1} more topics at {settings.cluster}?", abort=True, err=True)
    for deleted in kafka_reset.remove(
        settings.cluster, settings.application_id, names, session_timeout_s=settings.session_timeout_s
    ):
        click.echo(f"deleted {deleted}")


@shadow.command("report")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--bootstrap", metavar="HOST:PORT", help="Kafka brokers, joined by commas.")
@click.option("--topic-prefix", help="Put before every topic name.")
@_NAME_OPTION
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="Only what was published from then on.")
@click.option("--until", type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="Only what was published up to then.")
@click.option("--json", "as_json", is_flag=True, help="Print every difference as JSON.")
@click.pass_context
def report(
    context: click.Context,
    /,
    folders: tuple[Path, ...],
    name: str,
    since: datetime | None,
    until: datetime | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Compare the shadow's alerts and freeze requests with the live ones: added, dropped, changed, with the money.

    Without arguments from the topics, up to where both have come; or of two replays: FOLDERS are LIVE and SHADOW.
    """
    if folders and len(folders) != 2:
        raise click.UsageError("give two folders, the live one first, or none")
    if folders:
        live, tried = map(read_folder, folders)
    else:
        settings = settings_from(context, **given)
        live = read_topics(settings.cluster, settings.topic_prefix)
        tried = read_topics(settings.cluster, f"{settings.topic_prefix}{name}-")
        newest = [at for at in (live.newest(), tried.newest()) if at is not None]
        until = until or min(newest, default=None)
    found = _compared(live.between(since, until), tried.between(since, until))
    if as_json:
        times = {key: at.isoformat() for key, at in (("from", since), ("until", until)) if at is not None}
        click.echo(report_bytes({**times, **found}).decode(), nl=False)
        return
    if until is not None:
        click.echo(f"published up to {until.isoformat()}")
    for what, part in found.items():
        _say(what.replace("_", " "), part)


def _compared(live: Published, tried: Published) -> dict[str, Any]:
    return {
        "alerts": difference(standing_alerts(live.alerts), standing_alerts(tried.alerts)),
        "freeze_requests": difference(standing_requests(live.requests), standing_requests(tried.requests)),
    }


def _say(what: str, part: dict[str, Any]) -> None:
    counts = ", ".join(f"{part[way]:,} {way}" for way in (*WAYS, "same"))
    click.echo(f"{what}: live {part['live']['count']:,}, shadow {part['shadow']['count']:,}; {counts}")
    for row in part["by_kind"]:
        live, tried = (f"{row[side] / 100:,.2f}" for side in ("live_minor", "shadow_minor"))
        money = {"added": tried, "dropped": live}.get(row["way"], f"{live} -> {tried}")
        click.echo(f"{row['count']:>9,}  {row['way']:<8} {row['what']:<24} {money} {row['currency']}")
