"""The Grafana dashboards as Python, so that a test can hold every query against what a running worker exposes.

`python -m stream.dashboards` writes them to deploy/grafana/dashboards. The limits on the panels are ours, and mean: look at it
now. What calls somebody at night belongs into Prometheus rules.
"""

import json
from pathlib import Path
from typing import Any, Final

import click

from stream.dashboard_panels import Panel, Row, dashboard
from stream.settings import DEPLOY

FOLDER: Final = DEPLOY / "grafana" / "dashboards"


def _steps(look_s: float, act_s: float) -> tuple[tuple[float | None, str], ...]:
    return (None, "green"), (look_s, "orange"), (act_s, "red")


def _rate(metric: str, by: str) -> str:
    return f"sum by ({by}) (rate({metric}[$__rate_interval]))"


def _count(metric: str, by: str) -> str:
    return f"sum by ({by}) (increase({metric}[$__rate_interval]))"


def _steps_down(look: float, act: float) -> tuple[tuple[float | None, str], ...]:
    """Return the colours of a share of which less is worse."""
    return (None, "red"), (act, "orange"), (look, "green")


def _labelled(part: str, whole: str) -> str:
    """Return the query for one part of the labelled events as a share of another, over the time shown."""
    counted = "sum(increase(goldenhour_labelled_events_total{{{}}}[$__range]))".format
    return f"{counted(part)} / ({counted(whole)} > 0)"


def _quantiles(metric: str, *, by: str = "", quantiles: tuple[float, ...] = (0.5, 0.95, 0.99)) -> dict[str, str]:
    """Return the queries for quantiles of a histogram, each to its legend. by: one label to keep apart."""
    labels, legend = (f"le, {by}", f" {{{{{by}}}}}") if by else ("le", "")
    rate = f"sum by ({labels}) (rate({metric}_bucket[$__rate_interval]))"
    return {f"histogram_quantile({quantile}, {rate})": f"p{quantile * 100:g}{legend}" for quantile in quantiles}


_WHERE = "{{topic}}/{{partition}}"

_IN_SHORT = Row(
    "In short",
    [
        Panel(
            title="Workers up",
            description="Workers that Prometheus could scrape. None: nothing is being judged.",
            queries={'sum(up{job="goldenhour"})': "workers"},
            unit="none",
            steps=((None, "red"), (1, "green")),
            kind="stat",
            width=3,
        ),
        Panel(
            title="Police alerts",
            description="Alerts of tier 3 in the time shown. Each wants a person at once.",
            queries={'sum(increase(goldenhour_alerts_total{tier="3"}[$__range]))': "alerts"},
            unit="short",
            steps=((None, "green"), (1, "orange")),
            kind="stat",
            width=3,
        ),
        Panel(
            title="Freeze requests",
            description="Proposed to the police liaison in the time shown, and acknowledged by Kafka. Each wants an answer.",
            queries={'sum(increase(goldenhour_freeze_requests_total{state="PROPOSED"}[$__range]))': "requests"},
            unit="short",
            steps=((None, "green"), (1, "orange")),
            kind="stat",
            width=3,
        ),
        Panel(
            title="Log to alert, p99",
            description="From the log time of the event to the alert that Kafka acknowledged, over the last 5 minutes. Much of "
            "the "
            "golden hour is already gone when the money moves; this part is ours.",
            queries={"histogram_quantile(0.99, sum by (le) (rate(goldenhour_log_to_alert_seconds_bucket[5m])))": "p99"},
            unit="s",
            steps=_steps(0.5, 5),
            kind="stat",
            width=3,
        ),
        Panel(
            title="Furthest behind",
            description="Age of the log position that is done, of the partition that is worst. It grows when a worker is too "
            "slow or stuck.",
            queries={"max(goldenhour_consumer_lag_seconds)": "behind"},
            unit="s",
            steps=_steps(5, 60),
            kind="stat",
            width=3,
        ),
        Panel(
            title="Idle in spite of lag",
            description="Longest time since a partition with lag had anything acknowledged. At stall_s (30 s) the worker calls "
            "itself "
            "unhealthy, at stall_exit_s (60 s) it ends itself.",
            queries={
                "max((time() - goldenhour_last_acknowledged_timestamp_seconds) and (goldenhour_consumer_lag_records > 0)) "
                "or vector(0)": "idle"
            },
            unit="s",
            steps=_steps(15, 30),
            kind="stat",
            width=3,
        ),
        Panel(
            title="Dead letters",
            description="Records that could not be read, in the time shown. They wait on the topic dead-letters with reason and "
            "origin.",
            queries={"sum(increase(goldenhour_dead_letters_total[$__range]))": "records"},
            unit="short",
            steps=_steps(1, 100),
            kind="stat",
            width=3,
        ),
        Panel(
            title="Loading state",
            description="Workers that load the state of a partition and judge nothing on it meanwhile.",
            queries={"sum(goldenhour_recovering)": "workers"},
            unit="none",
            steps=((None, "green"), (1, "orange")),
            kind="stat",
            width=3,
        ),
    ],
)

