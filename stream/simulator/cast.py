"""Who takes part in a simulated bank day: accounts with their holders, and cash machines.

A `Cast` makes them one by one from one random source, so that the ordinary population, the planted stories and the
look-alike scenarios are made of the same people. Identifiers are tokens without meaning; regions are administrative codes.
Shares of missing facts follow what banks usually lack, see `_UNKNOWN_SHARE`. Source of all figures: ours.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from models.records import Party, PartyType, Terminal

YUAN: Final = 100
"""Minor units of one yuan."""
OWN_BANK: Final = "BANKA"
OTHER_BANKS: Final = ("BANKB", "BANKC", "BANKD", "BANKE")
HOME_REGION: Final = "330106"
REGIONS: Final = ("330106", "330106", "330106", "330106", "330105", "330110", "330102", "330681")
OTHER_PROVINCES: Final = ("440305", "440106", "350203", "420106", "510107", "360111")

HOURS: Final = {
    "worker": (1, 0, 0, 0, 0, 0, 2, 8, 6, 4, 4, 6, 10, 5, 4, 4, 5, 8, 12, 12, 12, 10, 6, 3),
    "retired": (0, 0, 0, 0, 0, 1, 6, 10, 14, 14, 10, 6, 3, 4, 8, 8, 6, 4, 3, 3, 2, 1, 0, 0),
    "night": (8, 6, 5, 4, 3, 2, 2, 3, 1, 0, 0, 0, 1, 2, 4, 5, 5, 5, 5, 5, 6, 7, 8, 8),
    "office": (0, 0, 0, 0, 0, 0, 0, 1, 6, 14, 14, 10, 3, 7, 12, 12, 10, 6, 1, 0, 0, 0, 0, 0),
}
"""Life rhythm -> weight of each local hour."""

_UNKNOWN_SHARE: Final = {"holder_age": 0.15, "opened_on": 0.05, "customer": 0.02, "region": 0.10, "cohort": 0.15}
"""Optional fact -> share of own accounts for which the bank's system does not send it."""
_UNKNOWN_SHARE_ELSEWHERE: Final = {"type": 0.4, "region": 0.6}


@dataclass(slots=True, eq=False)
class Account:
    """An account with what its bank knows of the holder.

    opening_minor: balance when the simulation begins; accounts elsewhere have none, their bank keeps it. payees: whom the
    holder has paid before. rhythm: a key of `HOURS`. activity: mean 1, scales all habits. unknown: facts the bank's system
    does not send. new_device: from which moment the holder uses another device.
    """

    account: str
    customer: str
    type: PartyType
    bank: str
    on_us: bool
    opened_on: date
    region: str
    opening_minor: int = 0
    holder_age: int | None = None
    cohort: str | None = None
    card: str | None = None
    device: str | None = None
    ip: str | None = None
    rhythm: str = "worker"
    activity: float = 1.0
    payees: list["Account"] = field(default_factory=list)
    machines: list[Terminal] = field(default_factory=list)
    unknown: frozenset[str] = frozenset()
    holder_known: bool = True
    new_device: tuple[int, str] | None = None
    _party: Party | None = None

    def device_at(self, at_us: int) -> str | None:
        """Return the device the holder uses at a moment."""
        if self.new_device is not None and at_us >= self.new_device[0]:
            return self.new_device[1]
        return self.device

    def party(self) -> Party:
        """Return the account as a party of a transaction, with the facts its bank sends and without balance."""
        if self._party is None:
            facts = {
                "type": self.type,
                "customer": self.customer if self.holder_known else None,
                "holder_age": self.holder_age if self.on_us else None,
                "opened_on": self.opened_on if self.on_us else None,
                "region": self.region,
                "cohort": self.cohort if self.on_us else None,
            }
            for name in self.unknown:
                facts[name] = None
            self._party = Party(account=self.account, bank=self.bank, on_us=self.on_us, **facts)  # type: ignore[arg-type]
        return self._party


