"""Tables made here, with invented numbers, and the mapping they follow: what the connector is shown and measured with.

One row per movement as a core system unloads it: a flag tells debit from credit, a code what it was, money stands in yuan.
"""

from typing import Final

from connectors.mapping import parse

MAPPING: Final = parse(
    "core_bank.toml",
    """
about = "Bookings of customer accounts: one row for each movement of an account."
requires = ["ACCT_NO"]

[table]
trim = true

[derived]
what = { template = "{DC_FLAG}-{TXN_CODE}" }

[fields]
event_id = { column = "SERIAL_NO" }
event_time = { column = "TXN_TIME", time = "timestamp", zone = "+08:00" }
status = { column = "STATUS", codes = { "0" = "APPROVED", "1" = "DECLINED", "9" = "REQUESTED" } }
amount_minor = { column = "AMOUNT", scale = 100, grouping = ",", unsigned = true }
currency = { column = "CCY", codes = { "156" = "CNY", "CNY" = "CNY", "840" = "USD" }, default = "CNY" }
purpose = { column = "PURPOSE" }

[[when]]
column = "what"
codes = ["D-TRF"]
[when.fields]
kind = "TRANSFER"
channel = { column = "CHANNEL", codes = { "MB" = "MOBILE", "NB" = "WEB", "CT" = "COUNTER" }, otherwise = "API" }
"payer.account" = { column = "ACCT_NO", token = "account" }
"payer.on_us" = true
"payer.balance_after_minor" = { column = "BALANCE", scale = 100, grouping = "," }
"payee.account" = { column = "OPP_ACCT", token = "account" }
"payee.bank" = { column = "OPP_BANK" }

[[when]]
column = "what"
codes = ["C-TRF"]
[when.fields]
kind = "TRANSFER"
channel = { column = "CHANNEL", codes = { "MB" = "MOBILE", "NB" = "WEB", "CT" = "COUNTER" }, otherwise = "API" }
"payee.account" = { column = "ACCT_NO", token = "account" }
"payee.on_us" = true
"payee.balance_after_minor" = { column = "BALANCE", scale = 100, grouping = "," }
"payer.account" = { column = "OPP_ACCT", token = "account" }
"payer.bank" = { column = "OPP_BANK" }

[[when]]
column = "what"
codes = ["D-CSH"]
[when.fields]
kind = "CASH_WITHDRAWAL"
channel = "ATM"
"payer.account" = { column = "ACCT_NO", token = "account" }
"payer.on_us" = true
"terminal.id" = { column = "TERM_ID" }

[[when]]
column = "what"
codes = ["C-CSH"]
[when.fields]
kind = "CASH_DEPOSIT"
channel = "ATM"
"payee.account" = { column = "ACCT_NO", token = "account" }
"payee.on_us" = true
"terminal.id" = { column = "TERM_ID" }
""",
)

_COLUMNS: Final = "SERIAL_NO,TXN_TIME,ACCT_NO,DC_FLAG,TXN_CODE,AMOUNT,CCY,BALANCE,OPP_ACCT,OPP_BANK,STATUS,CHANNEL,TERM_ID,PURPOSE"


def csv_text(rows: int, first: int = 0) -> bytes:
    """Return a table of so many rows, every fourth of them a withdrawal."""
    lines = [_COLUMNS]
    for number in range(first, first + rows):
        time, account = f"2026-03-02 09:{number // 60 % 60:02d}:{number % 60:02d}", f"62220200{number % 50:08d}"
        if number % 4:
            rest = f'D,TRF,"1,{number % 1000:03d}.50",156,"20,000.00",62330200{number % 70:08d},OTHRCNSH,0,MB,,SUPP'
        else:
            rest = f"D,CSH,{number % 20 + 1}00.00,156,,,,0,AT,ATM-{number % 9},"
        lines.append(f"S{number:010d},{time},{account},{rest}")
    return ("\n".join(lines) + "\n").encode()