_DETECTION = Row(
    "What is found",
    [
        Panel(
            title="Events by outcome",
            description="Events taken in at their home partition. late: older than the newest, and still exact; too_late: "
            "judged, "
            "but not remembered; duplicate: seen before, without effect. The lines: one worker's design load, and its limit.",
            queries={_rate("goldenhour_events_total", "outcome"): "{{outcome}}"},
            unit="ops",
            steps=_steps(10_000, 20_000),
            is_stacked=True,
        ),
        Panel(
            title="Late and repeated events, share",
            description="Share of events that came late, too late or twice. A rise means a feed with delays or one that sends "
            "again.",
            queries={
                '(sum by (outcome) (rate(goldenhour_events_total{outcome!="accepted"}[$__rate_interval])) '
                "/ on () group_left () sum(rate(goldenhour_events_total[$__rate_interval])))": "{{outcome}}"
            },
            unit="percentunit",
            steps=_steps(0.05, 0.2),
        ),
        Panel(
            title="Events by topic and kind",
            description="What the bank sends. A kind that stops while the others go on is a broken feed.",
            queries={_rate("goldenhour_events_total", "topic, kind"): "{{topic}} {{kind}}"},
            unit="ops",
            steps=_steps(10_000, 20_000),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Alerts by typology and tier",
            description="Alerts raised, first revisions only. Tier 1 reminds, 2 asks the bank to hold, 3 goes to the police.",
            queries={_count("goldenhour_alerts_total", "typology, tier"): "{{typology}} tier {{tier}}"},
            unit="short",
            steps=_steps(10, 100),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Statements per alert",
            description="Revisions published for each alert raised. High: cases keep changing, and their readers drown.",
            queries={
                "sum by (typology) (increase(goldenhour_alert_revisions_total[$__range])) "
                "/ (sum by (typology) (increase(goldenhour_alerts_total[$__range])) > 0)": "{{typology}}"
            },
            unit="none",
            steps=_steps(5, 20),
        ),
        Panel(
            title="Alerts held back",
            description="Tier 1: reminders of what a customer was reminded of not long ago; they are not sent later. Tiers 2 and "
            "3: alerts beyond the budget of a minute; they wait, most money at risk first. Waiting for long: set the budget to "
            "what people can take in, or find who floods.",
            queries={
                _count("goldenhour_alerts_held_back_total", "tier"): "held back, tier {{tier}}",
                "sum(goldenhour_alerts_waiting)": "waiting now",
            },
            unit="short",
            steps=_steps(100, 1_000),
            is_line=False,
        ),
        Panel(
            title="Freeze requests by state",
            description="Requests that Kafka acknowledged. WITHDRAWN: the suspicion did not hold and the request is taken back; "
            "many of "
            "them cost the liaison's trust.",
            queries={_count("goldenhour_freeze_requests_total", "state"): "{{state}}"},
            unit="short",
            steps=_steps(10, 50),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Answers to freeze requests",
            description="What the liaison answered, requests overdue for an acknowledgement, and requests that proved wrong.",
            queries={
                _count("goldenhour_freeze_answers_total", "status"): "{{status}}",
                'sum(increase(goldenhour_case_moves_total{reason="ACKNOWLEDGEMENT_OVERDUE"}[$__rate_interval]))': "overdue",
                _count("goldenhour_freeze_wrong_requests_total", "reason"): "wrong: {{reason}}",
            },
            unit="short",
            steps=_steps(10, 50),
            is_line=False,
        ),
        Panel(
            title="How fast a request is answered",
            description="From the first alert and from a victim's report to the request, from there to the first "
            "acknowledgement, and to the stop itself: half of them are faster.",
            queries={
                "histogram_quantile(0.5, sum by (le, status) (rate(goldenhour_freeze_answer_seconds_bucket[1h])))": "{{status}}",
                "histogram_quantile(0.5, sum by (le, since) (rate(goldenhour_freeze_request_seconds_bucket[1h])))": "requested, "
                "since {{since}}",
            },
            unit="s",
            steps=_steps(600, 1_800),
        ),
        Panel(
            title="Freeze guard",
            description="Partitions whose guard has tripped or that are switched to review only, and accounts whose request "
            "waits for people. Look why so many accounts are suspected at once; `goldenhour freeze "
            "resume` lets requests go out again.",
            queries={
                "sum(goldenhour_freeze_guard_tripped)": "tripped",
                "sum(goldenhour_freeze_review_only)": "review only",
                "sum(goldenhour_freeze_requests_held)": "accounts waiting",
            },
            unit="short",
            steps=_steps(1, 10),
        ),
        Panel(
            title="Dead letters by reason",
            description="Records that could not be read, by error code. future_time: a clock at the sender runs ahead.",
            queries={_count("goldenhour_dead_letters_total", "reason"): "{{reason}}"},
            unit="short",
            steps=_steps(1, 100),
            is_stacked=True,
        ),
        Panel(
            title="What people decide",
            description="Dispositions by verdict; those on an alert that no case knows (yet); and what people and deadlines "
            "changed: alerts lifted or confirmed, steps up the ladder, holds ended without an answer, snoozed and protected ones.",
            queries={
                _count("goldenhour_dispositions_total", "verdict"): "{{verdict}}",
                'sum(goldenhour_dispositions_total{names="alert"}) - sum(goldenhour_applied_dispositions_total{names="alert"})': (
                    "unmatched so far"
                ),
                _count("goldenhour_case_moves_total", "reason"): "{{reason}}",
            },
            unit="short",
            steps=_steps(100, 1_000),
            is_line=False,
        ),
        Panel(
            title="How right it was",
            description="Of the scored events that labels found: share of fraud among those of tier 1 and above, and among the "
            "hundred highest of a day; share of the reported frauds that had tier 1 or above. Without labels nothing is shown.",
            queries={
                _labelled('tier!="0",verdict="FRAUD"', 'tier!="0"'): "precision, tier 1 and above",
                _labelled('top="yes",verdict="FRAUD"', 'top="yes"'): "precision at the top",
                _labelled('tier!="0",verdict="FRAUD"', 'verdict="FRAUD"'): "recall of what was reported",
            },
            unit="percentunit",
            steps=_steps_down(0.5, 0.2),
        ),
        Panel(
            title="Delay of labels",
            description="From an event to the decision that labels it. What comes after 90 days finds nothing any more.",
            queries=_quantiles("goldenhour_label_delay_seconds", quantiles=(0.5, 0.95)),
            unit="s",
            steps=_steps(1_209_600, 7_776_000),
        ),
        Panel(
            title="Drift",
            description="Changes that ADWIN saw in the scores and in what they rest on. Many at once: look at the feed first.",
            queries={_count("goldenhour_drifts_total", "what"): "{{what}}"},
            unit="short",
            steps=_steps(10, 100),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Reports, dispositions and responses",
            description="Records of these topics that were taken in and kept.",
            queries={_count("goldenhour_kept_records_total", "topic"): "{{topic}}"},
            unit="short",
            steps=_steps(100, 1_000),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Disabled detectors and repeated items",
            description="A detector that is set to be isolated and failed is off until the restart: a blind spot. Items repeat "
            "only after "
            "a crash or a rebalance, and are skipped.",
            queries={
                "sum by (detector) (goldenhour_detector_faults_total) > 0": "disabled: {{detector}}",
                "sum(increase(goldenhour_repeated_events_total[$__rate_interval]))": "repeated items",
            },
            unit="short",
            steps=((None, "green"), (1, "orange")),
        ),
    ],
)

