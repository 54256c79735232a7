"""What is found, how right that was as far as labels tell, and what changes: for those who set the policy."""

from typing import Final

from stream.dashboards.panels import Dashboard, Panel, Row
from stream.dashboards.queries import SHADOW, count, in_all, quantiles, rate, share, steps, steps_down

_LABELLED: Final = "goldenhour_labelled_events_total"

_ALERTS: Final = Row(
    "Alerts",
    [
        Panel(
            title="Alerts by typology and tier",
            description="Alerts raised, first revisions only, for the typologies that raised one. README explains each.",
            queries={count("goldenhour_alerts_total", "typology, tier") + " > 0": "{{typology}} tier {{tier}}"},
            unit="short",
            steps=steps(10, 100),
            is_stacked=True,
            is_line=False,
            width=24,
        ),
        Panel(
            title="Alerts held back",
            description="Tier 1: reminders of what a customer was reminded of not long ago; they are not sent later. Tiers 2 and "
            "3: alerts beyond the budget of a minute; they wait, most money at risk first. Waiting for long: set the budget to "
            "what people can take in, or find who floods.",
            queries={
                count("goldenhour_alerts_held_back_total", "tier"): "held back, tier {{tier}}",
                "sum(goldenhour_alerts_waiting)": "waiting now",
            },
            unit="short",
            steps=steps(100, 1_000),
            is_line=False,
        ),
        Panel(
            title="Statements per alert",
            description="Revisions published for each alert raised. High: cases keep changing, and their readers drown.",
            queries={share("goldenhour_alert_revisions_total", "goldenhour_alerts_total", "typology"): "{{typology}}"},
            unit="none",
            steps=steps(5, 20),
        ),
        Panel(
            title="Event time to alert",
            description="From the time the event happened to the acknowledged alert: the bank's own delay is in it. This is what "
            "the victim sees.",
            queries=quantiles("goldenhour_event_to_alert_seconds"),
            unit="s",
            steps=steps(10, 60),
        ),
        Panel(
            title="Disabled detectors",
            description="1: the detector is set to be isolated, failed, and is off until the restart, so its frauds are not seen.",
            queries={"max by (detector) (goldenhour_detector_faults_total)": "{{detector}}"},
            unit="none",
            steps=steps(1, 1.5),
            alarm="GoldenHourDetectorDisabled",
        ),
    ],
)

_RIGHT: Final = Row(
    "How right it was, so far",
    [
        Panel(
            title="Precision and recall",
            description="Of the scored events that labels found: share of fraud among those of tier 1 and above, and among the "
            "hundred highest of a day; share of the reported frauds that had tier 1 or above. Without labels nothing is shown; "
            "needs the setting `scores`.",
            queries={
                share(_LABELLED + '{tier!="0",verdict="FRAUD"}', _LABELLED + '{tier!="0"}'): "precision, tier 1 and above",
                share(_LABELLED + '{top="yes",verdict="FRAUD"}', _LABELLED + '{top="yes"}'): "precision at the top",
                share(_LABELLED + '{tier!="0",verdict="FRAUD"}', _LABELLED + '{verdict="FRAUD"}'): "recall of what was reported",
            },
            unit="percentunit",
            steps=steps_down(0.5, 0.2),
        ),
        Panel(
            title="Labels by tier",
            description="Scored events that a label found, by the tier they had. FRAUD at tier 0: missed, look which typology.",
            queries={in_all(_LABELLED, "verdict, tier") + " > 0": "{{verdict}} tier {{tier}}"},
            unit="short",
            steps=steps(1_000, 10_000),
            is_line=False,
        ),
        Panel(
            title="Delay of labels",
            description="From an event to the decision that labels it. What comes after 90 days finds nothing any more.",
            queries=quantiles("goldenhour_label_delay_seconds", of=(0.5, 0.95), over="$__range"),
            unit="s",
            steps=steps(1_209_600, 7_776_000),
        ),
        Panel(
            title="What people decide",
            description="Dispositions by verdict, and those on an alert that no case knows (yet).",
            queries={
                count("goldenhour_dispositions_total", "verdict"): "{{verdict}}",
                'sum(goldenhour_dispositions_total{names="alert"}) - sum(goldenhour_applied_dispositions_total{names="alert"})': (
                    "unmatched so far"
                ),
            },
            unit="short",
            steps=steps(100, 1_000),
            is_line=False,
        ),
        Panel(
            title="Reports, dispositions and responses",
            description="Records of these topics that were taken in and kept. None for days: a feed is dead, and nothing is "
            "learnt.",
            queries={count("goldenhour_kept_records_total", "topic"): "{{topic}}"},
            unit="short",
            steps=steps(100, 1_000),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Money kept by its owner",
            description="Money at risk in alerts whose customer a person talked out of paying, in units of each currency.",
            queries={in_all("goldenhour_stopped_amount_minor_total", "currency") + " / 100": "{{currency}}"},
            unit="short",
            steps=steps(1e6, 1e8),
            is_line=False,
        ),
    ],
)

_CHANGE: Final = Row(
    "What is learnt, and what changes",
    [
        Panel(
            title="What the learner was told",
            description="Labels by the party whose scored events they found: from these the learners of a partition learn.",
            queries={count(_LABELLED, "party, verdict"): "{{party}} {{verdict}}"},
            unit="short",
            steps=steps(1_000, 10_000),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Drift",
            description="Changes that ADWIN saw in the scores and in what they rest on. Many at once: look at the feed first.",
            queries={count("goldenhour_drifts_total", "what"): "{{what}}"},
            unit="short",
            steps=steps(10, 100),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Scores and traces",
            description="Traces of reported money; scores, if the setting `scores` is on: one per transaction, and one more when "
            "a key changes what it says of it.",
            queries={
                "sum(rate(goldenhour_scores_total[$__rate_interval]))": "scores",
                "sum(rate(goldenhour_traces_total[$__rate_interval]))": "traces",
            },
            unit="ops",
            steps=steps(10_000, 20_000),
        ),
        Panel(
            title="Shadow: alerts by tier",
            description="What a second policy raises on the same events (`goldenhour shadow run`). Nothing: no shadow is running.",
            queries={count("goldenhour_alerts_total", "tier"): "tier {{tier}}"},
            unit="short",
            steps=steps(10, 100),
            is_line=False,
            job=SHADOW,
        ),
        Panel(
            title="Shadow: how far behind",
            description="Lag of the shadow. It must be near 0 before its figures are compared with those of the live policy.",
            queries={"max by (topic) (goldenhour_consumer_lag_records)": "{{topic}}"},
            unit="short",
            steps=steps(1_000, 100_000),
            job=SHADOW,
        ),
        Panel(
            title="Events by topic and kind",
            description="What the bank sends. A kind that stops while the others go on is a broken feed.",
            queries={rate("goldenhour_events_total", "topic, kind"): "{{topic}} {{kind}}"},
            unit="ops",
            steps=steps(10_000, 20_000),
            is_stacked=True,
            is_line=False,
        ),
    ],
)

DETECTION: Final = Dashboard(
    name="detection",
    title="detection",
    description="What is found, how right that was as far as labels tell, and what changes.",
    rows=[_ALERTS, _RIGHT, _CHANGE],
)
