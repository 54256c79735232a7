"""The dashboard that operations look at first: is everything alive, is it fast enough, and what has it found."""

from typing import Final

from stream.dashboards.panels import Dashboard, Panel, Row
from stream.dashboards.queries import GAIN, NEWS, WANTED, count, in_all, quantiles, rate, steps

_IN_SHORT: Final = Row(
    "In short",
    [
        Panel(
            title="Events per second",
            description="Events judged, each counted once, by all workers together. 0 while the bank is open: look at its feeds.",
            queries={"sum(rate(goldenhour_events_total[$__rate_interval]))": "events"},
            unit="ops",
            steps=steps(10_000, 20_000),
            kind="stat",
            width=4,
        ),
        Panel(
            title="Furthest behind",
            description="Age of the oldest record that is not done, of the partition that is worst.",
            queries={"max(goldenhour_consumer_lag_seconds)": "behind"},
            unit="s",
            steps=steps(5, 60),
            kind="stat",
            width=4,
            alarm="GoldenHourFallingBehind",
        ),
        Panel(
            title="Log to alert, p99",
            description="From the log time of the event to the alert that Kafka acknowledged, over 5 minutes. Much of the golden "
            "hour is gone when the money moves; this part is ours.",
            queries=quantiles("goldenhour_log_to_alert_seconds", of=(0.99,), over="5m"),
            unit="s",
            steps=steps(0.5, 5),
            kind="stat",
            width=4,
            alarm="GoldenHourSlowAlerts",
        ),
        Panel(
            title="Police alerts",
            description="Alerts of tier 3 in the time shown. Each wants a person at once.",
            queries={in_all('goldenhour_alerts_total{tier="3"}'): "alerts"},
            unit="short",
            steps=NEWS,
            kind="stat",
            width=4,
        ),
        Panel(
            title="Freeze requests",
            description="Proposed to the police liaison in the time shown, and acknowledged by Kafka. Each wants an answer.",
            queries={in_all('goldenhour_freeze_requests_total{state="PROPOSED"}'): "requests"},
            unit="short",
            steps=NEWS,
            kind="stat",
            width=4,
        ),
        Panel(
            title="Alarms",
            description="Rules of deploy/prometheus/rules.yml that are firing now; each says what to do.",
            queries={'count(ALERTS{alertstate="firing",alertname=~"GoldenHour.*"}) or vector(0)': "alarms"},
            unit="none",
            steps=steps(1, 2),
            kind="stat",
            width=4,
        ),
        Panel(
            title="Money held",
            description="Yuan that the liaison stopped on our requests in the time shown. Other currencies stand on the dashboard "
            "Freeze.",
            queries={in_all('goldenhour_freeze_amount_minor_total{step="held",currency="CNY"}') + " / 100": "held"},
            unit="currency:¥",
            steps=GAIN,
            kind="stat",
            width=6,
        ),
        Panel(
            title="Money kept by its owner",
            description="Yuan at risk in alerts whose customer a person talked out of paying, in the time shown.",
            queries={in_all('goldenhour_stopped_amount_minor_total{currency="CNY"}') + " / 100": "kept"},
            unit="currency:¥",
            steps=GAIN,
            kind="stat",
            width=6,
        ),
        Panel(
            title="Open cases",
            description="Cases in the queue of the desk, by tier. Growing all day: more is found than people can take in.",
            queries={"max by (tier) (goldenhour_desk_open_cases)": "tier {{tier}}"},
            unit="none",
            steps=steps(100, 500),
            kind="stat",
            width=6,
        ),
        Panel(
            title="Oldest open case",
            description="How long the oldest case at the desk has been waiting for a person.",
            queries={"max(goldenhour_desk_oldest_open_case_seconds)": "age"},
            unit="s",
            steps=steps(3_600, 86_400),
            kind="stat",
            width=6,
        ),
    ],
)

