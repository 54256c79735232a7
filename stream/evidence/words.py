"""The contract's codes in Chinese and English, for people who have not read the contract."""

from collections.abc import Mapping
from typing import Final

from stream.demo.words import TYPOLOGIES

Said = tuple[str, str]
"""The same in Chinese and English."""

ROLES: Final[Mapping[str, Said]] = {
    "VICTIM_SUSPECTED": ("疑似受害人", "suspected victim"),
    "MULE_SUSPECTED": ("疑似涉案账户", "suspected mule"),
    "TERMINAL": ("自助设备", "cash machine"),
    "DEVICE": ("终端设备", "device"),
}
TIERS: Final[Mapping[int, Said]] = {
    1: ("一级：提醒", "tier 1: remind"),
    2: ("二级：网点主管暂缓", "tier 2: the manager holds"),
    3: ("三级：报警", "tier 3: police"),
}
ACTIONS: Final[Mapping[str, Said]] = {
    "REMIND": ("提醒客户", "remind the customer"),
    "HOLD": ("暂缓支付", "hold the payment"),
    "CALL_BACK": ("回拨核实", "call the customer back"),
    "PATROL_TERMINAL": ("派员到设备现场", "send someone to the machine"),
    "BLOCK_CASH": ("限制取现", "block cash"),
    "REVOKE": ("撤销转账", "revoke the transfer"),
    "FREEZE_REQUEST": ("申请紧急止付", "ask for a stop-payment"),
    "RECALL": ("请求对方银行退回", "ask the other bank to send it back"),
    "KEEP_PICTURE": ("保存监控录像", "keep the camera's picture"),
}
WAYS: Final[Mapping[str, Said]] = {
    "TRANSFER": ("转入本行被追踪账户", "to an account that is followed"),
    "ELSEWHERE": ("转往他行", "to another bank"),
    "CASH": ("取现", "as cash"),
    "FAIR_TRADE": ("正常交易", "in fair trade"),
    "FLOOR": ("金额过小，不再追踪", "in a part too small to follow"),
    "DEPTH": ("层级过深，不再追踪", "deeper than is followed"),
    "UNSEEN": ("无记录的流出", "by no record we saw"),
}
DIRECTIONS: Final[Mapping[str, Said]] = {"IN": ("转入", "in"), "OUT": ("转出", "out")}
STATES: Final[Mapping[str, Said]] = {"PROPOSED": ("建议止付", "proposed"), "WITHDRAWN": ("撤回建议", "withdrawn")}
STATUSES: Final[Mapping[str, Said]] = {
    "REQUESTED": ("（申请）", " (requested)"),
    "APPROVED": ("", ""),
    "DECLINED": ("（被拒绝）", " (declined)"),
    "REVERSED": ("（冲正，退回全额）", " (reversed, all of it given back)"),
}
CHANNELS: Final[Mapping[str, Said]] = {
    "ATM": ("自助设备", "ATM"),
    "MOBILE": ("手机银行", "mobile"),
    "WEB": ("网上银行", "web"),
    "COUNTER": ("柜台", "counter"),
    "POS": ("POS", "POS"),
    "API": ("接口", "API"),
    "BATCH": ("批量", "batch"),
}
EVENTS: Final[Mapping[str, Said]] = {
    "LOGIN": ("登录", "logged in"),
    "DEVICE_BOUND": ("绑定新设备", "bound a device"),
    "PAYEE_ADDED": ("新增收款人", "added a payee"),
    "LIMIT_RAISED": ("提高限额", "raised the limit"),
    "PASSWORD_RESET": ("重置密码", "reset the password"),
    "PHONE_CHANGED": ("更换手机号", "changed the phone number"),
    "EBANK_ENROLLED": ("开通网银", "enrolled in online banking"),
    "DEPOSIT_BROKEN": ("提前支取定期存款", "broke a deposit"),
}
VERDICTS: Final[Mapping[str, Said]] = {
    "FRAUD": ("属于诈骗", "fraud"),
    "LEGITIMATE": ("属于正常", "legitimate"),
    "UNKNOWN": ("尚不明确", "unknown"),
}
STAGES: Final[Mapping[str, Said]] = {"REMIND": ("提醒", "reminder"), "MANAGER": ("主管", "manager"), "POLICE": ("警方", "police")}
OUTCOMES: Final[Mapping[str, Said]] = {
    "STOPPED": ("客户停止付款", "the customer stopped"),
    "PROCEEDED": ("付款继续", "it went ahead"),
    "REFUSED": ("客户不听劝阻", "the customer refused"),
}
ANSWERS: Final[Mapping[str, Said]] = {
    "ACKNOWLEDGED": ("已收到", "acknowledged"),
    "REJECTED": ("不予止付", "rejected"),
    "MISMATCH": ("要素不符", "the fields do not match"),
    "NEED_INFO": ("需补充材料", "more is needed"),
    "EXECUTED": ("已止付", "executed"),
    "RELEASED": ("已解除", "released"),
    "EXPIRED": ("已到期", "expired"),
}
CONTROLS: Final[Mapping[str, Said]] = {
    "SNOOZE": ("暂停提示", "snoozed"),
    "UNSNOOZE": ("恢复提示", "unsnoozed"),
    "APPROVE_PROTECTED": ("同意对受保护账户提出止付", "approved a request on a protected account"),
}


def said(table: Mapping[str, Said], code: str) -> Said:
    """Return a code's words; the code itself where we have none for it."""
    return table.get(code, (code, code))


def typology(code: str) -> Said:
    """Return a pattern's id and name.

    >>> typology("M1"), typology("Z9")
    (('M1 快进快出', 'M1 pass-through'), ('Z9', 'Z9'))
    """
    english, chinese = TYPOLOGIES.get(code, ("", ""))
    return f"{code} {chinese}".strip(), f"{code} {english}".strip()