class Cast:
    """Makes accounts and machines, numbered in the order they are made."""

    def __init__(self, rng: Random, today: date) -> None:
        """rng: the only source of chance. today: ages of accounts count back from it."""
        self._rng = rng
        self._today = today
        self._count = 0
        self._machines = 0

    def _number(self) -> int:
        self._count += 1
        return self._count

    def _opened(self, age_d: tuple[int, int]) -> date:
        return self._today - timedelta(days=self._rng.randint(*age_d))

    def _unknown(self, shares: dict[str, float]) -> frozenset[str]:
        return frozenset(name for name, share in sorted(shares.items()) if self._rng.random() < share)

    def person(
        self,
        *,
        age: int | None = None,
        account_age_d: tuple[int, int] = (200, 6000),
        opening_yuan: int | None = None,
        region: str | None = None,
        cohort: str | None = None,
        complete: bool = False,
    ) -> Account:
        """Return a private customer of the bank. complete: the bank's system sends every fact."""
        rng, number = self._rng, self._number()
        years = age if age is not None else min(88, max(18, int(rng.gauss(43, 16))))
        rhythm = "retired" if years >= 60 else ("night" if rng.random() < 0.06 else "worker")
        yuan = opening_yuan if opening_yuan is not None else int(min(400_000, rng.lognormvariate(9.1, 1.1)))
        return Account(
            account=f"a-{number:06d}",
            customer=f"c-{number:06d}",
            type="PERSON",
            bank=OWN_BANK,
            on_us=True,
            opened_on=self._opened(account_age_d),
            region=region or rng.choice(REGIONS),
            opening_minor=yuan * YUAN + rng.randrange(YUAN),
            holder_age=years,
            cohort=cohort,
            card=f"k-{number:06d}",
            device=f"d-{number:06d}",
            ip=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
            rhythm=rhythm,
            activity=min(4.0, rng.lognormvariate(-0.18, 0.6)),
            unknown=frozenset() if complete else self._unknown(_UNKNOWN_SHARE),
        )

    def _organisation(self, kind: PartyType, opening_yuan: int, letter: str) -> Account:
        number = self._number()
        return Account(
            account=f"{letter}-{number:06d}",
            customer=f"c-{number:06d}",
            type=kind,
            bank=OWN_BANK,
            on_us=True,
            opened_on=self._opened((300, 7000)),
            region=self._rng.choice(REGIONS),
            opening_minor=opening_yuan * YUAN,
            device=f"d-{number:06d}",
            ip=f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
            rhythm="office",
            activity=self._rng.uniform(0.5, 1.5),
        )

    def company(self, opening_yuan: int | None = None) -> Account:
        """Return a firm that banks here."""
        yuan = opening_yuan if opening_yuan is not None else self._rng.randint(800_000, 9_000_000)
        return self._organisation("CORPORATE", yuan, "b")

    def merchant(self, opening_yuan: int | None = None) -> Account:
        """Return a shop's collecting account at this bank."""
        yuan = opening_yuan if opening_yuan is not None else self._rng.randint(500, 9_000)
        return self._organisation("MERCHANT", yuan, "s")

    def government(self) -> Account:
        """Return an office that pays pensions and allowances."""
        return self._organisation("GOVERNMENT", 800_000_000, "g")

    def elsewhere(self, kind: PartyType = "PERSON", *, customer: str | None = None, region: str | None = None) -> Account:
        """Return an account at another bank: a number and little else. customer: the holder is known here, too."""
        rng, number = self._rng, self._number()
        away = rng.choice(OTHER_PROVINCES) if rng.random() < 0.3 else rng.choice(REGIONS)
        return Account(
            account=f"x-{number:06d}",
            customer=customer or f"c-{number:06d}",
            type=kind,
            bank=rng.choice(OTHER_BANKS),
            on_us=False,
            opened_on=self._today,
            region=region or away,
            unknown=self._unknown(_UNKNOWN_SHARE_ELSEWHERE) if kind == "PERSON" else frozenset({"region"}),
            holder_known=customer is not None,
        )

    def machine(self, region: str = HOME_REGION) -> Terminal:
        """Return a cash machine somewhere in the home city."""
        self._machines += 1
        return Terminal(
            id=f"ATM-{self._machines:03d}",
            lat=round(30.2741 + self._rng.uniform(-0.12, 0.12), 5),
            lon=round(120.1551 + self._rng.uniform(-0.15, 0.15), 5),
            region=region,
        )
