"""Writes a proposed mapping: every rule with how sure it is and why, every open question with a mark."""

import json
from collections.abc import Iterator
from typing import Final

from connectors.currencies import currency_of
from connectors.rule_reader import OPEN
from connectors.suggest.codes import CHANNELS, KINDS, STATUSES, side_of
from connectors.suggest.lines import Line, ask, grouping, identifier, quoted, table_of
from connectors.suggest.proposal import GUESS, LIKELY, SURE, Found, told_of
from connectors.suggest.roles import named
from connectors.suggest.shapes import Shape
from connectors.table_files import AS_USUAL, TableForm
from models.contract_types import Kind

_PARTY_OF: Final[dict[str, tuple[str, ...]]] = {
    "TRANSFER": ("payer", "payee"),
    "CASH_WITHDRAWAL": ("payer",),
    "CASH_DEPOSIT": ("payee",),
    "PURCHASE": ("payer", "payee"),
}


class Writer:
    """Writes the mapping of one table. found: role -> column; shapes: of all columns, in file order."""

    def __init__(self, name: str, form: TableForm, shapes: dict[str, Shape], found: dict[str, Found]) -> None:
        self._name = name
        self._form = form
        self._shapes = shapes
        self._found = found
        self._used: set[str] = set()
        self._kinds = self._kind_of_code()
        self._has_sides = self._side_rule() is not None

    def text(self) -> str:
        """Return the mapping."""
        fields = list(map(str, self._fields()))
        cases = list(self._cases())
        derived = list(map(str, self._derived()))
        rows = max((shape.count + shape.absent for shape in self._shapes.values()), default=0)
        parts = [
            f"# Proposed from the first {rows} rows of {self._name}. Behind each rule: how sure it is, and why.",
            f"# Answer what says {OPEN}, then look at it with: goldenhour mapping check THIS.toml --sample {self._name}",
            f"about = {quoted(f'Proposed from the columns of {self._name}.')}",
            *self._table(),
            *(["", "[derived]", *derived] if derived else []),
            "",
            "[fields]",
            *fields,
            *cases,
            *self._label(),
            *self._ignored(),
        ]
        return "\n".join(parts) + "\n"

    # ---- parts ---------------------------------------------------------------------------------------------------------

    def _table(self) -> Iterator[str]:
        lines = []
        if self._form.encoding != AS_USUAL.encoding:
            lines.append(f"encoding = {quoted(self._form.encoding)} # sure: the bytes are no UTF-8, and these characters are names")
        if self._form.delimiter != ",":
            lines.append(f"delimiter = {quoted(self._form.delimiter)} # sure: it stands between the names of the first line")
        if any(shape.is_padded for shape in self._shapes.values()):
            lines.append("trim = true # sure: there are blanks around cells")
        if lines:
            yield from ("", "[table]", *lines)

    def _derived(self) -> Iterator[Line]:
        if self._two_part_time() is not None:
            date, time = self._found["date"].column, self._found["time"].column
            yield Line("moment", f'{{ template = "{{{date}}} {{{time}:06}}" }}', LIKELY, "day and time stand in two columns")
        rule = self._side_rule()
        if rule is not None:
            yield Line("side", *rule)
        if self._has_sides and self._kinds:
            column = self._found["code"].column
            yield Line("what", f'{{ template = "{{side}} {{{column}}}" }}', SURE, "side and kind decide together who pays")

    def _side_rule(self) -> tuple[str, str, str] | None:
        side, amount = self._found.get("side"), self._found.get("amount")
        if side is not None:
            codes = {code: side_of(code) or f"{OPEN} D or C" for code in side.shape.codes}
            return f"{{ column = {quoted(side.column)}, codes = {table_of(codes)} }}", side.certainty, side.why
        if amount is not None and amount.shape.has_negative:
            rule = f"{{ sign = {quoted(amount.column)}{grouping(amount.shape)} }}"
            return rule, LIKELY, "amounts have signs; below zero is taken for what leaves the account"
        return None

    def _side_codes(self) -> dict[str, str]:
        """Return what the derived column `side` can hold -> D, C."""
        return {"D": "D", "C": "C"} if "side" in self._found else {"-": "D", "+": "C"}

    def _kind_of_code(self) -> dict[str, str]:
        """Return code -> kind where the column of codes tells kinds at all; "" for a code that is not known."""
        code = self._found.get("code")
        if code is None:
            return {}
        known = {text: KINDS.get(text.strip().upper(), "") for text in code.shape.codes}
        return known if any(known.values()) else {}

    def _fields(self) -> Iterator[Line]:
        yield from self._event_id()
        yield self._event_time()
        if not self._kinds:
            yield self._kind()
        yield self._coded("status", STATUSES, "of REQUESTED, APPROVED, DECLINED, REVERSED: APPROVED if all rows are booked")
        yield self._coded("channel", CHANNELS, "of ATM, MOBILE, WEB, COUNTER, POS, API, BATCH")
        yield self._amount()
        yield self._currency()
        yield from self._others()
        if not self._kinds and not self._has_sides:
            yield from self._parties("", self._kind_by_columns()[0])

    def _event_id(self) -> Iterator[Line]:
        one = self._take("id")
        if one is None:
            yield Line(
                "event_id", ask("a column, or columns in a template, that no two rows share"), "", "no column is an id by its name"
            )
        elif not one.shape.is_unique and one.shape.count > 1:
            yield Line("event_id", ask(f"{one.column} stands on several rows; add a column that tells them apart"), "", one.why)
        else:
            yield Line("event_id", f"{{ column = {quoted(one.column)} }}", one.certainty, f"{one.why}, none twice")

    def _two_part_time(self) -> str | None:
        date, time = self._found.get("date"), self._found.get("time")
        if date is None or time is None or time.shape.time is not None or not time.shape.is_time_of_day:
            return None
        return date.shape.date

    def _event_time(self) -> Line:
        zone = f", zone = {ask('the offset of the clock, as +08:00')}"
        date_form = self._two_part_time()
        if date_form is not None:
            why = f"{self._take('date').why}; {self._take('time').why}"  # type: ignore[union-attr]
            return Line(
                "event_time", f'{{ column = "moment", time = "timestamp", format = "{date_form} %H%M%S"{zone} }}', LIKELY, why
            )
        one = self._found.get("time") or self._found.get("date")
        if one is None or (one.shape.time is None and one.shape.date is None):
            return self._counted_time()
        self._used.add(one.column)
        reading, form = one.shape.time or ("timestamp", one.shape.date or "")
        shape = f', format = "{form}"' if form else ""
        why = one.why if one.shape.time is not None else f"{one.why}; the day alone: rows of a day have no order"
        return Line(
            "event_time",
            f'{{ column = {quoted(one.column)}, time = "{reading}"{shape}{"" if one.shape.has_zone else zone} }}',
            one.certainty,
            why,
        )

    def _counted_time(self) -> Line:
        one = self._take("step")
        if one is None:
            rule = f'{{ column = {ask("the column of the time")}, time = "timestamp" }}'
            return Line("event_time", rule, "", "no column holds times")
        origin = ask("the instant of the first, without quotes")
        rule = f'{{ column = {quoted(one.column)}, time = "hour", origin = {origin}, first = 1 }}'
        return Line("event_time", rule, GUESS, f"{one.why}; hours or days?")

    def _kind_by_columns(self) -> tuple[Kind, str]:
        if "terminal" in self._found and not {"other", "payee"} & self._found.keys():
            return "PURCHASE", "there is a machine and no account on the other side"
        if "merchant" in self._found:
            return "PURCHASE", "there is a shop"
        return "TRANSFER", "there are two accounts and no machine"

    def _kind(self) -> Line:
        kind, why = self._kind_by_columns()
        return Line("kind", ask(f"{kind}? or CASH_WITHDRAWAL, CASH_DEPOSIT, PURCHASE, TRANSFER"), "", f"no column tells it; {why}")

    def _coded(self, role: str, known: dict[str, str], choices: str) -> Line:
        one = self._take(role)
        if one is None:
            return Line(role, ask(choices), "", "no column tells it")
        codes = {code: known.get(code.strip().upper(), f"{OPEN} {choices}") for code in one.shape.codes}
        return Line(role, f"{{ column = {quoted(one.column)}, codes = {table_of(codes)} }}", one.certainty, one.why)

    def _amount(self) -> Line:
        one = self._take("amount")
        if one is None:
            return Line(
                "amount_minor", f"{{ column = {ask('the column of the amount')}, scale = 100 }}", "", "no column is an amount"
            )
        scale = ask("100 if yuan, 1 if fen, without quotes") if one.shape.is_whole else "100"
        sign = ", unsigned = true" if one.shape.has_negative else ""
        return Line(
            "amount_minor",
            f"{{ column = {quoted(one.column)}, scale = {scale}{grouping(one.shape)}{sign} }}",
            one.certainty,
            one.why,
        )

    def _currency(self) -> Line:
        one = self._take("currency")
        if one is None:
            return Line("currency", ask("three letters of ISO 4217, as CNY"), "", "no column tells it")
        codes = {code: found.letters for code in one.shape.codes if (found := currency_of(code)) is not None}
        default = ', default = "CNY"' if one.shape.absent and "CNY" in codes.values() else ""
        return Line("currency", f"{{ column = {quoted(one.column)}, codes = {table_of(codes)}{default} }}", one.certainty, one.why)

    def _others(self) -> Iterator[Line]:
        for role, field in (
            ("device", "session.device"),
            ("ip", "session.ip"),
            ("original", "original_event_id"),
            ("purpose", "purpose"),
        ):
            one = self._take(role)
            if one is not None:
                yield Line(quoted(field) if "." in field else field, f"{{ column = {quoted(one.column)} }}", one.certainty, one.why)
        card = self._take("card")
        if card is not None:
            yield Line("card", identifier(card, "card"), card.certainty, card.why)
        terminal = self._take("terminal")
        if terminal is not None:
            yield Line('"terminal.id"', f"{{ column = {quoted(terminal.column)} }}", terminal.certainty, terminal.why)
        for role in ("lat", "lon"):
            one = self._take(role) if terminal is not None else None
            if one is not None:
                yield Line(f'"terminal.{role}"', f"{{ column = {quoted(one.column)} }}", one.certainty, one.why)

    def _cases(self) -> Iterator[str]:
        """Yield a `when` for each kind and side, where the rows differ in who pays."""
        if not self._kinds and not self._has_sides:
            return
        sides = self._side_codes() if self._has_sides else {"": ""}
        cases: dict[tuple[str, str], list[str]] = {}
        for text, side in sides.items():
            if not self._kinds:
                cases[side, ""] = [text]
            for code, kind in self._kinds.items():
                cases.setdefault((side, kind), []).append(f"{text} {code}".strip() if self._has_sides else code)
        column = "what" if self._kinds and self._has_sides else "side" if self._has_sides else self._found["code"].column
        for (side, kind), codes in cases.items():
            yield from (
                "",
                "[[when]]",
                f"column = {quoted(column)}",
                f"codes = {json.dumps(codes, ensure_ascii=False)}",
                "[when.fields]",
            )
            if self._kinds:
                question = ask("TRANSFER, CASH_WITHDRAWAL, CASH_DEPOSIT or PURCHASE")
                yield str(Line("kind", quoted(kind) if kind else question, LIKELY, f"the codes ({self._found['code'].column})"))
            yield from map(str, self._parties(side, kind or self._kind_by_columns()[0]))
        if "code" in self._found and self._kinds:
            self._used.add(self._found["code"].column)
        if "side" in self._found:
            self._used.add(self._found["side"].column)

    def _parties(self, side: str, kind: str) -> Iterator[Line]:
        own, other = self._own(), self._other(kind)
        needed = _PARTY_OF[kind]
        booked = "payee" if kind == "CASH_DEPOSIT" or (side == "C" and kind == "TRANSFER") else "payer"
        for party in needed:
            one = own if party == booked else other
            if one is None:
                yield Line(f'"{party}.account"', ask(f"the column of the {party}'s account, as a rule"), "", "no column tells it")
                continue
            self._used.add(one.column)
            is_place = one.role == "terminal"  # the shop is known by its machine alone; its number may be some customer's too
            account = f'{{ template = "m{{{one.column}}}" }}' if is_place else identifier(one, "account")
            yield Line(f'"{party}.account"', account, one.certainty, one.why)
            if kind == "PURCHASE" and party == "payee":
                yield Line('"payee.type"', '"MERCHANT"', LIKELY, "who is paid in a purchase")
            if party == booked:
                yield from self._of_own(party, one)
            elif "other_bank" in self._found:
                bank = self._take("other_bank")
                assert bank is not None
                yield Line(f'"{party}.bank"', f"{{ column = {quoted(bank.column)} }}", bank.certainty, bank.why)

    def _of_own(self, party: str, account: Found) -> Iterator[Line]:
        yield Line(f'"{party}.on_us"', "true", LIKELY, "a bank's table books its own accounts")
        balance, customer, age, opened = (self._found.get(role) for role in ("balance", "customer", "age", "opened"))
        if balance is not None:
            self._used.add(balance.column)
            rule = f"{{ column = {quoted(balance.column)}, scale = 100{grouping(balance.shape)} }}"
            yield Line(f'"{party}.balance_after_minor"', rule, LIKELY, f"{balance.why}; after the movement?")
        if customer is not None and customer.column != account.column:
            self._used.add(customer.column)
            yield Line(f'"{party}.customer"', identifier(customer, "customer"), customer.certainty, customer.why)
        if age is not None:
            self._used.add(age.column)
            yield Line(f'"{party}.holder_age"', f"{{ column = {quoted(age.column)} }}", age.certainty, age.why)
        if opened is not None and opened.shape.date is not None:
            self._used.add(opened.column)
            rule = f'{{ column = {quoted(opened.column)}, date = "{opened.shape.date}" }}'
            yield Line(f'"{party}.opened_on"', rule, opened.certainty, opened.why)

    def _own(self) -> Found | None:
        return next((self._found[role] for role in ("payer", "account", "card", "customer") if role in self._found), None)

    def _other(self, kind: str) -> Found | None:
        roles = ("payee", "merchant", "other", "terminal") if kind == "PURCHASE" else ("payee", "other")
        return next((self._found[role] for role in roles if role in self._found), None)

    def _label(self) -> Iterator[str]:
        one = self._take("label")
        if one is not None:
            yield from ("", "[label]", str(Line("column", quoted(one.column), one.certainty, one.why)))

    def _ignored(self) -> Iterator[str]:
        left = [column for column in self._shapes if column not in self._used]
        if left:
            yield from ("", "[ignored]")
        for column in left:
            yield f"{quoted(column)} = {quoted(self._why_ignored(column))} # {told_of(self._shapes[column])}"

    def _why_ignored(self, column: str) -> str:
        name = named(column)
        if name is not None and name.role == "person":
            return "a person's name or trait: no field of the contract takes it"
        if not self._shapes[column].count:
            return "no cell in the sample"
        return "not understood; no field was found for it"

    def _take(self, role: str) -> Found | None:
        one = self._found.get(role)
        if one is not None:
            self._used.add(one.column)
        return one
