"""Writes a fraud into a living bank: everybody in it is one of the bank's people, before and after.

Victims, mules and machines are drawn from those there are, sums and modes are chosen as anybody chooses them, so that no record
shows by its form that it is part of a fraud. Only what people do differs. Source of all figures: ours.
"""

from collections.abc import Callable
from random import Random
from typing import Final

from models.records import ArrivalMode, Channel
from stream.simulator.cast import YUAN, Account
from stream.simulator.habits import ASKED_SHARE, MOBILE_SHARE, ROUNDINGS_MINOR
from stream.simulator.laundering import launder
from stream.simulator.plan import Move, Plot, between
from stream.simulator.population import newcomer
from stream.simulator.script import Script
from stream.simulator.tactics import Tactic
from stream.simulator.town import Town

TRIES: Final = 2_500
"""Persons looked at for a part; the nearest to fitting is taken."""
RECENT_MULE_SHARE: Final = 0.55
"""Of mules with fresh accounts, in tactics that use them; others lend an account they live with."""
REPORTED_SHARE: Final = 0.85
SOON_SHARE: Final = 0.6
"""Of victims: those who report at all, and those who do so as soon as the story has it."""
OWN_MONEY_MAX_MINOR: Final = 6_000 * YUAN
"""Who lends the account has little."""
_MODES: Final[tuple[ArrivalMode | None, ...]] = ("REALTIME", "DELAYED", None)
_MODE_WEIGHTS: Final = (84, 88, 100)


class TownScript(Script):
    """A script whose parts are played by the people of a town."""

    def __init__(self, rng: Random, town: Town, tactic: Tactic, plot: Plot, day_us: int, days_left: int) -> None:
        """day_us: midnight of the day on which it begins. days_left: days of the simulation from there."""
        super().__init__(rng, town.cast, town.people, tactic, plot, day_us)
        self.days_left = days_left

    def victim(self, yuan: int, *, age_min: int = 18) -> Account:
        """Return a person nobody cheats, with at least `yuan` if there is one, else the richest of those looked at."""
        return self._cheat(self._wealthy(yuan, age_min))

    def company(self, yuan: int) -> Account:
        """Return a firm nobody cheats, a rich one if there is one."""
        free = [company for company in self.people.companies if company not in self.people.taken]
        rich = [company for company in free if company.balance_minor >= yuan * YUAN]
        return self._cheat(self.rng.choice(rich or free or self.people.companies))

    def stranger(self, yuan: int) -> Account:
        """Return somebody who will pay a mule `yuan`: a customer here who has it or, as often, of another bank."""
        if self.rng.random() < 0.5:
            found = self._wealthy(int(yuan * 1.1), 18)
            if found.balance_minor > yuan * YUAN:
                return self._cheat(found)
        return self._cheat(self._elsewhere())

    def mule(self, *, elsewhere_share: float = 0.0, hop: int = 1) -> Account:
        """Return an account lent or sold for this: of a newcomer, or of somebody who has long had it; or at another bank."""
        rng = self.rng
        if rng.random() < elsewhere_share:
            found = self._elsewhere()
        elif not self.tactic.warmed_up and rng.random() < RECENT_MULE_SHARE:
            found = self._among(self.people.recent, self._lends, lambda person: 0, 0)
        else:
            found = self._person(self._lends, lambda person: -max(OWN_MONEY_MAX_MINOR, person.balance_minor), -OWN_MONEY_MAX_MINOR)
        self.people.taken.add(found)
        return self._joins(found, hop)

    def sleeper(self) -> Account:
        """Return a mule whose account was hardly used: of the bank's customers one who does the least, with little on it."""
        found = self._person(self._lends, lambda person: -round(person.activity * 1_000), -120)
        self.people.taken.add(found)
        return self._joins(found, 1)

    def chosen_minor(self, yuan: int) -> int:
        """Return about so many yuan, rounded as people round."""
        step = self.rng.choice(ROUNDINGS_MINOR)
        return max(step, (yuan * YUAN + self.rng.randrange(100 * YUAN)) // step * step)

    def order(self, at_us: int, payer: Account, payee: Account, *, yuan: int = 0, share: float | None = None) -> Move:
        """Return an online transfer of about so many yuan, or of a share of what is there; not yet added."""
        rng = self.rng
        channel: Channel = "MOBILE" if rng.random() < MOBILE_SHARE else "WEB"
        if payer.type == "CORPORATE":
            channel = "API" if rng.random() < 0.2 else "WEB"
        sum_minor = self.chosen_minor(yuan) if yuan else 0
        move = Move(at_us, "TRANSFER", channel, payer, payee, sum_minor, share, rng.choice(ROUNDINGS_MINOR))
        move.arrival_mode = rng.choices(_MODES, cum_weights=_MODE_WEIGHTS)[0]
        move.asked = rng.random() < ASKED_SHARE
        return move

    def pass_on(self, at_us: int, mule: Account, payee: Account, share: float, typology: str = "M1") -> None:
        """Add a mule sending a share of its money on, in a sum as anybody chooses it."""
        self.add(self.order(at_us, mule, payee, share=share), typology)

    def disperse(self, mule: Account, at_us: int) -> None:
        """Let a mule that was paid at `at_us` take the money out of reach, one way or another."""
        launder(self, at_us, mule)

    def report(self, low_s: float, high_s: float) -> None:
        """Let the first victim report after so long, or much later, or never."""
        super().report(low_s, high_s)
        drawn = self.rng.random()
        if drawn >= REPORTED_SHARE:
            self.plot.report_after_us = None
        elif drawn >= SOON_SHARE and self.plot.report_after_us is not None:
            self.plot.report_after_us += between(self.rng, 6 * 3_600, 4 * 86_400)

    def release(self) -> None:
        """Let everybody go who played a part, once the case is over."""
        self.people.taken -= {*self.plot.victims, *self.plot.mules}

    def _elsewhere(self) -> Account:
        """Return somebody at another bank who plays no part yet; of these, half have dealt with people here."""
        found = self.rng.choice(self.people.people_elsewhere)
        return found if self.rng.random() < 0.5 and found not in self.people.taken else self.cast.elsewhere()

    def _wealthy(self, yuan: int, age_min: int) -> Account:
        return self._person(
            lambda person: (person.holder_age or 0) >= age_min,
            lambda person: min(person.balance_minor, yuan * YUAN),
            yuan * YUAN,
        )

    def _cheat(self, account: Account) -> Account:
        self.people.taken.add(account)
        self.plot.victims.append(account)
        return account

    def _lends(self, person: Account) -> bool:
        return person.balance_minor <= OWN_MONEY_MAX_MINOR and 18 <= (person.holder_age or 30) <= 58

    def _person(self, may: Callable[[Account], bool], worth: Callable[[Account], int], enough: int) -> Account:
        return self._among(self.people.persons, may, worth, enough)

    def _among(
        self, circle: list[Account], may: Callable[[Account], bool], worth: Callable[[Account], int], enough: int
    ) -> Account:
        """Return one of a circle who may play a part and is worth enough, else the best of those looked at."""
        best, taken = None, self.people.taken
        for _ in range(min(TRIES, 8 * len(circle))):
            person = self.rng.choice(circle)
            if person in taken or (not may(person) and best is not None):
                continue
            if may(person) and worth(person) >= enough:
                return person
            if best is None or (may(person) and worth(person) > worth(best)):
                best = person
        # Where all have a part already, as in a very small bank, somebody comes who opened an account lately.
        return best if best is not None else newcomer(self.rng, self.cast)
