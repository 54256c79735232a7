"""N3: many small sums from ever new customers, swept to the owner."""

from tests.models.examine import detector, explained

FAN_IN = detector("fan_in")


def till(regulars: int = 25, since_d: int = 120, yuan: int = 2_500, facts: str = "", sweep: str = "") -> str:
    """Return a shop with regulars and a day on which five new guests pay."""
    lines = [f"account shop balance=100.00 customer=c-owner {facts}"]
    for n in range(regulars):
        lines.append(f"-{since_d - n}d 12:00:00 transfer guest{n} -> shop 30.00 CNY mobile")
    for n in range(5):
        lines.append(f"12:0{n}:00 transfer new{n} -> shop {yuan}.00 CNY mobile payer.customer=k{n}")
    return "\n".join([*lines, sweep]) + "\n"


SWEEP = "12:30:00 transfer shop -> owner 12000.00 CNY mobile payee.customer=c-owner"
EXPLAINED = (till(sweep=SWEEP), "fan_in", "A:shop", 0.8)


def test_months_of_many_payers_cost_one_tier() -> None:
    assert 0.5 <= explained("small_merchant", FAN_IN, till(), "A:shop").share < 0.8


def test_few_payers_or_a_short_history_cost_nothing() -> None:
    assert explained("small_merchant", FAN_IN, till(regulars=15), "A:shop").share < 0.5
    assert explained("small_merchant", FAN_IN, till(since_d=80), "A:shop").share < 0.5


def test_a_sweep_to_the_owner_costs_a_second_tier() -> None:
    assert explained("small_merchant", FAN_IN, till(sweep=SWEEP), "A:shop").share >= 0.8


def test_a_merchants_account_alone_is_easily_bought() -> None:
    assert 0.0 < explained("small_merchant", FAN_IN, till(regulars=0, facts="type=MERCHANT"), "A:shop").share < 0.5


def test_a_busy_till_that_forgot_its_first_guests_is_still_old() -> None:
    """128 payers are remembered; 300 passers-by in the last days push all older ones out."""
    owner = "account shop balance=100.00 customer=c-owner type=MERCHANT\n"
    sweeps = "".join(f"-{n}d 21:00:00 transfer shop -> owner 1.00 CNY mobile\n" for n in range(200, 3, -30))
    passers = "".join(
        f"-3d {10 + n // 60:02}:{n % 60:02}:00 transfer p{n} -> shop 20.00 CNY mobile payer.customer=p{n}\n" for n in range(300)
    )
    day = "".join(f"12:0{n}:00 transfer new{n} -> shop 2500.00 CNY mobile payer.customer=k{n}\n" for n in range(5))

    assert explained("small_merchant", FAN_IN, owner + sweeps + passers + day, "A:shop").share >= 0.5
