"""Column mappings: how the columns of somebody else's table become transactions of the contract.

A mapping is a small TOML file, given by path or, for those that come with the package, by bare name (`handbook`,
`amlsim`, `paysim`, `sparkov`: folder `mappings`, good examples to start from). This is the whole language:

    about = "What the data are."              # optional
    requires = ["id"]                         # columns the file must have, besides those of required fields

    [fields]                                  # flattened field of the transaction = rule; a plain value is a constant
    event_id = { column = "id" }              # left out: made of the file's name and the row's number
    event_time = { column = "when", time = "timestamp", zone = "+08:00" }
    kind = "PURCHASE"
    amount_minor = { column = "sum", scale = 100 }           # exact decimal, ties to even
    "terminal.id" = { template = "{shop}@{lat:.1f}" }        # columns as they are, or rounded to decimals

    [[when]]                                  # further fields of the rows whose column holds one of these codes;
    column = "type"                           # all `when` look at one column, and a code without `when` is an error
    codes = ["PAYMENT", "DEBIT"]
    fields = { channel = "MOBILE", "payer.account" = { column = "from" } }

    [ignored]                                 # columns left out on purpose = why; no rule can use them
    balance = "leaks the label"

    [label]                                   # optional: where a label file comes from; this column reaches no field
    column = "fraud"                          # 0 or 1, false or true
    case = { column = "incident" }            # optional, kept for label 1 only; so is `typology`

`time` reads: `timestamp` (`zone` says what a time without offset means: an offset, UTC where left out; named zones
are not read, their hour that comes twice has no answer), `unix_s`, `unix_ms`, and `day` or `hour`, a number of days
or hours counted from `first` (0) at the instant `origin`: the rows of one number are spread evenly over that day or
hour in file order.
"""

from importlib import resources
from pathlib import Path

from connectors.mapping_reader import parse
from connectors.mapping_rules import Mapping, MappingError

__all__ = ["Mapping", "MappingError", "builtin_names", "load", "parse"]


def builtin_names() -> list[str]:
    """Return the names of the mappings that come with the package.

    >>> builtin_names()
    ['amlsim', 'handbook', 'paysim', 'sparkov']
    """
    folder = resources.files("connectors") / "mappings"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load(name_or_path: str) -> Mapping:
    """Return the mapping of a .toml file, or the one of the package with that bare name.

    Errors: MappingError with every problem of the file.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml":
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise MappingError(path.name, [f"cannot be read: {error}"]) from error
        return parse(path.name, text)
    if name_or_path not in builtin_names():
        known = ", ".join(builtin_names())
        raise MappingError(name_or_path, [f"neither a .toml file nor one of {known}"])
    file = resources.files("connectors") / "mappings" / f"{name_or_path}.toml"
    return parse(f"{name_or_path}.toml", file.read_text(encoding="utf-8"))
