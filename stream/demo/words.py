"""How the demo says the contract's codes to people who have not read the contract."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from models.records import Action, AlertTier, Role
from models.signal import yuan

TYPOLOGIES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "V1": ("safe account", "冒充公检法"),
        "V2": ("fake boss", "冒充老板"),
        "V3": ("ATM-guided transfer", "诱导ATM转账"),
        "V4": ("advance fee", "中奖手续费"),
        "V5": ("family emergency", "亲友急事"),
        "V6": ("fake official fee", "假公函培训费"),
        "V7": ("purchase fraud", "虚假购物"),
        "V8": ("loan fee", "贷款保证金"),
        "V9": ("tasks and investment", "刷单返利"),
        "V10": ("cash courier", "取现交付"),
        "X1": ("account takeover", "盗号转账"),
        "X2": ("coached enrolment", "新开网银被套"),
        "M1": ("pass-through", "快进快出"),
        "M2": ("fan-in", "分散转入集中转出"),
        "M3": ("fan-out", "集中转入分散转出"),
        "M4": ("probe then load", "小额测试"),
        "M5": ("sleeper wakes", "不动户突然启用"),
        "M6": ("device farm", "多账户同设备"),
        "M7": ("reported money", "涉案资金追踪"),
        "M8": ("matching mule", "跑分"),
        "W1": ("cash after credit", "到账即取"),
        "W2": ("many cards, one ATM", "多卡一机"),
        "W3": ("card set moves", "同卡组流动"),
        "W4": ("split location", "网银与取现异地"),
        "A1": ("unlimited cash", "无限取现"),
        "A2": ("switch tampering", "交换机篡改"),
    }
)
"""Typology -> its name in English and Chinese, as the detectors' own texts have it, only shorter."""

TIERS: Final[Mapping[AlertTier, str]] = MappingProxyType({1: "REMIND 1", 2: "HOLD   2", 3: "POLICE 3"})

ROLES: Final[Mapping[Role, str]] = MappingProxyType(
    {"VICTIM_SUSPECTED": "victim", "MULE_SUSPECTED": "mule", "TERMINAL": "machine", "DEVICE": "device"}
)

ACTIONS: Final[Mapping[Action, str]] = MappingProxyType(
    {
        "REMIND": "remind the customer",
        "HOLD": "hold the payment",
        "CALL_BACK": "call the customer back",
        "PATROL_TERMINAL": "send someone to the machine",
        "BLOCK_CASH": "block cash",
        "REVOKE": "revoke the transfer",
        "FREEZE_REQUEST": "ask the police for a stop-payment",
    }
)


def typology_name(typology: str) -> str:
    """Return id and both names, or the id alone where we have no name for it.

    >>> typology_name("M1")
    'M1 pass-through 快进快出'
    >>> typology_name("Z9")
    'Z9'
    """
    return " ".join((typology, *TYPOLOGIES.get(typology, ())))


def money(amount_minor: int, currency: str) -> str:
    """Return an amount with its currency.

    >>> money(4_980_000, "CNY")
    'CNY 49,800.00'
    """
    return f"{currency} {yuan(amount_minor)}"


def whole(amount_minor: int) -> str:
    """Return an amount without its minor part, rounded down, for tables.

    >>> whole(4_980_099)
    '49,800'
    """
    return f"{amount_minor // 100:,}"


def duration(seconds: float) -> str:
    """Return a time span for people: seconds below two minutes, then minutes, then hours.

    >>> [duration(seconds) for seconds in (5.4, 119, 725, 9_000)]
    ['5 s', '119 s', '12 min', '2.5 h']
    """
    if seconds < 119.5:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"


def milliseconds(seconds: float | None) -> str:
    """Return a latency, or a dash where nothing was measured.

    >>> milliseconds(0.0234), milliseconds(None)
    ('23 ms', '-')
    """
    return "-" if seconds is None else f"{seconds * 1_000:,.0f} ms"


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun.

    >>> counted(1, "alert"), counted(1_200, "alert"), counted(2, "reply", "replies")
    ('1 alert', '1,200 alerts', '2 replies')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"