_SPEED = Row(
    "How fast",
    [
        Panel(
            title="Log time to alert",
            description="From the log time of the event that caused an alert to its acknowledgement by Kafka: both hops, all "
            "waiting, the write. A replayed old day shows its age.",
            queries=_quantiles("goldenhour_log_to_alert_seconds"),
            unit="s",
            steps=_steps(0.5, 5),
        ),
        Panel(
            title="Event time to alert",
            description="As before, from the time the event happened: the bank's own delay comes on top. This is what the "
            "victim sees.",
            queries=_quantiles("goldenhour_event_to_alert_seconds"),
            unit="s",
            steps=_steps(10, 60),
        ),
        Panel(
            title="Time to judge one event",
            description="Mean of each slice of work. The lines: 20,000 and 10,000 events/s on one core.",
            queries=_quantiles("goldenhour_decide_seconds"),
            unit="s",
            steps=_steps(50e-6, 100e-6),
        ),
        Panel(
            title="Time of one slice of work",
            description="Computing only. Nothing else runs meanwhile, heartbeats included, so it must stay far below the "
            "session timeout.",
            queries=_quantiles("goldenhour_batch_seconds", by="agent", quantiles=(0.5, 0.99)),
            unit="s",
            steps=_steps(0.1, 0.5),
        ),
        Panel(
            title="Size of one slice of work",
            description="Records for the agent entry, events for keyed. Near the limit (slice_records_max) there is a backlog.",
            queries=_quantiles("goldenhour_batch_records", by="agent", quantiles=(0.5, 0.99)),
            unit="short",
            steps=_steps(2_000, 5_000),
        ),
        Panel(
            title="Writes, until acknowledged",
            description="From handing a slice's records to the producer to the broker's last acknowledgement. Nothing counts as "
            "done before. "
            "At write_timeout_s (30 s) the worker ends itself.",
            queries=_quantiles("goldenhour_write_seconds", by="agent", quantiles=(0.5, 0.99)),
            unit="s",
            steps=_steps(0.5, 5),
        ),
        Panel(
            title="Event loop delay",
            description="How much later than asked the event loop wakes a sleeper, looked at once a second. High: too little CPU.",
            queries=_quantiles("goldenhour_event_loop_delay_seconds", quantiles=(0.5, 0.99)),
            unit="s",
            steps=_steps(0.1, 0.5),
        ),
        Panel(
            title="CPU",
            description="Cores in use by a worker. Python judges on one core: near 1 the worker is at its limit, so start "
            "another one.",
            queries={'rate(process_cpu_seconds_total{job="goldenhour"}[$__rate_interval])': "{{instance}}"},
            unit="none",
            steps=_steps(0.8, 1),
        ),
        Panel(
            title="Scores",
            description="Traces of reported money; scores, if the setting `scores` is on: one per transaction, and one more when "
            "a key changes what it says of it.",
            queries={
                "sum(rate(goldenhour_scores_total[$__rate_interval]))": "scores",
                "sum(rate(goldenhour_traces_total[$__rate_interval]))": "traces",
            },
            unit="ops",
            steps=_steps(10_000, 20_000),
        ),
    ],
)

