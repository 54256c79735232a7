"""The last part of the page: positions, versions and hashes of everything, and the command that checks them."""

from html import escape

from stream.evaluation.page_parts import table
from stream.evidence.checks import NUMBERED
from stream.evidence.facts import Facts
from stream.evidence.form import OUTPUT_TOPICS
from stream.evidence.watching import name_of


def _code(words: str) -> str:
    return f"<code>{escape(words)}</code>"


def hashes(facts: Facts, digest: str) -> str:
    """Return where every record lay, how it is chained, and by what it was decided. digest: of the bundle's file."""
    bundle = facts.bundle
    made = ", ".join(f"{name} {value}" for name, value in sorted(bundle.case.made_with.items()))
    rows = [
        ["证据包 bundle", _code(digest)],
        [f"策略 policy {escape(bundle.policy.version)}", _code(bundle.policy.sha256)],
        ["程序 made with", escape(made)],
    ]
    check = "goldenhour verify FILE --sha256 HEX --log TRANSACTIONS"
    words = (
        "<p>链：每条记录含自身内容的 SHA-256，及同一分区前一条的链值；缺失、改动或调换均可发现。 "
        "<span class='soft'>Each record holds the SHA-256 of its content and the link of the one before it in its "
        f"partition, so that a loss, a change or a swap is seen. Check it, and derive it again, with</span> {_code(check)}</p>"
    )
    return table(("", "SHA-256"), rows) + words + _statements(facts) + _inputs(facts)


def _statements(facts: Facts) -> str:
    rows = []
    for part, topic in OUTPUT_TOPICS.items():
        identifier, number = NUMBERED[part]
        for _, record in {"alerts": facts.alerts, "freeze_requests": facts.requests, "traces": facts.traces}[part]:
            source, chain = record.get("source"), record.get("chain", {})
            lay = f"{source['topic']} {source['partition']}:{source['offset']}" if source else "–"
            place = f"{chain.get('partition', '–')}:{chain.get('number', '–')}"
            rows.append(
                [
                    f"{topic} {escape(str(record[identifier]))} {record[number]}",
                    escape(lay),
                    place,
                    _code(chain.get("sha256", "–")),
                    _code(chain.get("before", "–")),
                ]
            )
    names = ("陈述 statement", "触发记录 from", "链位 chain", "内容 content", "前一条链值 before")
    return table(names, rows)


def _inputs(facts: Facts) -> str:
    if not facts.inputs:
        return "<p>未附交易记录。 <span class='soft'>No transactions were given.</span></p>"
    rows = []
    for entry, record in facts.inputs:
        arrived = facts.local(entry.arrived_at) if entry.arrived_at else "–"
        rows.append(
            [_code(name_of(record)), f"{entry.topic} {entry.partition}:{entry.offset}", escape(arrived), _code(entry.sha256)]
        )
    return table(("收到的记录 received", "位置 position", "到达 arrived", "SHA-256"), rows)
