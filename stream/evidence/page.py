"""The evidence as one page, Chinese and English side by side: no script, nothing fetched, prints on A4; it adds nothing."""

from collections.abc import Sequence
from html import escape

from stream.demo.words import counted
from stream.evaluation.page_parts import cells, figure, section, table
from stream.evidence import page_hashes, pictures, words
from stream.evidence.facts import Facts, Record, money
from stream.evidence.form import Bundle
from stream.evidence.telling import Moment, news, story
from stream.evidence.words import said

_STYLE = """
:root{color-scheme:light}
body{font:13.5px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;color:#1d2733;max-width:1000px;margin:1.5rem auto;
padding:0 1rem;background:#fff}
h1{font-size:1.5rem;margin:0}h2{font-size:1.08rem;margin:1.6rem 0 .4rem;border-bottom:2px solid #1d2733;padding-bottom:.15rem}
h3{font-size:.95rem;margin:1rem 0 .2rem}p{margin:.25rem 0}.soft{color:#5b6875}
table{border-collapse:collapse;margin:.4rem 0;width:100%;font-size:12px}
th,td{padding:.22rem .45rem;border-bottom:1px solid #dfe4ea;text-align:left;vertical-align:top}
th{font-weight:600;border-bottom-color:#5b6875}td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
code{font:11px/1.35 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}code.w{overflow-wrap:normal}
.t{white-space:nowrap;font-variant-numeric:tabular-nums}
.band{background:#f3f5f8;border:1px solid #dfe4ea;padding:.5rem .8rem;margin:.8rem 0}.tier3{color:#c0392b;font-weight:600}
.tier2{color:#a86b00;font-weight:600}.open{background:#fdeceA;border-color:#c0392b}
svg{width:100%;height:auto;display:block;margin:.4rem 0}figure{margin:0;break-inside:avoid}tr{break-inside:avoid}
.wide{overflow-x:auto}
@page{size:A4;margin:14mm 12mm}
@media print{body{margin:0;max-width:none;padding:0;font-size:9.5pt}
h2,h3{break-after:avoid}table{font-size:8.5pt}code{font-size:7.5pt}}
""".strip()


