"""`goldenhour policy`: checks policies, compares them, and puts them in force on a running installation."""

import sys
import tomllib
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec

from models.policy import PolicyError
from models.policy_records import PolicyRecord
from stream.cli.common import broker_options, settings_from
from stream.policy.difference import Difference, differences
from stream.policy.document import Policy, policy_of, policy_text, read_policy
from stream.policy.follower import read_log
from stream.policy.log import PolicyLog
from stream.policy.publishing import NothingBeforeError, OvertakenError, Publisher
from stream.settings import Settings, SettingsError

_LIVE = "live"
_FILE = click.Path(dir_okay=False)
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_ACTOR = click.option("--actor", required=True, help="Who does it: kept with the policy and in the audit.")
_REASON = click.option("--reason", help="Why: kept with the policy and in the audit.")


@click.group()
def policy() -> None:
    """Check, compare and put in force policies. Running workers follow at once, without a restart."""


@policy.command("check")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@_AS_JSON
@click.pass_context
def check(context: click.Context, files: tuple[str, ...], as_json: bool) -> None:
    """Say all that is wrong with policy FILES. Exit status 1 if anything is, 2 if a file cannot be read."""
    settings = settings_from(context)
    found = [_checked(settings, file) for file in files]
    if as_json:
        _print(found)
    for one in [] if as_json else found:
        for problem in one["problems"]:
            click.echo(f"{one['file']}: {problem}")
        if not one["problems"]:
            click.echo(f"{one['file']}: right, version {one['version']}, digest {one['digest']}")
    sys.exit(1 if any(one["problems"] for one in found) else 0)


def _checked(settings: Settings, file: str) -> dict[str, Any]:
    if not Path(file).is_file():
        raise SettingsError([f"{file}: there is no such file"])
    try:
        read = policy_of(policy_text(settings, file))
    except (PolicyError, SettingsError) as error:
        return {"file": file, "problems": error.problems}
    return {"file": file, "version": read.version, "digest": read.digest, "problems": []}


@policy.command("diff")
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@broker_options
@_AS_JSON
@click.pass_context
def diff(context: click.Context, /, left: str, right: str, as_json: bool, **given: Any) -> None:
    """Show the values in which policies A and B differ, each with its reason. `live` is the one in force on the topic.

    Exit status 1 if they differ.
    """
    settings = settings_from(context, **given)
    changes = differences(*(tomllib.loads(_text_of(settings, each)) for each in (left, right)))
    if as_json:
        _print([change._asdict() for change in changes])
    for change in [] if as_json else changes:
        _say_change(change)
    sys.exit(1 if changes else 0)


def _text_of(settings: Settings, name: str) -> str:
    if name != _LIVE:
        return policy_text(settings, name)
    return _in_force(_log_of(settings), settings).text


def _log_of(settings: Settings) -> PolicyLog:
    return read_log(settings.cluster, f"{settings.topic_prefix}policy")


def _in_force(log: PolicyLog, settings: Settings) -> Policy:
    """Return what the workers judge by: what stands on the topic, or while it is empty the file."""
    return log.in_force or read_policy(settings)


def _say_change(change: Difference) -> None:
    click.echo(change.name)
    for sign, value, reason in (("-", change.ours, change.our_reason), ("+", change.theirs, change.their_reason)):
        if value is not None:
            click.echo(f"  {sign} {value!r}" + (f"  # {reason}" if reason else ""))


@policy.command("apply")
@click.argument("file", type=_FILE)
@_ACTOR
@_REASON
@broker_options
@click.pass_context
def apply(context: click.Context, /, file: str, actor: str, reason: str | None, **given: Any) -> None:
    """Put the policy of FILE in force: running workers judge by it from their next slice of work on.

    The file is completed by the country's pack and the overlay of the settings. Onto an empty topic the workers' own policy file
    goes first, so that `rollback` leads back to it. Exit status 1 if the policy does not check, or another was put in force at the
    same moment; nothing has changed then.
    """
    settings = settings_from(context, **given)
    try:
        wanted = policy_of(policy_text(settings, file))
    except PolicyError as error:
        _refuse(error.problems)
    publisher = Publisher(settings.cluster, settings.topic_prefix, actor)
    try:
        record = publisher.apply(wanted, read_policy(settings), reason)
    except OvertakenError as error:
        _refuse([str(error)])
    if record is None:
        click.echo(f"version {wanted.version} is in force already, digest {wanted.digest}")
    else:
        _say_record(record)


@policy.command("rollback")
@_ACTOR
@_REASON
@broker_options
@click.pass_context
def rollback(context: click.Context, /, actor: str, reason: str | None, **given: Any) -> None:
    """Put the policy in force that was so before the last `apply`; once more, the one before that."""
    settings = settings_from(context, **given)
    try:
        record = Publisher(settings.cluster, settings.topic_prefix, actor).rollback(reason)
    except PolicyError as error:
        _refuse(error.problems)
    except (NothingBeforeError, OvertakenError) as error:
        _refuse([str(error)])
    _say_record(record)


@policy.command("show")
@broker_options
@_AS_JSON
@click.pass_context
def show(context: click.Context, /, as_json: bool, **given: Any) -> None:
    """Print the policy in force, whole: a file that `check` and `apply` take as it is."""
    settings = settings_from(context, **given)
    log = _log_of(settings)
    found = _in_force(log, settings)
    if as_json:
        origin = "topic" if log.in_force is not None else "file"
        told = {"from": origin, "number": found.number, "version": found.version, "digest": found.digest, "text": found.text}
        _print(told)
    else:
        click.echo(found.text, nl=False)


@policy.command("history")
@broker_options
@_AS_JSON
@click.pass_context
def history(context: click.Context, /, as_json: bool, **given: Any) -> None:
    """List every policy that was put in force, by whom, when and why, the oldest first."""
    settings = settings_from(context, **given)
    log = _log_of(settings)
    if as_json:
        _print([_told(record) for record in log.history])
    for record in [] if as_json else log.history:
        _say_record(record)


def _told(record: PolicyRecord) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(record)
    del told["text"]
    return told


def _say_record(record: PolicyRecord) -> None:
    reason = f"  {record.reason}" if record.reason else ""
    made_at = record.made_at.isoformat(timespec="seconds")
    click.echo(
        f"{record.number}  {record.action:<8}  version {record.version}  {made_at}  {record.actor}  {record.digest[:12]}{reason}"
    )


def _print(told: Any) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())


def _refuse(problems: list[str]) -> NoReturn:
    for problem in problems:
        click.echo(problem, err=True)
    sys.exit(1)
