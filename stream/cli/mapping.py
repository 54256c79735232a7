"""`goldenhour mapping`."""

import sys
import tomllib
from importlib import resources
from pathlib import Path

import click

from connectors import mapping as column_mapping
from connectors.contract_json import encode
from connectors.flat_fields import transaction_fields
from connectors.mapping_rules import Mapping
from connectors.masked_records import Names, masked_record
from connectors.rule_reader import OPEN
from connectors.tables.rows import read_rows
from connectors.tokens import Tokens
from stream.mapping_sample import suggest as propose
from stream.table_ingest import told_of

_SHOWN_ERRORS_MAX = 20
_KEY_OF_A_LOOK = b"a look at a sample writes nothing, so any key will do"


@click.group()
def mapping() -> None:
    """Write and check how somebody else's columns become transactions."""


@mapping.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the mapping here; a file that is there stays.")
def suggest(file: Path, out: Path | None) -> None:
    """Propose a mapping from the first rows of FILE (.csv, .txt, .jsonl, .json, .parquet).

    Each rule says how sure it is and why; what the table does not tell is left to answer. No identifier is written, only the
    codes of columns with few short ones.
    """
    text = propose(file)
    if out is None:
        click.echo(text, nl=False)
        return
    if out.exists():
        raise click.UsageError(f"--out: {out} is there already")
    out.write_text(text, encoding="utf-8")
    click.echo(f"{out}: {sum(OPEN in line for line in text.splitlines()[2:])} lines to answer")


@mapping.command()
@click.argument("file", metavar="NAME|FILE.toml")
@click.option("--sample", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A table to try it on.")
@click.option("--records", type=click.IntRange(0), default=5, show_default=True, help="How many records to show.")
def check(file: str, sample: Path, records: int) -> None:
    """Try a mapping on a table: show the first records masked, what is wrong with which row, and which fields stay empty.

    Exit status 1: a row cannot be read.
    """
    rules = column_mapping.load(file)
    names, good, wrong = Names(), 0, 0
    for part in read_rows(rules, sample, Tokens(_KEY_OF_A_LOOK), lambda text: click.echo(text, err=True)):
        for record in part.records:
            if record is not None:
                if good < records:
                    click.echo(masked_record(encode(record), names, is_ours=False).decode())
                good += 1
        for error in part.errors[: max(0, _SHOWN_ERRORS_MAX - wrong)]:
            click.echo(told_of(error))
        wrong += len(part.errors)
    click.echo(f"{good:,} rows can be read, {wrong:,} problems")
    empty = fields_without_rule(rules)
    click.echo(f"fields without a rule: {', '.join(empty)}")
    for field, patterns in field_needs().items():
        if field in empty:
            click.echo(f"without {field}: {', '.join(patterns)} not seen, or less surely")
    sys.exit(1 if wrong else 0)


def field_needs() -> dict[str, list[str]]:
    """Return optional field -> patterns that need it, as measured on the stories of frauds."""
    file = resources.files("connectors") / "field_needs.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def fields_without_rule(rules: Mapping) -> list[str]:
    """Return the optional fields of a transaction that a mapping gives in no row."""
    given = {field for fields in rules.variants.values() for field in fields} | {"event_id", "event_time"}
    return [field for field in transaction_fields() if field not in given]
