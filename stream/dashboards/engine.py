"""How the machine runs: partitions, slices, state, the broker, and the doors to card switches and people."""

from typing import Final

from stream.dashboards.panels import Dashboard, Panel, Row
from stream.dashboards.queries import PLAIN, WANTED, count, quantiles, rate, steps

_WHERE: Final = "{{topic}}/{{partition}}"
_OF_TOPIC: Final = '{topic=~"$topic"}'

_PARTITIONS: Final = Row(
    "Partitions",
    [
        Panel(
            title="Lag in records",
            description="Records of a partition that are not done. A series for every partition assigned to a worker, and no "
            "other.",
            queries={f"sum by (topic, partition) (goldenhour_consumer_lag_records{_OF_TOPIC})": _WHERE},
            unit="short",
            steps=steps(10_000, 100_000),
            alarm="GoldenHourFallingBehind",
        ),
        Panel(
            title="Lag in seconds",
            description="Age of the oldest record that is not done; 0 where nothing waits. High and growing: the worker does "
            "not keep "
            "up. A replayed old day shows its age until it is done.",
            queries={f"max by (topic, partition) (goldenhour_consumer_lag_seconds{_OF_TOPIC})": _WHERE},
            unit="s",
            steps=steps(5, 60),
            alarm="GoldenHourFallingBehind",
        ),
        Panel(
            title="Watermark behind now",
            description="Age of the log time up to which a partition is done. Very unequal: one source is late, and holds back the "
            "others for up to align_wait_s. On a quiet topic it grows by itself.",
            queries={f"time() - max by (topic, partition) (goldenhour_watermark_timestamp_seconds{_OF_TOPIC})": _WHERE},
            unit="s",
            steps=steps(300, 3_600),
            is_line=False,
        ),
        Panel(
            title="Since the last record done",
            description="Time since records of a partition were last done, lag or not. On a quiet topic it grows by itself.",
            queries={f"time() - max by (topic, partition) (goldenhour_last_acknowledged_timestamp_seconds{_OF_TOPIC})": _WHERE},
            unit="s",
            steps=steps(300, 3_600),
            is_line=False,
            alarm="GoldenHourStalled",
        ),
        Panel(
            title="Partitions by worker",
            description="Partitions that each worker holds. They should be about equal, and their sum must not change.",
            queries={f"sum by (instance, topic) (goldenhour_assigned_partitions{_OF_TOPIC})": "{{instance}} {{topic}}"},
            unit="none",
            steps=WANTED,
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Rebalances",
            description="Assignments a worker received, in 10 minutes. Over 3: workers come and go, or their heartbeats fail.",
            queries={"sum by (instance) (increase(goldenhour_rebalances_total[10m]))": "{{instance}}"},
            unit="short",
            steps=steps(2, 4),
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
            steps=steps(0.05, 0.2),
        ),
        Panel(
            title="Alignment given up, items repeated",
            description="Times a source partition held the others back for longer than align_wait_s and was left behind; items "
            "that "
            "came again after a crash or a rebalance and were skipped.",
            queries={
                count("goldenhour_alignment_timeouts_total"): "given up",
                count("goldenhour_repeated_events_total"): "repeated",
            },
            unit="short",
            steps=steps(1, 10),
        ),
        Panel(
            title="Dead letters by reason",
            description="Records that could not be read, by error code. future_time: a clock at the sender runs ahead.",
            queries={count("goldenhour_dead_letters_total", "reason"): "{{reason}}"},
            unit="short",
            steps=steps(1, 100),
            is_stacked=True,
            alarm="GoldenHourDeadLetters",
        ),
    ],
)

_SPEED: Final = Row(
    "Slices of work",
    [
        Panel(
            title="Time to judge one event",
            description="Mean of each slice of work. The lines: 20,000 and 10,000 events/s on one core.",
            queries=quantiles("goldenhour_decide_seconds"),
            unit="s",
            steps=steps(50e-6, 100e-6),
        ),
        Panel(
            title="Time of one slice of work",
            description="Computing only. Nothing else runs meanwhile, heartbeats included, so it must stay far below the "
            "session timeout.",
            queries=quantiles("goldenhour_batch_seconds", by="agent", of=(0.5, 0.99)),
            unit="s",
            steps=steps(0.1, 0.5),
        ),
        Panel(
            title="Size of one slice of work",
            description="Records for the agent entry, events for keyed. Near the limit (slice_records_max) there is a backlog.",
            queries=quantiles("goldenhour_batch_records", by="agent", of=(0.5, 0.99)),
            unit="short",
            steps=steps(2_000, 5_000),
        ),
        Panel(
            title="Writes, until acknowledged",
            description="From handing a slice's records to the producer to the broker's last acknowledgement. Nothing counts as "
            "done "
            "before. At write_timeout_s (30 s) the worker ends itself.",
            queries=quantiles("goldenhour_write_seconds", by="agent", of=(0.5, 0.99)),
            unit="s",
            steps=steps(0.5, 5),
        ),
        Panel(
            title="Event loop delay",
            description="How much later than asked the event loop wakes a sleeper, looked at once a second. High: too little CPU.",
            queries=quantiles("goldenhour_event_loop_delay_seconds", of=(0.5, 0.99)),
            unit="s",
            steps=steps(0.1, 0.5),
        ),
        Panel(
            title="CPU",
            description="Cores in use by a worker. Python judges on one core: near 1 the worker is at its limit, so start "
            "another one.",
            queries={"rate(process_cpu_seconds_total[$__rate_interval])": "{{instance}}"},
            unit="none",
            steps=steps(0.8, 1),
        ),
    ],
)

