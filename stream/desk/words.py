"""The words of the desk in Chinese and English: labels, states, and what a refused form says. No accusation."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from models.signal import yuan
from stream.demo.words import TYPOLOGIES


class Said(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


LANGUAGES: Final = ("zh", "en")

_WORDS: Final[Mapping[str, Said]] = MappingProxyType(
    {
        "desk": Said("黄金半小时 · 反诈工作台", "Golden Hour · anti-fraud desk"),
        "queue": Said("待办", "Queue"),
        "show_open": Said("待办案件", "Open"),
        "show_done": Said("已办结", "Done"),
        "show_all": Said("全部(含提醒)", "All, reminders too"),
        "search": Said("查找", "Search"),
        "search_hint": Said("案件、预警、止付请求、案件编号或账户", "Case, alert, request, police reference or account"),
        "sign_in": Said("登录", "Sign in"),
        "sign_out": Said("退出", "Sign out"),
        "name": Said("用户名", "Name"),
        "password": Said("密码", "Password"),
        "other_language": Said("English", "中文"),
        "case": Said("案件", "Case"),
        "clock": Said("剩余时间", "Clock"),
        "reachable": Said("尚可追回", "Still reachable"),
        "held": Said("已止付", "Held"),
        "state": Said("状态", "State"),
        "what": Said("情形", "Pattern"),
        "subject": Said("对象", "Subject"),
        "raised": Said("首次预警", "First raised"),
        "tier": Said("级别", "Tier"),
        "nothing_here": Said("目前没有案件。", "Nothing here at the moment."),
        "found_none": Said("没有找到。请核对后重试。", "Nothing found. Check the text and try again."),
        "more_left_out": Said("其余未列出，请用查找。", "more are not listed; use the search."),
        "story": Said("案情", "Story"),
        "why": Said("依据", "Reasons"),
        "counter_evidence": Said("已排除的正常情形", "Look-alikes checked and ruled out"),
        "events": Said("证据事件", "Evidence"),
        "no_counter_evidence": Said("没有需要排除的正常情形。", "No look-alike had to be ruled out."),
        "code": Said("代码", "Code"),
        "value": Said("数值", "Value"),
        "threshold": Said("阈值", "Threshold"),
        "window": Said("时间窗", "Window"),
        "timeline": Said("经过", "Timeline"),
        "money_flow": Said("资金流向", "Money flow"),
        "no_flow": Said("暂无资金流向。", "No money flow known yet."),
        "flow_more": Said("另有未画出的去向：", "Further ways not drawn: "),
        "remedies": Said("可采取的措施", "Remedies"),
        "no_remedies": Said("暂无可采取的措施。", "No remedy known."),
        "remedy": Said("措施", "Remedy"),
        "amount": Said("金额", "Amount"),
        "until": Said("截止", "Until"),
        "where": Said("位置", "Where"),
        "closed_already": Said("已过期", "too late"),
        "requests": Said("止付请求", "Freeze requests"),
        "asked": Said("请求金额", "Asked for"),
        "target": Said("目标账户", "Target account"),
        "match_fields": Said("匹配要素(按入账记录)", "Match fields, exactly as booked"),
        "booked_at": Said("入账时间", "Booked at"),
        "direction": Said("方向", "Direction"),
        "counterparty": Said("对手方", "Counterparty"),
        "hop": Said("级", "Hop"),
        "evidence": Said("事件", "Event"),
        "valid_until": Said("有效期至", "Valid until"),
        "ends_at": Said("止付到期", "Stop ends"),
        "order_no": Said("文书号", "Order number"),
        "authority": Said("机关", "Authority"),
        "held_amount": Said("止付金额(元)", "Amount held (yuan)"),
        "reason": Said("理由", "Reason"),
        "mismatch_fields": Said("不符要素(逗号分隔)", "Fields that do not match (commas between)"),
        "approvals": Said("已同意", "Approved by"),
        "odd": Said("请留意", "Please look"),
        "stops": Said("该账户已止付次数", "Stop-payments of this account"),
        "act": Said("办理", "Act"),
        "approve": Said("同意提请止付", "Approve the request"),
        "order_anew": Said("重新提请止付(曾被退回或解除)", "Order the request anew (it was rejected or released)"),
        "withdraw": Said("撤回(核实无异常)", "Withdraw: found legitimate"),
        "answer": Said("答复止付请求", "Answer the request"),
        "dissuasion": Said("劝止步骤", "Dissuasion step"),
        "snooze": Said("暂停此类提示(小时)", "Snooze this kind (hours)"),
        "stage": Said("步骤", "Step"),
        "outcome": Said("结果", "Outcome"),
        "verdict": Said("认定", "Finding"),
        "record_it": Said("记录", "Record"),
        "identifiers": Said("账号", "Identifiers"),
        "open_identifiers": Said("显示完整账号", "Show identifiers"),
        "identifiers_masked": Said(
            "账号已隐藏。填写案件编号后可查看三十分钟，查看将被记录。",
            "Identifiers are masked. Give a case reference to see them for thirty minutes; this is recorded.",
        ),
        "identifiers_open": Said("账号已显示，依据案件编号：", "Identifiers are shown under case reference: "),
        "case_ref": Said("案件编号", "Case reference"),
        "held_back": Said("因预警额度推迟", "held back by the alert budget for"),
        "done": Said("已记录。", "Recorded."),
        "reload": Said("刷新", "Reload"),
        "loading": Said("正在读取记录，案件可能不全。", "Still reading the topics; cases may be missing."),
        "stale": Said("与消息系统的连接中断，内容可能过时。", "No connection to Kafka; what you see may be out of date."),
        "overdue": Said("逾期", "overdue"),
        "telephone": Said("无人答复，请电话联系公安联络人。", "Nobody answered in time: telephone the liaison."),
        "advice": Said("建议", "Advice"),
        "detector": Said("检测器", "Detector"),
        "policy": Said("规则版本", "Policy"),
        "at_risk": Said("涉险金额", "At risk"),
        "score": Said("风险分", "Score"),
        "read_only": Said("只读用户，不能办理。", "Read-only: nothing to do here."),
        "bank": Said("银行", "Bank"),
        "account": Said("账户", "Account"),
        "here": Said("尚在", "here"),
        "received": Said("流入", "received"),
        "general_reminder": Said("不轻信、不泄露、不转账，要及时报案。", "Do not trust, do not leak, do not transfer; do report."),
        "atm_talk": Said(
            "一问办理何业务；二看举止、看电话或字条；三提醒防骗、向亲友核实、确认后再汇。",
            "Ask what business; watch manner, phone and notes; remind to beware, to check with family, to confirm before sending.",
        ),
        # What a refused form or sign-in says.
        "wrong_sign_in": Said("用户名或密码不对。", "Name or password is wrong."),
        "too_many": Said("尝试次数过多，请稍后再试。", "Too many attempts; try again later."),
        "signed_out": Said("登录已失效，请重新登录。", "Your session has ended; please sign in again."),
        "forbidden": Said("您的角色不能办理此事。", "Your role may not do this."),
        "not_found": Said("没有这个页面。", "There is no such page."),
        "bad_token": Said("表单已失效，请返回后重试。", "The form has expired; go back and try again."),
        "not_written": Said(
            "消息系统没有确认，请勿视为已办理。请查看案件后重试。",
            "Kafka did not confirm it: do not count on it. Look at the case, then try again.",
        ),
        "no_users": Said("用户文件无法读取，请联系管理员。", "The users file cannot be read; tell the administrator."),
        "nothing_to_approve": Said("本案没有可提请止付的账户。", "There is no account to approve a request for."),
        "approved_already": Said("您已同意，需另一人同意。", "You have approved it already; another person must."),
        "stops_used_up": Said("该账户已被止付两次,依规不得再次提请。", "The account has borne two stops; there is no third."),
        "reason_missing": Said("请填写理由。", "Please give a reason."),
        "choice_missing": Said("请完整选择。", "Please choose from the lists."),
        "not_valid": Said("填写内容不符合规定。", "What was filled in is not valid."),
        "too_long": Said("文字过长。", "The text is too long."),
        "not_an_amount": Said("金额格式不对，例如 44800.00。", "Not an amount; write 44800.00."),
        "not_a_time": Said("时间格式不对，例如 2026-03-04T09:30。", "Not a time; write 2026-03-04T09:30."),
        # Codes of the contract and of the board.
        "OPEN": Said("待处理", "Open"),
        "CLOSED": Said("已结束", "Closed"),
        "GONE": Said("已解除", "Lifted"),
        "PROPOSED": Said("已提请", "Proposed"),
        "TIMED_OUT": Said("逾期未复", "Overdue"),
        "ACKNOWLEDGED": Said("已收到", "Acknowledged"),
        "REJECTED": Said("不予止付", "Rejected"),
        "MISMATCH": Said("要素不符", "Mismatch"),
        "NEED_INFO": Said("需补充", "Needs information"),
        "EXECUTED": Said("已止付", "Executed"),
        "RELEASED": Said("已解除止付", "Released"),
        "EXPIRED": Said("止付到期", "Expired"),
        "WITHDRAWN": Said("已撤回", "Withdrawn"),
        "VALID_UNTIL": Said("请求有效期", "request valid"),
        "HOLD": Said("暂缓", "hold"),
        "REMEDY": Said("措施时限", "remedy"),
        "STOP_ENDS": Said("止付到期", "stop ends"),
        "VICTIM_SUSPECTED": Said("疑似受害人", "possible victim"),
        "MULE_SUSPECTED": Said("疑似涉案账户", "receiving account"),
        "TERMINAL": Said("自助机具", "machine"),
        "DEVICE": Said("设备", "device"),
        "TIER_1": Said("提醒", "Remind"),
        "TIER_2": Said("网点负责人", "Manager"),
        "TIER_3": Said("公安", "Police"),
        "REMIND": Said("提醒", "Remind"),
        "MANAGER": Said("网点负责人劝止", "Manager dissuades"),
        "POLICE": Said("民警劝止", "Police dissuade"),
        "STOPPED": Said("已劝止，未付款", "Stopped: not paid"),
        "PROCEEDED": Said("已付款", "Proceeded: paid"),
        "REFUSED": Said("客户不听劝止", "Refused: would not listen"),
        "UNKNOWN": Said("尚未认定", "Not decided"),
        "FRAUD": Said("确认诈骗", "Fraud"),
        "LEGITIMATE": Said("核实无异常", "Legitimate"),
        "IN": Said("入", "in"),
        "OUT": Said("出", "out"),
        "ELSEWHERE": Said("他行", "other bank"),
        "CASH": Said("取现", "cash"),
        "FAIR_TRADE": Said("正常交易", "fair trade"),
        "FLOOR": Said("小额", "small parts"),
        "DEPTH": Said("层级过深", "too deep"),
        "UNSEEN": Said("无记录的流出", "no record"),
        "REMEDY_HOLD": Said("暂缓付款", "Hold the payment"),
        "REMEDY_REVOKE": Said("撤销转账", "Revoke the transfer"),
        "REMEDY_FREEZE_REQUEST": Said("限额止付", "Limited stop-payment"),
        "REMEDY_RECALL": Said("请他行退回", "Ask the other bank to send it back"),
        "REMEDY_PATROL_TERMINAL": Said("派人到机具", "Send someone to the machine"),
        "REMEDY_KEEP_PICTURE": Said("调取并保存录像", "Keep the camera's picture"),
        "ACTION_REMIND": Said("提醒客户", "remind the customer"),
        "ACTION_HOLD": Said("暂缓付款", "hold the payment"),
        "ACTION_CALL_BACK": Said("回拨核实", "call the customer back"),
        "ACTION_PATROL_TERMINAL": Said("派人到机具", "send someone to the machine"),
        "ACTION_BLOCK_CASH": Said("限制取现", "block cash"),
        "ACTION_REVOKE": Said("撤销转账", "revoke the transfer"),
        "ACTION_FREEZE_REQUEST": Said("提请限额止付", "ask the police for a limited stop-payment"),
        "BANK_DESK": Said("银行反诈岗", "Bank desk"),
        "MANAGER_ROLE": Said("负责人", "Manager"),
        "LIAISON": Said("公安联络人", "Police liaison"),
        "READ_ONLY": Said("只读", "Read-only"),
        "SNOOZE": Said("暂停提示", "Snoozed"),
        "UNSNOOZE": Said("恢复提示", "Snooze ended"),
        "APPROVE_REQUEST": Said("批准或重新提请止付", "Approved the request, or ordered it anew"),
        "APPROVE_PROTECTED": Said("同意提请止付", "Approved the request"),
        "EXECUTED_AFTER_WITHDRAWAL": Said("撤回之后仍执行了止付", "Executed after we had withdrawn"),
        "UNEXPECTED_STEP": Said("答复与此前状态不衔接", "The answer does not follow from the state before"),
        "HELD_MORE_THAN_ASKED": Said("止付金额超过请求金额", "More was held than asked for"),
        "NO_END_GIVEN": Said("未写明止付到期时间", "No end of the stop-payment was given"),
        "TWO_ANSWERS_UNDER_ONE_NUMBER": Said("同一序号有两份答复", "Two answers under one number"),
    }
)


def word(key: str, language: str) -> str:
    """Return a word in a language; a code that we have no word for stands for itself.

    >>> word("EXECUTED", "zh"), word("EXECUTED", "en"), word("NEWCODE", "en")
    ('已止付', 'Executed', 'NEWCODE')
    """
    said = _WORDS.get(key)
    return key if said is None else said.zh if language == "zh" else said.en


def typology(code: str, language: str) -> str:
    """Return a typology's id with its name.

    >>> typology("M1", "zh"), typology("Z9", "en"), typology("", "en")
    ('M1 快进快出', 'Z9', '')
    """
    en, zh = TYPOLOGIES.get(code, ("", ""))
    return f"{code} {zh if language == 'zh' else en}".strip()


def money(amount_minor: int, currency: str) -> str:
    """Return an amount with its currency.

    >>> money(4_980_000, "CNY")
    '¥49,800.00'
    """
    return f"¥{yuan(amount_minor)}" if currency == "CNY" else f"{currency} {yuan(amount_minor)}".strip()


def span(left_us: int, language: str) -> str:
    """Return how long something still takes: minutes and seconds below an hour, then hours, then days.

    >>> [span(left_s * 1_000_000, "en") for left_s in (65, 5_400, 200_000)]
    ['1 min 05 s', '1 h 30 min', '2 d 7 h']
    >>> span(65_000_000, "zh")
    '1分05秒'
    """
    left_s = max(0, left_us // 1_000_000)
    is_zh = language == "zh"
    if left_s < 3_600:
        return f"{left_s // 60}分{left_s % 60:02d}秒" if is_zh else f"{left_s // 60} min {left_s % 60:02d} s"
    if left_s < 172_800:
        return f"{left_s // 3600}小时{left_s % 3600 // 60}分" if is_zh else f"{left_s // 3600} h {left_s % 3600 // 60} min"
    return f"{left_s // 86400}天{left_s % 86400 // 3600}小时" if is_zh else f"{left_s // 86400} d {left_s % 86400 // 3600} h"


def window(length_s: int, language: str) -> str:
    """Return the length of a window in the largest unit that it is whole in.

    >>> [window(length_s, "en") for length_s in (1_800, 86_400, 5_400)], window(1_800, "zh")
    (['30 min', '1 d', '90 min'], '30分钟')
    """
    units = ((86_400, "天", " d"), (3_600, "小时", " h"), (60, "分钟", " min"), (1, "秒", " s"))
    unit_s, zh, en = next(unit for unit in units if length_s % unit[0] == 0)
    return f"{length_s // unit_s}{zh if language == 'zh' else en}"


def number(value: float) -> str:
    """Return a measured value for people: whole numbers in full, others to four digits.

    >>> number(0.96123), number(4_980_000), number(10_000.0)
    ('0.9612', '4,980,000', '10,000')
    """
    return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"


MONEY_REASONS: Final = frozenset({"TAINT", "NEW_PAYEE"})
"""Reasons whose value and threshold are sums, in minor units."""


def measured(code: str, value: float, currency: str) -> str:
    """Return a reason's value or threshold for people: a sum as money, else a number.

    >>> measured("TAINT", 4_980_000, "CNY"), measured("OUT_IN_RATIO", 0.96123, "CNY")
    ('¥49,800.00', '0.9612')
    """
    return money(round(value), currency) if code in MONEY_REASONS else number(value)


def keys() -> frozenset[str]:
    """Return every key that has words."""
    return frozenset(_WORDS)
