"""`goldenhour desk` and `goldenhour desk-user`."""

import sys
from pathlib import Path
from typing import cast

import click

from stream.cli.common import settings_from
from stream.desk.roles import ROLES, Role
from stream.desk.users import UsersError, UsersFile

USERS = click.option(
    "--users",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("desk-users.toml"),
    show_default=True,
    envvar="GOLDENHOUR_DESK_USERS",
    help="File of names, roles and password hashes.",
)


@click.command()
@click.option("--bootstrap", metavar="HOST:PORT", help="Kafka brokers, joined by commas.")
@click.option("--topic-prefix", help="Put before every topic name.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65_535), default=8443, show_default=True, help="0 takes a free port.")
@USERS
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM chain for TLS.")
@click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="PEM key of the certificate.")
@click.option(
    "--proxy", default="", metavar="ADDRESS", help="A TLS proxy in front, by its address: its X-Forwarded-For is believed."
)
@click.option(
    "--keep-days", type=click.IntRange(1), default=90, show_default=True, help="Cases nobody spoke of for so long are let go."
)
@click.option("--http-port", type=click.IntRange(0, 65_535), default=9110, show_default=True, help="Metrics and health.")
@click.pass_context
def desk(context: click.Context, /, bootstrap: str | None, topic_prefix: str | None, **given: object) -> None:
    """Serve the desk: a web page for the police liaison and the bank's anti-fraud desk.

    Shows the cases by the money that can still be reached and by the clock, and records what people decide on the topics. It reads
    everything anew from Kafka at each start and keeps no data of its own. Users: `goldenhour desk-user`.
    """
    from stream.app import read_rulebook
    from stream.desk.server import DeskOptions, run_desk

    settings = settings_from(context, bootstrap=bootstrap, topic_prefix=topic_prefix)
    offset_s = read_rulebook(settings).bounds.utc_offset_s
    try:
        run_desk(settings, DeskOptions(**given), offset_s, lambda address: click.echo(f"The desk is at {address}"))  # type: ignore[arg-type] # click has converted the options
    except UsersError as error:
        _refuse(error)


@click.group(name="desk-user")
def desk_user() -> None:
    """Say who may sign in at the desk, and as what."""


@desk_user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the user may do.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
@USERS
def add(name: str, role: str, password_stdin: bool, users: Path) -> None:
    """Add the user NAME, or set role and password of a known one anew; open sessions of the user then end."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        is_new = UsersFile(users).put(name, cast("Role", role), password)
    except UsersError as error:
        _refuse(error)
    click.echo(f"{name} {'added' if is_new else 'changed'}: {role}")


@desk_user.command()
@click.argument("name")
@USERS
def remove(name: str, users: Path) -> None:
    """Take the user NAME out; open sessions of the user end."""
    try:
        UsersFile(users).remove(name)
    except UsersError as error:
        _refuse(error)
    click.echo(f"{name} removed")


@desk_user.command(name="list")
@USERS
def list_users(users: Path) -> None:
    """List names and roles."""
    try:
        for user in sorted(UsersFile(users).users().values()):
            click.echo(f"{user.name:<32}  {user.role}")
    except UsersError as error:
        _refuse(error)


def _refuse(error: UsersError) -> None:
    click.echo(f"goldenhour: {error}", err=True)
    sys.exit(2)
