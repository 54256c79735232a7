"""Column mappings: how the columns of somebody else's table become transactions of the contract.

A mapping is a small TOML file, given by path or, for those that come with the package, by bare name (`handbook`,
`amlsim`, `paysim`, `sparkov`: folder `mappings`, good examples to start from). This is the whole language:

    about = "What the data are."              # optional
    requires = ["id"]                         # columns the file must have, besides those of required fields
    deleted = "IGNORED"                       # of change streams: a deleted row says nothing, or "REVERSED": it was taken back

    [table]                                   # optional: how a text table is written
    encoding = "gb18030"                      # UTF-8 where left out
    delimiter = "|"                           # a comma where left out
    header = ["id", "when"]                   # the columns of a file whose first line does not name them
    trim = true                               # blanks around cells are no part of them

    [derived]                                 # columns made of others, in order; rules use them as any column
    moment = { template = "{day} {time:06}" } # columns as they are, or with zeros before
    side = { sign = "sum" }                   # "-" below zero, else "+"
    what = { column = "code", codes = { "01" = "OUT", "02" = "IN" }, otherwise = "REST" }
    both = { template = "{side}{what}" }

    [fields]                                  # flattened field of the transaction = rule; a plain value is a constant
    event_id = { column = "id" }              # left out: made of the file's name and the row's number
    event_time = { column = "moment", time = "timestamp", format = "%Y%m%d %H%M%S", zone = "+08:00" }
    kind = "PURCHASE"
    amount_minor = { column = "sum", scale = 100, grouping = ",", unsigned = true } # exact decimal, ties to even, without sign
    currency = { column = "cur", codes = { "156" = "CNY" }, default = "CNY" }       # a code table; what an empty cell means
    "payer.account" = { column = "acct", token = "account" }                        # a keyed hash: `account`, `card`, `customer`
    "payer.opened_on" = { column = "opened", date = "%Y%m%d" }                      # or "days" since 1970
    "terminal.id" = { template = "{shop}@{lat:.1f}" }        # columns as they are, or rounded to decimals

    [[when]]                                  # further fields of the rows whose column holds one of these codes;
    column = "both"                           # all `when` look at one column, and a code without `when` is an error
    codes = ["PAYMENT", "DEBIT"]
    fields = { channel = "MOBILE", "payee.account" = { column = "from" } }

    [ignored]                                 # columns left out on purpose = why; no rule can use them
    balance = "leaks the label"

    [label]                                   # optional: where a label file comes from; this column reaches no field
    column = "fraud"                          # 0 or 1, false or true
    case = { column = "incident" }            # optional, kept for label 1 only; so is `typology`

A code that `codes` does not list is an error where there is no `otherwise`. `decimals = 2` beside `scale` reads base64 of a whole
number of so many decimals, as Kafka Connect writes a decimal without telling its type.

`time` reads: `timestamp` (ISO 8601, or by `format`; `zone` says what a time without offset means: an offset, UTC where left out;
named zones are not read, their hour that comes twice has no answer), `unix_s`, `unix_ms`, `unix_us`, `unix_ns`; `wall_ms`,
`wall_us`, `wall_ns`, counted since 1970 by a wall clock in `zone`, as change streams do; and `day` or `hour`, a number of days
or hours counted from `first` (0) at the instant `origin`: the rows of one number are spread evenly over that day or hour in file
order.
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
