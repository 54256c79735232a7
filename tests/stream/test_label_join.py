"""Labels that come a week later find what was scored, and the scores of what follows learn from them; alerts do not."""

import msgspec

from connectors.contract_json import encode
from models.decision import Row
from models.features import FEATURES
from models.learner import SOURCES_MAX, Learner, encode_learner
from models.risk import decode_risk
from models.scorecard import Scorecard
from stream.label_join import LEARNT_BYTES_MAX, PARTY_NAMES
from stream.label_rows import PAGE_ROWS
from stream.store import payload_of
from tests.bank import Arrival, Bank
from tests.scenario import SCENARIOS, events_of
from tests.stream.shop_cards import BAD_SHOP, DAY_US, START_US, finding, is_bad, purchase, purchases, shop_rulebook, with_findings

PAYMENTS = purchases(days=24, bad_from=3)
LAST_DAY_US = START_US + 23 * DAY_US


def bank(arrivals: list[Arrival], partitions: int = 1) -> Bank:
    return Bank(partitions, shop_rulebook(), with_scores=True).take(arrivals)


def last_day(taken: Bank, bad: bool) -> list[float]:
    """Return the scores of the last day's payments at the bad shop, or elsewhere."""
    scores = taken.final_scores()
    day = [payment for payment in PAYMENTS if payment.event_time.timestamp() * 1_000_000 >= LAST_DAY_US]
    return [scores[payment.event_id].score for payment in day if is_bad(payment) is bad]


def test_payments_at_a_shop_with_confirmed_fraud_score_above_all_others() -> None:
    for partitions in (1, 5):
        taken = bank(with_findings(PAYMENTS), partitions)
        assert min(last_day(taken, bad=True)) > max(last_day(taken, bad=False))


def test_a_terminal_says_so_in_its_own_name() -> None:
    scores = bank(with_findings(PAYMENTS)).final_scores()
    assert {scores[payment.event_id].seen_as for payment in PAYMENTS[-40:] if is_bad(payment)} == {"TERMINAL"}


def test_nothing_is_known_of_a_fraud_before_its_label_arrives() -> None:
    """The first label arrives on day 10; until then each score is that of a bank without any."""
    taught, untaught = bank(with_findings(PAYMENTS)).final_scores(), bank(list(PAYMENTS)).final_scores()
    before = [payment for payment in PAYMENTS if payment.event_time.timestamp() * 1_000_000 < START_US + 10 * DAY_US]
    assert [taught[payment.event_id] for payment in before] == [untaught[payment.event_id] for payment in before]


def test_without_labels_scores_are_those_of_a_bank_that_cannot_learn() -> None:
    learning = bank(list(PAYMENTS)).final_scores()
    plain = Bank(1, with_scores=True).take(PAYMENTS).final_scores()
    assert learning == plain


def test_alerts_are_the_same_with_and_without_learning() -> None:
    arrivals = with_findings(PAYMENTS)
    learning, plain = bank(arrivals), Bank(1).take(arrivals)
    assert [encode(alert) for alert in learning.alerts] == [encode(alert) for alert in plain.alerts]


def test_a_label_is_learnt_at_every_party_and_told_once() -> None:
    payment = PAYMENTS[0]
    at_us = START_US + 2 * DAY_US
    twice: list[Arrival] = [payment, finding(payment.event_id, at_us), finding(payment.event_id, at_us + 1, number=1)]
    taken = bank(twice)
    assert [(told.party, told.label) for told in taken.labelled] == [("PAYER", "FRAUD"), ("TERMINAL", "FRAUD")]
    assert {round(told.delay_s / 86_400) for told in taken.labelled} == {2}


def test_an_unknown_verdict_and_an_unknown_event_teach_nothing() -> None:
    payment = PAYMENTS[0]
    at_us = START_US + 2 * DAY_US
    taken = bank([payment, finding(payment.event_id, at_us, "UNKNOWN"), finding("p-none", at_us)])
    assert taken.labelled == []


def test_a_fraud_that_is_overturned_ends_the_run_of_its_terminal() -> None:
    payment = purchase(1, START_US, "a-1", BAD_SHOP, 5_000)
    first, second = finding("p-1", START_US + DAY_US), finding("p-1", START_US + 2 * DAY_US, "LEGITIMATE", number=1)
    risks = []
    for heard in ([first], [first, second]):
        stored = bank([payment, *heard]).state()[b"K:T:" + BAD_SHOP.encode()]
        risks.append(decode_risk(payload_of(stored)))
    assert [(risk.run, risk.honest) for risk in risks] == [(1, 0), (0, 1)]


def test_rows_leave_when_their_time_is_over() -> None:
    """Of 40 payments a day, kept for 90 days, never more than 91 days' pages stand."""
    payments = purchases(days=130, bad_from=1_000, a_day=10)
    pages = [key for key in bank(list(payments)).state() if key.startswith(b"J:PAYER:")]
    assert 90 * 10 / 32 - 1 <= len(pages) <= 91 * 10 / 32 + 2


def test_each_party_learns_under_its_own_name() -> None:
    state = bank(with_findings(PAYMENTS)).state()
    assert {key[2:].decode() for key in state if key.startswith(b"G:")} == {"PAYER", "TERMINAL"}
    assert set(PARTY_NAMES.values()) == {"PAYER", "PAYEE", "TERMINAL", "DEVICE"}


def test_a_verdict_on_an_alert_labels_the_payments_that_raised_it() -> None:
    taken = Bank(with_scores=True).take(events_of((SCENARIOS / "v1_safe_account.txt").read_text("utf-8")))
    alert = taken.alerts[-1]
    at_us = round(alert.raised_at.timestamp() * 1_000_000) + DAY_US
    taken.take_one(finding("", at_us, about_alert=alert.alert_id))
    assert {told.label for told in taken.labelled} == {"FRAUD"}
    assert max(told.tier for told in taken.labelled) == alert.tier


def test_what_is_learnt_fits_into_a_slice_however_much_it_is() -> None:
    """All sources, every bin of every feature, every detector at every tier; and open pages of rows with all detectors."""
    rulebook = shop_rulebook()
    detectors = [detector.name for detector in rulebook.detectors]
    worst = Learner(rulebook.learning, rulebook.fusion.prevalence)
    worst.tops = [0.1 + number / 1_000 for number in range(rulebook.learning.top_count)]
    for source in range(SOURCES_MAX):
        for value in range(Scorecard().bins):
            signs = {name: min(4, value) for name in detectors}
            row = Row(1, b"A:a", 0, bytes([value] * len(FEATURES)), signs, 1.1)
            worst.learn(row, "FRAUD", f"{source:0128}")
    fullest = Row(1 << 60, b"A:" + b"x" * 512, 1 << 50, bytes(len(FEATURES)), dict.fromkeys(detectors, 4), 1.1, 0.1)
    page = msgspec.msgpack.encode([fullest] * PAGE_ROWS)
    assert len(PARTY_NAMES) * (len(encode_learner(worst, 1 << 40, 1 << 40)) + len(page)) < LEARNT_BYTES_MAX