_STANDING = Row(
    "How far behind",
    [
        Panel(
            title="Lag in records",
            description="Records of a partition that are not done. A series for every partition assigned to a worker, and no "
            "other.",
            queries={"sum by (topic, partition) (goldenhour_consumer_lag_records)": _WHERE},
            unit="short",
            steps=_steps(10_000, 100_000),
        ),
        Panel(
            title="Lag in seconds",
            description="Age of the log position that is done; 0 where nothing waits. High and growing: the worker does not "
            "keep up. "
            "A replayed old day shows its age until it is done.",
            queries={"max by (topic, partition) (goldenhour_consumer_lag_seconds)": _WHERE},
            unit="s",
            steps=_steps(5, 60),
        ),
        Panel(
            title="Since the last record done",
            description="Time since records of a partition were last done, lag or not. On a quiet topic it grows by itself.",
            queries={"time() - max by (topic, partition) (goldenhour_last_acknowledged_timestamp_seconds)": _WHERE},
            unit="s",
            steps=_steps(300, 3_600),
            is_line=False,
        ),
        Panel(
            title="Partitions by worker",
            description="Partitions that each worker holds. They should be about equal, and their sum must not change.",
            queries={"sum by (instance, topic) (goldenhour_assigned_partitions)": "{{instance}} {{topic}}"},
            unit="none",
            steps=((None, "red"), (1, "green")),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Rebalances",
            description="Assignments a worker received, in 10 minutes. Over 3: workers come and go, or their heartbeats fail.",
            queries={"sum by (instance) (increase(goldenhour_rebalances_total[10m]))": "{{instance}}"},
            unit="short",
            steps=_steps(2, 4),
        ),
        Panel(
            title="Alignment given up",
            description="Times a source partition held the others back for longer than align_wait_s and was left behind: "
            "its events may then come late.",
            queries={"sum by (instance) (increase(goldenhour_alignment_timeouts_total[$__rate_interval]))": "{{instance}}"},
            unit="short",
            steps=_steps(1, 10),
        ),
    ],
)

