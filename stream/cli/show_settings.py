"""`goldenhour settings`."""

import click
import msgspec

from stream.cli.common import settings_from


@click.command(name="settings")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.pass_context
def settings(context: click.Context, as_json: bool) -> None:
    """Print the effective settings: defaults, then the settings file, then GOLDENHOUR_* variables."""
    values = settings_from(context).shown()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(values), indent=2).decode())
        return
    width = max(map(len, values))
    for name, value in values.items():
        click.echo(f"{name:<{width}}  {value}")