def page(bundle: Bundle, digest: str) -> str:
    """Return the page. digest: the SHA-256 of the bundle's file."""
    facts = Facts(bundle)
    moments = story(facts)
    parts = [
        _head(facts, digest),
        section("案情摘要 · Whom it is about", _subjects(facts)),
        section(f"经过 · What happened ({facts.zone_name})", _story(facts, moments)),
        section(
            "时间线 · Timeline", _picture(pictures.timeline(facts, moments), "间隔较长处已缩短。 Long silences are drawn shorter.")
        ),
        section(
            "资金流向 · The way of the money", _picture(pictures.money_flow(facts), "数额以元计。 Amounts in whole major units.")
        ),
        section("紧急止付建议与匹配要素 · Freeze requests and match fields", _requests(facts)),
        section("资金现状与可采取的措施 · Where the money is, and what can still be done", _traces(facts)),
        section("理由 · Reasons", _reasons(facts)),
        section("已核对的正常情形 · Counter-evidence", _counter_evidence(facts)),
        section("来源与校验 · Where it comes from, and how to check it", page_hashes.hashes(facts, digest)),
    ]
    title = f"Golden Hour evidence {escape(bundle.case.case_id)}"
    return (
        f'<!doctype html>\n<html lang="zh"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style></head>\n'
        f"<body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _head(facts: Facts, digest: str) -> str:
    head = facts.bundle.case
    lines = [f"<h1>证据材料 · Evidence &nbsp;<code>{escape(head.case_id)}</code></h1>"]
    asked = [row for row in facts.last_requests if row["state"] == "PROPOSED"]
    subjects, accounts = len({row["subject"]["id"] for row in facts.last_alerts}), len(asked)
    zh, en = f"{subjects} 个预警对象", counted(subjects, "subject")
    if asked:
        amount = money(sum(row["requested_amount_minor"] for row in asked), asked[0]["currency"])
        zh, en = (
            f"{zh}，建议止付 {accounts} 个账户共 {amount}",
            f"{en}; {amount} asked to be stopped on {counted(accounts, 'account')}",
        )
    lines.append(f"<p>{escape(zh)}。 <span class='soft'>{escape(en)}.</span></p>")
    if head.identifiers == "OPENED":
        words_ = (
            f"账户已按案件编号 {head.case_ref} 公开，事由：{head.reason}。 Identifiers opened under {head.case_ref}: {head.reason}."
        )
        lines.append(f'<div class="band open">{escape(words_)}</div>')
    else:
        words_ = (
            "账户、卡号、人员标识均已遮盖；同一编号（#1、#2…）为同一对象。 Identifiers are masked; the same number is the same one."
        )
        lines.append(f'<div class="band">{escape(words_)}</div>')
    lines.append(
        "<p class='soft'>模型判断由交易数据推导，供人工决定，不作结论。 "
        "Derived from transactions for people to decide on; no verdict.</p>"
        f"<p class='soft'>SHA-256 <code>{digest}</code></p>"
    )
    return "\n".join(lines)


def _both(pair: tuple[str, str]) -> str:
    return f"{escape(pair[0])}<br><span class='soft'>{escape(pair[1])}</span>" if pair[0] != pair[1] else escape(pair[0])


def _number(words_: str) -> str:
    return f'<span class="t">{escape(words_)}</span>'


def _subjects(facts: Facts) -> str:
    rows = []
    for row in facts.last_alerts:
        tier = f'<span class="tier{row["tier"]}">{_both(words.TIERS[row["tier"]])}</span>'
        rows.append(
            [
                _both(said(words.ROLES, row["subject"]["role"])),
                f"<code>{escape(row['subject']['id'])}</code>",
                _both(words.typology(row["typology"])),
                tier,
                _number(f"{row['score']:.4f}"),
                _number(money(row["amount_at_risk_minor"], row["currency"])),
                _both(said(words.ACTIONS, row["recommended_action"])),
            ]
        )
    names = ("角色 role", "对象 subject", "手法 pattern", "级别 tier", "评分 score", "涉险 at risk", "建议 action")
    return table(names, rows)


def _story(facts: Facts, moments: Sequence[Moment]) -> str:
    rows = [[_number(facts.local(row.time)), escape(row.zh), escape(row.en)] for row in moments]
    left = len(facts.alerts) + len(facts.requests) - sum(map(len, news(facts)))
    words_ = (
        f"另有 {left} 次内容相近的更新未列出，见证据包。 {counted(left, 'further statement')} of the same tenor: see the bundle."
    )
    return table(("时间 time", "经过", "what happened"), rows) + (f"<p class='soft'>{escape(words_)}</p>" if left else "")


def _picture(picture: str, words_: str) -> str:
    if not picture:
        return "<p class='soft'>无可画内容。 Nothing to draw.</p>"
    return figure(picture) + f"<p class='soft'>{escape(words_)}</p>"


def _requests(facts: Facts) -> str:
    if not facts.last_requests:
        return "<p>未提出止付建议。 <span class='soft'>No freeze request was made.</span></p>"
    return "".join(_request(facts, row) for row in facts.last_requests)


def _request(facts: Facts, row: Record) -> str:
    zh, en = said(words.STATES, row["state"])
    target = row["target"]
    bank = f"，{target['bank']}" if "bank" in target else ""
    head = (
        f"<h3>{escape(zh)} · {escape(en)}: <code>{escape(target['account'])}</code>{escape(bank)} — "
        f"{escape(money(row['requested_amount_minor'], row['currency']))}</h3>"
        f"<p class='soft'>{escape(row['request_id'])} 第 {row['sequence']} 次 sequence {row['sequence']}，"
        f"有效至 valid until {escape(facts.local(row['valid_until']))}</p>"
    )
    rows = [
        [
            _number(facts.local(part["booked_at"])),
            _number(" ".join(said(words.DIRECTIONS, part["direction"]))),
            _number(money(part["amount_minor"], row["currency"])),
            f"<code>{escape(part['counterparty_account'])}</code>",
            escape(part.get("counterparty_bank", "")),
            str(part["hop"]),
            f"<code>{escape(part['event_id'])}</code>",
        ]
        for part in row["transactions"]
    ]
    names = ("入账时间 booked", "方向 direction", "金额 amount", "对方账户 counterparty", "对方行 bank", "层级 hop", "流水 event")
    return head + table(names, rows)


def _traces(facts: Facts) -> str:
    if not facts.last_traces:
        return "<p>未收到报案，未追踪资金。 <span class='soft'>No payment was reported, so no money was traced.</span></p>"
    names = ("账户 account", "层级 hop", "收到 received", "仍在 still here", "另法 by the other rule", "去向 where it went")
    rows = []
    for row in facts.last_traces:
        left = [
            f"{escape(money(part['amount_minor'], row.get('currency')))} {escape(' '.join(said(words.WAYS, part['way'])))}"
            for part in row.get("left", ())
        ]
        sums = ("received_minor", "still_here_minor", "other_still_here_minor")
        rows.append(
            [
                f"<code>{escape(row['account'])}</code>",
                str(row["hop"]),
                *(_number(money(row.get(name, 0), row.get("currency"))) for name in sums),
                "<br>".join(left) or ("–" if row["hop"] else "被举报款项的付款账户 paid what was reported"),
            ]
        )
    return table(names, rows) + _remedies(facts)


def _remedies(facts: Facts) -> str:
    rows = []
    for trace in facts.last_traces:
        for row in trace.get("remedies", ()):
            closes = facts.local(row["closes_at"]) if "closes_at" in row else "–"
            about = row.get("account") or row.get("terminal") or row.get("bank") or trace["account"]
            amount = money(row["amount_minor"], trace.get("currency"))
            named = said(words.ACTIONS, row["remedy"])
            rows.append([_both(named), f"<code>{escape(about)}</code>", _number(amount), _number(closes)])
    if not rows:
        return "<p>已无可采取的措施。 <span class='soft'>Nothing can be done any more.</span></p>"
    return table(("措施 what", "对象 about", "可保全 can save", "截止 until"), rows)


def _reasons(facts: Facts) -> str:
    parts = []
    for row in facts.last_alerts:
        zh, en = words.typology(row["typology"])
        stamp = row["detector"]
        parts.append(
            f"<h3>{escape(zh)} · {escape(en)} — <code>{escape(row['subject']['id'])}</code></h3>"
            f"<p class='soft'>{escape(stamp['name'])} {escape(stamp['version'])}, policy {escape(stamp['policy_version'])}</p>"
        )
        rows = [
            [
                f'<code class="w">{escape(reason["code"]).replace("_", "_<wbr>")}</code>',
                escape(reason["zh"]),
                escape(reason["en"]),
                _number(_short(reason["value"])),
                _number(_short(reason["threshold"])),
                _number(f"{reason['window_s']:,} s" if "window_s" in reason else "–"),
            ]
            for reason in row["reasons"]
        ]
        parts.append(table(("代码 code", "理由", "reason", "实测 value", "阈值 threshold", "窗口 window"), rows))
    return "".join(parts)


def _short(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def _counter_evidence(facts: Facts) -> str:
    rows = [
        [*cells(row["lookalike"], row["subject"]), escape(row["zh"]), escape(row["en"])]
        for row in (
            {**part, "subject": alert["subject"]["id"]} for alert in facts.last_alerts for part in alert["counter_evidence"]
        )
    ]
    if not rows:
        return "<p>无。 <span class='soft'>None was to be checked.</span></p>"
    return table(("编号", "对象 subject", "正常情形及为何不适用", "look-alike, and why it does not apply"), rows)