_STATE = Row(
    "State and versions",
    [
        Panel(
            title="Keys in memory",
            description="Accounts, terminals and devices with state, by partition. Very unequal: a hot partition.",
            queries={"sum by (partition) (goldenhour_state_keys)": "{{partition}}"},
            unit="short",
            steps=_steps(2_000_000, 5_000_000),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="State in memory",
            description="Bytes of stored state by partition, keys included; the process needs about twice their sum. "
            "The lines are a half and three quarters of the 2 GiB of docker-compose.yml.",
            queries={"sum by (partition) (goldenhour_state_bytes)": "{{partition}}"},
            unit="bytes",
            steps=_steps(1 << 30, 3 << 29),
            is_stacked=True,
        ),
        Panel(
            title="Memory of the process",
            description="Resident memory of each worker; docker-compose.yml ends it at 2 GiB.",
            queries={'process_resident_memory_bytes{job="goldenhour"}': "{{instance}}"},
            unit="bytes",
            steps=_steps(3 << 29, 15 << 27),
        ),
        Panel(
            title="Loading of state",
            description="How long the last loading of a partition's state took, at its last assignment. Nothing is judged on it "
            "meanwhile.",
            queries={"max by (partition) (goldenhour_recovery_seconds)": "{{partition}}"},
            unit="s",
            steps=_steps(30, 300),
        ),
        Panel(
            title="Age of the process",
            description="Time since a worker started. A saw-tooth: it ends itself again and again; its log says why.",
            queries={'time() - process_start_time_seconds{job="goldenhour"}': "{{instance}}"},
            unit="s",
            steps=((None, "orange"), (600, "green")),
            is_line=False,
        ),
        Panel(
            title="Versions",
            description="Policy, model (stored formats and detectors), core (compiled, or plain at half the speed), product and "
            "libraries, by worker. Two policies or models at once: a roll-out is under way.",
            queries={"goldenhour_build_info": ""},
            unit="none",
            steps=((None, "green"),),
            kind="table",
        ),
    ],
)


def overview() -> dict[str, Any]:
    """Return the dashboard that operations look at first."""
    return dashboard(
        "goldenhour-overview",
        "Golden Hour: overview",
        "What is found, how fast, and how far behind the workers are.",
        [_IN_SHORT, _DETECTION, _SPEED, _STANDING, _STATE],
    )


def dashboard_bytes(content: dict[str, Any]) -> bytes:
    """Return a dashboard as its file holds it."""
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=FOLDER, help="Folder to write to.")
def main(out: Path) -> None:
    """Write the dashboards that Grafana is provisioned with."""
    out.mkdir(parents=True, exist_ok=True)
    path = out / "overview.json"
    path.write_bytes(dashboard_bytes(overview()))
    click.echo(path.name)


if __name__ == "__main__":
    main()
