"""What every planted fraud is written with: who is cheated, who lends an account, how money is taken, sent on and drawn."""

from random import Random
from typing import Final

from models.records import Channel, Terminal
from stream.simulator.cast import OTHER_PROVINCES, YUAN, Account, Cast
from stream.simulator.plan import Happening, Move, Plot, Step, between
from stream.simulator.population import Population
from stream.simulator.tactics import Tactic

HUNDRED_YUAN: Final = 100 * YUAN
DAILY_NEEDS_YUAN: Final = 15_000
"""What a stranger's own life may cost before the fraud, so that the payment never fails for want of money."""
WITHDRAWALS: Final = 4
"""Withdrawals that use up one card's daily cash: machines give about 5,000 yuan at a time and 20,000 a day."""


class Script:
    """One story being written. `steps` and `plot` are the result; `warmed` are mules that need a past."""

    def __init__(self, rng: Random, cast: Cast, people: Population, tactic: Tactic, plot: Plot, day_us: int) -> None:
        """rng: the only source of chance. Whom the script cheats is added to `people.taken`."""
        self.rng = rng
        self.cast = cast
        self.people = people
        self.tactic = tactic
        self.plot = plot
        self.day_us = day_us
        self.steps: list[Step] = []
        self.warmed: list[Account] = []

    def wait(self, low_s: float, high_s: float) -> int:
        """Return a waiting time in microseconds, stretched by the tactic's pace."""
        return between(self.rng, low_s * self.tactic.pace, high_s * self.tactic.pace)

    def rest(self, low_min: float, high_min: float) -> int:
        """Return how long a mule waits before the next step: some minutes, or what the tactic says."""
        if self.tactic.rest_s is not None:
            return between(self.rng, *self.tactic.rest_s)
        return self.minutes(low_min, high_min)

    def share(self, limits: tuple[float, float]) -> float:
        """Return a share between two limits."""
        return self.rng.uniform(*limits)

    def victim(self, yuan: int, *, age_min: int = 18) -> Account:
        """Return a customer nobody else cheats today, with at least `yuan` in the account."""
        free = [person for person in self.people.persons if person not in self.people.taken]
        fitting = [person for person in free if (person.holder_age or 0) >= age_min]
        found = self.rng.choice(fitting or free) if free else self.cast.person(age=max(age_min, 30))
        self._take(found, yuan)
        return found

    def company(self, yuan: int) -> Account:
        """Return a firm nobody else cheats today, with at least `yuan` in the account."""
        free = [company for company in self.people.companies if company not in self.people.taken]
        found = self.rng.choice(free) if free else self.cast.company()
        self._take(found, yuan)
        return found

    def _take(self, account: Account, yuan: int) -> None:
        self.people.taken.add(account)
        self.plot.victims.append(account)
        account.unknown = frozenset()
        account.balance_minor = max(account.balance_minor, yuan * YUAN)

    def stranger(self, yuan: int) -> Account:
        """Return somebody who will pay a mule `yuan`: a customer here or, as often, of another bank."""
        if self.rng.random() < 0.5:
            away = self.cast.elsewhere()
            self.plot.victims.append(away)
            return away
        return self.victim(DAILY_NEEDS_YUAN + int(yuan * self.rng.uniform(1.4, 4.0)))

    def mule(self, *, elsewhere_share: float = 0.0, hop: int = 1) -> Account:
        """Return an account lent or sold for this: young, nearly empty, or at another bank. hop: 1 = paid by the victim."""
        rng = self.rng
        if rng.random() < elsewhere_share:
            found = self.cast.elsewhere(region=rng.choice(OTHER_PROVINCES))
        else:
            found = self.cast.person(
                age=rng.randint(18, 52),
                account_age_d=self.tactic.mule_age_d,
                opening_yuan=rng.randint(5, 280),
                region=rng.choice((None, *OTHER_PROVINCES[:2])),
                complete=True,
            )
            if self.tactic.warmed_up:
                found.balance_minor += rng.randint(800, 4_000) * YUAN
                found.payees = rng.sample(self.people.persons, 3)
                self.warmed.append(found)
        return self._joins(found, hop)

    def _joins(self, mule: Account, hop: int) -> Account:
        self.plot.mules.append(mule)
        self.plot.hops[mule] = hop
        return mule

    def happen(self, at_us: int, step: Happening) -> None:
        """Add something done to an account at a moment."""
        step.at_us = at_us
        self.steps.append(step)

    def take_cash(self, at_us: int, victim: Account, machine: Terminal, yuan: int, typology: str, *, forced: bool = False) -> Move:
        """Add cash drawn that the victim, or the bank, loses."""
        if machine not in self.plot.terminals:
            self.plot.terminals.append(machine)
        move = Move(at_us, "CASH_WITHDRAWAL", "ATM", victim, None, yuan * YUAN, terminal=machine)
        move.theft, move.forced = True, forced
        return self._add(move, typology)

    def use(self, device: str) -> str:
        """Return a device, noted as one of the story's."""
        if device not in self.plot.devices:
            self.plot.devices.append(device)
        return device

    def add(self, move: Move, typology: str) -> Move:
        """Add a move that is part of the fraud."""
        return self._add(move, typology)

    def steal(self, move: Move, typology: str) -> Move:
        """Add a payment from victim to mule: at once available, name given rightly."""
        move.theft = True
        return self._add(move, typology)

    def order(self, at_us: int, payer: Account, payee: Account, *, yuan: int = 0, share: float | None = None) -> Move:
        """Return an online transfer of so many yuan, or of a share of what is there; not yet added."""
        channel: Channel = "MOBILE" if self.rng.random() < 0.8 else "WEB"
        if payer.type == "CORPORATE":
            channel = "WEB"
        move = Move(at_us, "TRANSFER", channel, payer, payee, yuan * YUAN, share, HUNDRED_YUAN)
        move.arrival_mode = "REALTIME"
        move.asked = self.rng.random() < 0.4
        return move

    def pass_on(self, at_us: int, mule: Account, payee: Account, share: float, typology: str = "M1") -> None:
        """Add a mule sending a share of its money on."""
        move = self.order(at_us, mule, payee, share=share)
        move.asked = False
        move.step_minor = 10 * YUAN
        self._add(move, typology)

    def draw_cash(
        self,
        at_us: int,
        mule: Account,
        machine: Terminal,
        pause_s: tuple[float, float],
        typology: str,
        count: int = WITHDRAWALS,
    ) -> int:
        """Add withdrawals with one card, four of which come near the daily cap; return the moment of the last."""
        if machine not in self.plot.terminals:
            self.plot.terminals.append(machine)
        for position in range(count):
            if position:
                at_us += between(self.rng, *pause_s)
            yuan = self.rng.randrange(self.tactic.note_yuan[0], self.tactic.note_yuan[1] + 1, 100)
            self._add(Move(at_us, "CASH_WITHDRAWAL", "ATM", mule, None, yuan * YUAN, terminal=machine), typology)
        return at_us

    def disperse(self, mule: Account, at_us: int) -> None:
        """Let a mule that was paid at `at_us` send the money to another bank later, or be too late."""
        if mule.on_us and self.rng.random() < 0.7:
            leaves_us = at_us + self.wait(14 * 60, 26 * 60)
            self.pass_on(leaves_us, mule, self.mule(elsewhere_share=1.0), self.share(self.tactic.pass_on))

    def report(self, low_s: float, high_s: float) -> None:
        """Let the first victim report the thefts so long after the first of them."""
        self.plot.report_after_us = between(self.rng, low_s, high_s)
        self.plot.report_source = self.rng.choice(("POLICE", "POLICE", "BRANCH", "CUSTOMER"))
        self.plot.rounded_report = self.rng.random() < 0.3

    def machine(self) -> Terminal:
        """Return some cash machine of the town."""
        return self.rng.choice(self.people.machines[2:])

    def minutes(self, low: float, high: float) -> int:
        """Return a waiting time between so many minutes, stretched by the pace."""
        return self.wait(low * 60, high * 60)

    def _add(self, move: Move, typology: str) -> Move:
        move.plot, move.typology = self.plot, typology
        self.steps.append(move)
        return move
