"""Who takes part in a simulated bank day: accounts with their holders, and cash machines.

A `Cast` makes them one by one from one random source, so that the ordinary population, the planted stories and the
look-alike scenarios are made of the same people. Identifiers are tokens without meaning or order, so that nobody's part in a
story can be read from them; regions are administrative codes. Shares of missing facts follow what banks usually lack, see
`_UNKNOWN_SHARE`. Source of all figures: ours.
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

FAR_PLACES: Final = (
    ("440305", 22.53, 113.93),
    ("350203", 24.46, 118.09),
    ("420106", 30.55, 114.31),
    ("510107", 30.64, 104.04),
    ("360111", 28.69, 115.95),
    ("440106", 23.13, 113.33),
    (None, 13.75, 100.50),
    (None, 1.30, 103.85),
    (None, 35.68, 139.69),
)
"""Region (none abroad), latitude and longitude of cities that people of the town travel to."""

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
_AWAY_SHARE: Final = 0.04
"""Of private customers: those whose home is in another province."""
_LETTERS: Final[dict[PartyType, str]] = {"PERSON": "a", "CORPORATE": "b", "MERCHANT": "s", "GOVERNMENT": "g"}
"""Kind of holder -> how an account number begins, at any bank."""
_TOKENS: Final = 10**9
_STRIDE: Final = 7_368_787
"""No common divisor with `_TOKENS`, so every number gets a token of its own."""

_MACHINE_TOKENS: Final = 10_000
_MACHINE_STRIDE: Final = 3_923


@dataclass(slots=True, eq=False)
class Account:
    """An account with what its bank knows of the holder.

    balance_minor: what lies on it now; accounts elsewhere have none, their bank keeps it. cash_day, cash_drawn_minor: cash
    drawn on one local day. payees: whom the holder has paid before. rhythm: a key of `HOURS`. activity: mean 1, scales all
    habits. month_day: 1..28, on which the holder pays bills. wage_minor: of an employed person. unknown: facts the bank's
    system does not send. new_device: from which moment the holder uses another device.
    """

    account: str
    customer: str
    type: PartyType
    bank: str
    on_us: bool
    opened_on: date
    region: str
    balance_minor: int = 0
    cash_day: int = -1
    cash_drawn_minor: int = 0
    month_day: int = 1
    wage_minor: int = 0
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
    party_text: str = ""

    def device_at(self, at_us: int) -> str | None:
        """Return the device the holder uses at a moment."""
        if self.new_device is not None and at_us >= self.new_device[0]:
            return self.new_device[1]
        return self.device

    def party(self) -> Party:
        """Return the account as a party of a transaction, with the facts its bank sends and without balance."""
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
        return Party(account=self.account, bank=self.bank, on_us=self.on_us, **facts)  # type: ignore[arg-type]


class Cast:
    """Makes accounts, devices and machines."""

    def __init__(self, rng: Random, today: date) -> None:
        """rng: the only source of chance. today: ages of accounts count back from it; a lasting bank moves it on."""
        self._rng = rng
        self.today = today
        self._count = rng.randrange(_TOKENS)
        self._machines = rng.randrange(_MACHINE_TOKENS)

    def _token(self) -> str:
        self._count += 1
        return f"{self._count * _STRIDE % _TOKENS:09d}"

    def device(self) -> str:
        """Return a device nobody has used."""
        return f"d-{self._token()}"

    def _address(self) -> str:
        rng = self._rng
        return f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"

    def _opened(self, age_d: tuple[int, int]) -> date:
        return self.today - timedelta(days=self._rng.randint(*age_d))

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
        rng = self._rng
        years = age if age is not None else min(88, max(18, int(rng.gauss(43, 16))))
        rhythm = "retired" if years >= 60 else ("night" if rng.random() < 0.06 else "worker")
        yuan = opening_yuan if opening_yuan is not None else int(min(400_000, rng.lognormvariate(9.1, 1.1)))
        return Account(
            account=f"a-{self._token()}",
            customer=f"c-{self._token()}",
            type="PERSON",
            bank=OWN_BANK,
            on_us=True,
            opened_on=self._opened(account_age_d),
            region=region or rng.choice(OTHER_PROVINCES if rng.random() < _AWAY_SHARE else REGIONS),
            balance_minor=yuan * YUAN + rng.randrange(YUAN),
            holder_age=years,
            cohort=cohort,
            card=f"k-{self._token()}",
            device=self.device(),
            ip=self._address(),
            rhythm=rhythm,
            month_day=rng.randint(1, 28),
            activity=min(4.0, rng.lognormvariate(-0.18, 0.6)),
            unknown=frozenset() if complete else self._unknown(_UNKNOWN_SHARE),
        )

    def fixed_deposit(self, holder: Account, yuan: int) -> Account:
        """Return an account on which the holder saves for a fixed time, and of which the same facts are known."""
        found = self.person(age=holder.holder_age, opening_yuan=yuan, region=holder.region)
        found.customer, found.device, found.unknown = holder.customer, holder.device, holder.unknown
        return found

    def _organisation(self, kind: PartyType, opening_yuan: int) -> Account:
        return Account(
            account=f"{_LETTERS[kind]}-{self._token()}",
            customer=f"c-{self._token()}",
            type=kind,
            bank=OWN_BANK,
            on_us=True,
            opened_on=self._opened((300, 7000)),
            region=self._rng.choice(REGIONS),
            balance_minor=opening_yuan * YUAN,
            device=self.device(),
            ip=self._address(),
            month_day=self._rng.randint(5, 28),
            rhythm="office",
            activity=self._rng.uniform(0.5, 1.5),
        )

    def company(self, opening_yuan: int | None = None) -> Account:
        """Return a firm that banks here."""
        yuan = opening_yuan if opening_yuan is not None else self._rng.randint(800_000, 9_000_000)
        return self._organisation("CORPORATE", yuan)

    def merchant(self, opening_yuan: int | None = None) -> Account:
        """Return a shop's collecting account at this bank."""
        yuan = opening_yuan if opening_yuan is not None else self._rng.randint(500, 9_000)
        return self._organisation("MERCHANT", yuan)

    def government(self) -> Account:
        """Return an office that pays pensions and allowances."""
        return self._organisation("GOVERNMENT", 800_000_000)

    def elsewhere(self, kind: PartyType = "PERSON", *, customer: str | None = None, region: str | None = None) -> Account:
        """Return an account at another bank: a number and little else. customer: the holder is known here, too."""
        rng = self._rng
        away = rng.choice(OTHER_PROVINCES) if rng.random() < 0.3 else rng.choice(REGIONS)
        return Account(
            account=f"{_LETTERS[kind]}-{self._token()}",
            customer=customer or f"c-{self._token()}",
            type=kind,
            bank=rng.choice(OTHER_BANKS),
            on_us=False,
            opened_on=self.today,
            region=region or away,
            unknown=self._unknown(_UNKNOWN_SHARE_ELSEWHERE) if kind == "PERSON" else frozenset({"region"}),
            holder_known=customer is not None,
        )

    def _machine_id(self) -> str:
        self._machines += 1
        return f"ATM-{self._machines * _MACHINE_STRIDE % _MACHINE_TOKENS:04d}"

    def machine(self, region: str = HOME_REGION) -> Terminal:
        """Return a cash machine somewhere in the home city."""
        return Terminal(
            id=self._machine_id(),
            lat=round(30.2741 + self._rng.uniform(-0.12, 0.12), 5),
            lon=round(120.1551 + self._rng.uniform(-0.15, 0.15), 5),
            region=region,
        )

    def far_machine(self, number: int) -> Terminal:
        """Return a cash machine in another province or country, the places taking turns."""
        region, lat, lon = FAR_PLACES[number % len(FAR_PLACES)]
        return Terminal(
            id=self._machine_id(),
            lat=round(lat + self._rng.uniform(-0.1, 0.1), 5),
            lon=round(lon + self._rng.uniform(-0.1, 0.1), 5),
            region=region,
        )