_PARTS: Final = Row(
    "Health of each part",
    [
        Panel(
            title="Answering",
            description="The share of each job's processes that Prometheus could scrape: 1 is all of them. None of goldenhour: "
            "nothing is judged.",
            queries={"avg by (job) (up)": "{{job}}"},
            unit="percentunit",
            steps=((None, "red"), (0.01, "orange"), (1, "green")),
            kind="stat",
            width=8,
            alarm="GoldenHourNoWorker",
        ),
        Panel(
            title="Workers",
            description="Workers that answer. Fewer than were started: one is restarting, or cannot.",
            queries={'sum(up{job="goldenhour"})': "workers"},
            unit="none",
            steps=WANTED,
            kind="stat",
            width=4,
            alarm="GoldenHourWorkerKeepsRestarting",
        ),
        Panel(
            title="Loading state",
            description="Workers that load the state of a partition and judge nothing on it meanwhile.",
            queries={"sum(goldenhour_recovering)": "workers"},
            unit="none",
            steps=NEWS,
            kind="stat",
            width=4,
            alarm="GoldenHourLoadingState",
        ),
        Panel(
            title="Idle in spite of lag",
            description="Longest time since a partition with lag had anything acknowledged. At stall_s (30 s) the worker calls "
            "itself unhealthy, at stall_exit_s (60 s) it ends itself.",
            queries={
                "max((time() - goldenhour_last_acknowledged_timestamp_seconds) and (goldenhour_consumer_lag_records > 0)) "
                "or vector(0)": "idle"
            },
            unit="s",
            steps=steps(15, 30),
            kind="stat",
            width=4,
            alarm="GoldenHourStalled",
        ),
        Panel(
            title="Disabled detectors",
            description="Detectors that are set to be isolated and have failed: off until the restart, a blind spot.",
            queries={"sum(goldenhour_detector_faults_total)": "detectors"},
            unit="none",
            steps=steps(1, 1.5),
            kind="stat",
            width=4,
            alarm="GoldenHourDetectorDisabled",
        ),
        Panel(
            title="Freeze guard",
            description="Partitions whose guard lets no freeze request out: so many accounts at once, or a fault of a rule.",
            queries={"sum(goldenhour_freeze_guard_tripped)": "tripped"},
            unit="none",
            steps=steps(1, 1.5),
            kind="stat",
            width=4,
            alarm="GoldenHourFreezeGuardTripped",
        ),
        Panel(
            title="Overdue at the liaison",
            description="Freeze requests that nobody acknowledged in time, in the time shown. Telephone.",
            queries={in_all('goldenhour_case_moves_total{reason="ACKNOWLEDGEMENT_OVERDUE"}'): "overdue"},
            unit="short",
            steps=steps(1, 3),
            kind="stat",
            width=4,
            alarm="GoldenHourAcknowledgementOverdue",
        ),
        Panel(
            title="Dead letters",
            description="Records that could not be read, in the time shown. They wait on the topic dead-letters with reason and "
            "origin.",
            queries={in_all("goldenhour_dead_letters_total"): "records"},
            unit="short",
            steps=steps(1, 100),
            kind="stat",
            width=4,
            alarm="GoldenHourDeadLetters",
        ),
        Panel(
            title="Desk follows Kafka",
            description="Desks whose view is connected and complete. 0: people look at an old picture.",
            queries={"sum(goldenhour_desk_connected * goldenhour_desk_loaded)": "desks"},
            unit="none",
            steps=WANTED,
            kind="stat",
            width=4,
        ),
        Panel(
            title="Card switch connected",
            description="Connections of card switches to the gateway. Nothing at all: no gateway is running.",
            queries={"sum(goldenhour_gateway_connections)": "switches"},
            unit="none",
            steps=((None, "orange"), (1, "green")),
            kind="stat",
            width=4,
        ),
        Panel(
            title="Last heartbeat",
            description="Age of the last heartbeat that the broker accepted, of the worker that is worst. At half the session "
            "timeout (5 s) it writes no more.",
            queries={"max(goldenhour_heartbeat_age_seconds)": "age"},
            unit="s",
            steps=steps(4, 5),
            kind="stat",
            width=4,
        ),
    ],
)

_WHAT: Final = Row(
    "What comes in and what is found",
    [
        Panel(
            title="Events by outcome",
            description="Events at their home partition. late: older than the newest, and still exact; too_late: judged, but not "
            "remembered; duplicate: seen before, without effect. The lines: one worker's design load, and its limit.",
            queries={rate("goldenhour_events_total", "outcome"): "{{outcome}}"},
            unit="ops",
            steps=steps(10_000, 20_000),
            is_stacked=True,
        ),
        Panel(
            title="Alerts by tier",
            description="Alerts raised, first revisions only. Tier 1 reminds, 2 asks the bank to hold, 3 goes to the police.",
            queries={count("goldenhour_alerts_total", "tier"): "tier {{tier}}"},
            unit="short",
            steps=steps(10, 100),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="What becomes of cases",
            description="What people and deadlines changed: lifted or confirmed, a step up, a hold that ended without an answer.",
            queries={count("goldenhour_case_moves_total", "reason"): "{{reason}}"},
            unit="short",
            steps=steps(10, 100),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Log time to alert",
            description="From the log time of the event that caused an alert to its acknowledgement by Kafka: both hops, all "
            "waiting, the write. A replayed old day shows its age.",
            queries=quantiles("goldenhour_log_to_alert_seconds"),
            unit="s",
            steps=steps(0.5, 5),
        ),
        Panel(
            title="Lag by topic",
            description="Records that are not done. High and growing: the workers do not keep up, so start another one.",
            queries={"sum by (topic) (goldenhour_consumer_lag_records)": "{{topic}}"},
            unit="short",
            steps=steps(10_000, 100_000),
        ),
        Panel(
            title="Money asked for, held and released",
            description="Money of freeze requests by step, in yuan: asked of the liaison, stopped by it, let go again.",
            queries={
                'sum by (step) (increase(goldenhour_freeze_amount_minor_total{currency="CNY"}[$__rate_interval])) / 100': "{{step}}"
            },
            unit="currency:¥",
            steps=GAIN,
            is_line=False,
        ),
    ],
)

OVERVIEW: Final = Dashboard(
    name="overview",
    title="overview",
    description="Is everything alive, is it fast enough, and what has it found.",
    rows=[_IN_SHORT, _PARTS, _WHAT],
)
