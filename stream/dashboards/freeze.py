"""Freeze requests from the first suspicion to the executed stop: for the liaison, and for whoever must answer for wrong ones."""

from typing import Final

from stream.dashboards.panels import Dashboard, Panel, Row
from stream.dashboards.queries import GAIN, NEWS, count, in_all, quantiles, steps

_MONEY: Final = "goldenhour_freeze_amount_minor_total"


def _yuan(step: str) -> str:
    return in_all(f'{_MONEY}{{step="{step}",currency="CNY"}}')


_IN_SHORT: Final = Row(
    "In short",
    [
        Panel(
            title="Proposed",
            description="Freeze requests proposed in the time shown, revisions included.",
            queries={in_all('goldenhour_freeze_requests_total{state="PROPOSED"}'): "proposed"},
            unit="short",
            steps=NEWS,
            kind="stat",
            width=3,
        ),
        Panel(
            title="Withdrawn",
            description="Requests taken back, because the suspicion did not hold. Many of them cost the liaison's trust.",
            queries={in_all('goldenhour_freeze_requests_total{state="WITHDRAWN"}'): "withdrawn"},
            unit="short",
            steps=steps(1, 10),
            kind="stat",
            width=3,
        ),
        Panel(
            title="Executed",
            description="Requests that the liaison carried out in the time shown: the money stands still.",
            queries={in_all('goldenhour_freeze_answers_total{status="EXECUTED"}'): "executed"},
            unit="short",
            steps=GAIN,
            kind="stat",
            width=3,
        ),
        Panel(
            title="Overdue",
            description="Requests that nobody acknowledged within the policy's time, in the time shown. Telephone.",
            queries={in_all('goldenhour_case_moves_total{reason="ACKNOWLEDGEMENT_OVERDUE"}'): "overdue"},
            unit="short",
            steps=steps(1, 3),
            kind="stat",
            width=3,
            alarm="GoldenHourAcknowledgementOverdue",
        ),
        Panel(
            title="Wrong",
            description="Requests that proved wrong in the time shown: rejected, released, or on money that was legitimate.",
            queries={in_all("goldenhour_freeze_wrong_requests_total"): "wrong"},
            unit="short",
            steps=steps(1, 3),
            kind="stat",
            width=3,
        ),
        Panel(
            title="Money requested",
            description="Yuan asked to be stopped in the time shown, first proposals only.",
            queries={f"{_yuan('requested')} / 100": "requested"},
            unit="currency:¥",
            steps=GAIN,
            kind="stat",
            width=3,
        ),
        Panel(
            title="Money held",
            description="Yuan that the liaison stopped in the time shown, before any release.",
            queries={f"{_yuan('held')} / 100": "held"},
            unit="currency:¥",
            steps=GAIN,
            kind="stat",
            width=3,
        ),
        Panel(
            title="Held of what was requested",
            description="Share of the requested yuan that was stopped. Low: too late, or the money was gone when it was asked for.",
            queries={f"{_yuan('held')} / ({_yuan('requested')} > 0)": "share"},
            unit="percentunit",
            steps=((None, "red"), (0.3, "orange"), (0.7, "green")),
            kind="stat",
            width=3,
        ),
    ],
)

_STATES: Final = Row(
    "Requests, answers and clocks",
    [
        Panel(
            title="Requests by state",
            description="Requests that Kafka acknowledged: PROPOSED, also each revision of one, and WITHDRAWN.",
            queries={count("goldenhour_freeze_requests_total", "state"): "{{state}}"},
            unit="short",
            steps=steps(10, 50),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Answers by status",
            description="What the liaison answered, and what of it took effect. STALE: an older answer that came after a newer "
            "one.",
            queries={count("goldenhour_freeze_answers_total", "status, how"): "{{status}} {{how}}"},
            unit="short",
            steps=steps(10, 50),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Clocks and oddities",
            description="Acknowledgements overdue, stops that end soon or have ended, and answers that do not fit, by their code.",
            queries={
                'sum by (reason) (increase(goldenhour_case_moves_total{reason=~"ACKNOWLEDGEMENT_OVERDUE|STOP_.*|REQUEST_.*|'
                'EXECUTED_.*|UNEXPECTED_.*|TWO_.*|HELD_.*|NO_END_.*|AWAITS_.*|REVIEW_.*"}[$__rate_interval]))': "{{reason}}"
            },
            unit="short",
            steps=steps(5, 20),
            is_line=False,
        ),
        Panel(
            title="First alert, or report, to the request",
            description="How fast we ask, since the first alert of the account and since a victim's report: half of the "
            "requests are "
            "faster, and 95 of a hundred.",
            queries=quantiles("goldenhour_freeze_request_seconds", by="since", of=(0.5, 0.95), over="1h"),
            unit="s",
            steps=steps(60, 600),
        ),
        Panel(
            title="Request to acknowledged and to executed",
            description="How fast the liaison answers, by log time: half of the answers are faster, and 95 of a hundred. The "
            "lines: "
            "ten minutes, half an hour.",
            queries=quantiles("goldenhour_freeze_answer_seconds", by="status", of=(0.5, 0.95), over="1h"),
            unit="s",
            steps=steps(600, 1_800),
        ),
        Panel(
            title="Wrong requests",
            description="Requests that proved wrong: rejected by the liaison, released, or on money that a person called "
            "legitimate.",
            queries={count("goldenhour_freeze_wrong_requests_total", "reason"): "{{reason}}"},
            unit="short",
            steps=steps(1, 5),
            is_stacked=True,
            is_line=False,
        ),
    ],
)

_GATE: Final = Row(
    "Money and the guard",
    [
        Panel(
            title="Money by step and currency",
            description="Money of freeze requests in units of each currency, in the time shown: requested, held, released.",
            queries={in_all(_MONEY, "step, currency") + " / 100": "{{step}} {{currency}}"},
            unit="short",
            steps=steps(1e6, 1e8),
            is_line=False,
        ),
        Panel(
            title="Guard",
            description="Partitions whose guard has tripped, or that policy or a person switched to review only. Look why so many "
            "accounts are suspected at once; `goldenhour freeze resume` lets requests go out again.",
            queries={"sum(goldenhour_freeze_guard_tripped)": "tripped", "sum(goldenhour_freeze_review_only)": "review only"},
            unit="none",
            steps=steps(1, 1.5),
            alarm="GoldenHourFreezeGuardTripped",
        ),
        Panel(
            title="Accounts waiting for people",
            description="Accounts whose freeze request waits until the guard is lifted or a named person approves. Their money "
            "moves.",
            queries={"sum by (partition) (goldenhour_freeze_requests_held)": "partition {{partition}}"},
            unit="short",
            steps=steps(1, 10),
            is_stacked=True,
        ),
    ],
)

FREEZE: Final = Dashboard(
    name="freeze",
    title="freeze",
    description="Freeze requests from the first suspicion to the executed stop: how many, how fast, how much money, how often "
    "wrong.",
    rows=[_IN_SHORT, _STATES, _GATE],
)
