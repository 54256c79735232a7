"""`goldenhour sbom`."""

from pathlib import Path

import click
import msgspec

from stream.settings import DEPLOY, read_toml


@click.command()
@click.option(
    "--lock",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=Path("requirements.lock"),
    show_default=True,
    help="The lock file.",
)
@click.option("--licences", "as_list", is_flag=True, help="A list of packages and licences instead.")
@click.pass_context
def sbom(context: click.Context, lock: Path, as_list: bool) -> None:
    """Print what the product is made of as CycloneDX 1.6: every locked package with hashes and licence.

    Exit status 1 if a licence is unknown or not among those that deploy/licences.toml allows. Needs the locked packages installed.
    """
    from stream.bill_of_materials import bill_of, licence_lines, licence_problems, licences_from, read_lock
    from stream.versions import versions

    packages, licences = read_lock(lock.read_text("utf-8")), licences_from(read_toml(str(DEPLOY / "licences.toml")))
    if as_list:
        click.echo("\n".join(licence_lines(packages, licences)))
    else:
        document = bill_of(packages, licences, versions()["goldenhour"])
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
    problems = licence_problems(packages, licences)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        context.exit(1)