_STATE: Final = Row(
    "State, memory and versions",
    [
        Panel(
            title="Keys in memory",
            description="Accounts, terminals and devices with state, by partition. Very unequal: a hot partition.",
            queries={"sum by (partition) (goldenhour_state_keys)": "{{partition}}"},
            unit="short",
            steps=steps(2_000_000, 5_000_000),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="State in memory",
            description="Bytes of stored state by partition, keys included; the process needs about twice their sum. The lines "
            "are a "
            "half and three quarters of the 2 GiB of docker-compose.yml.",
            queries={"sum by (partition) (goldenhour_state_bytes)": "{{partition}}"},
            unit="bytes",
            steps=steps(1 << 30, 3 << 29),
            is_stacked=True,
        ),
        Panel(
            title="Memory of the process",
            description="Resident memory of each worker; docker-compose.yml ends it at 2 GiB.",
            queries={"process_resident_memory_bytes": "{{instance}}"},
            unit="bytes",
            steps=steps(3 << 29, 15 << 27),
        ),
        Panel(
            title="Loading of state",
            description="How long the last loading of a partition's state took, at its last assignment. Nothing is judged on it "
            "meanwhile.",
            queries={"max by (partition) (goldenhour_recovery_seconds)": "{{partition}}"},
            unit="s",
            steps=steps(30, 300),
            alarm="GoldenHourLoadingState",
        ),
        Panel(
            title="Age of the process",
            description="Time since a worker started. A saw-tooth: it ends itself again and again; its log says why.",
            queries={"time() - process_start_time_seconds": "{{instance}}"},
            unit="s",
            steps=((None, "orange"), (600, "green")),
            is_line=False,
            alarm="GoldenHourWorkerKeepsRestarting",
        ),
        Panel(
            title="Versions",
            description="Policy, model (stored formats and detectors), core (compiled, or plain at half the speed), product and "
            "libraries, by worker. Two policies or models at once: a roll-out is under way.",
            queries={"goldenhour_build_info": ""},
            unit="none",
            steps=PLAIN,
            kind="table",
        ),
    ],
)

_AROUND: Final = Row(
    "The broker, the card switch and the desk",
    [
        Panel(
            title="Broker errors",
            description="What Kafka's client warned of or met as an error and tried again: lost connections, refused fetches, "
            "heartbeats that failed. A few at a rebalance are usual; a steady stream is a sick broker or network.",
            queries={count("goldenhour_client_warnings_total", "level"): "{{level}}"},
            unit="short",
            steps=steps(5, 50),
            is_line=False,
        ),
        Panel(
            title="Last heartbeat",
            description="Age of the last heartbeat that the group's coordinator accepted. At half the session timeout (5 s) the "
            "worker "
            "writes no more; it waits, or ends itself.",
            queries={"goldenhour_heartbeat_age_seconds": "{{instance}}"},
            unit="s",
            steps=steps(4, 5),
        ),
        Panel(
            title="Gateway: frames by outcome",
            description="What came from card switches. dead_letter: a message that the layout does not explain; cut_off: a "
            "connection "
            "broke inside one.",
            queries={rate("goldenhour_gateway_frames_total", "outcome"): "{{outcome}}"},
            unit="ops",
            steps=steps(1_000, 5_000),
            is_stacked=True,
            is_line=False,
        ),
        Panel(
            title="Gateway: waiting",
            description="Frames the broker has not confirmed, requests that wait for their response, and requests given up in "
            "the time "
            "between two points.",
            queries={
                "sum(goldenhour_gateway_unacknowledged_frames)": "unconfirmed",
                "sum(goldenhour_gateway_requests_waiting)": "waiting for a response",
                count("goldenhour_gateway_unanswered_requests_total"): "without a response",
            },
            unit="short",
            steps=steps(1_000, 2_000),
        ),
        Panel(
            title="Gateway: frame to the broker's word",
            description="From reading a frame to the broker's acknowledgement, after which the switch may forget it.",
            queries=quantiles("goldenhour_gateway_acknowledge_seconds", of=(0.5, 0.99)),
            unit="s",
            steps=steps(0.5, 5),
        ),
        Panel(
            title="Desk: time of a page",
            description="From a person's request to the answer, by kind of page; live updates are left out.",
            queries=quantiles("goldenhour_desk_page_seconds", by="page", of=(0.95,)),
            unit="s",
            steps=steps(0.5, 2),
        ),
        Panel(
            title="Desk: what people do",
            description="Acts by what they were, as the audit tells it. Refused ones: somebody tries what the role does not allow.",
            queries={count("goldenhour_desk_acts_total", "action, outcome"): "{{action}} {{outcome}}"},
            unit="short",
            steps=steps(100, 1_000),
            is_line=False,
        ),
        Panel(
            title="Desk: sign-ins",
            description="Persons who signed in, and sign-ins that failed: wrong, or too many had failed before. Many at night: "
            "tell "
            "security.",
            queries={
                count("goldenhour_desk_sign_ins_total"): "signed in",
                count("goldenhour_desk_failed_sign_ins_total", "reason"): "failed: {{reason}}",
            },
            unit="short",
            steps=steps(20, 100),
            is_line=False,
        ),
        Panel(
            title="Desk: lag and unreadable records",
            description="Records of its topics that the view has not taken in, and those it could not read.",
            queries={"sum(goldenhour_desk_lag_records)": "lag", "sum(goldenhour_desk_unreadable_records)": "unreadable"},
            unit="short",
            steps=steps(100, 1_000),
        ),
    ],
)

ENGINE: Final = Dashboard(
    name="engine",
    title="engine",
    description="How the machine runs: partitions, slices of work, state, the broker, and the doors to card switches and people.",
    rows=[_PARTITIONS, _SPEED, _STATE, _AROUND],
    variables=("instance", "topic"),
)
