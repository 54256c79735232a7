"""What codes of core systems usually mean; a code that is not here is asked about, never guessed."""

from typing import Final

KINDS: Final[dict[str, str]] = {
    **dict.fromkeys(("TRANSFER", "TRF", "TFR", "XFER", "ZZ", "转账", "转出", "转入", "汇款", "跨行转账", "DEBIT"), "TRANSFER"),
    **dict.fromkeys(
        (
            "CASH_OUT",
            "CASHOUT",
            "WITHDRAWAL",
            "WDL",
            "CWD",
            "CWDL",
            "QK",
            "取款",
            "取现",
            "ATM取款",
        ),
        "CASH_WITHDRAWAL",
    ),
    **dict.fromkeys(("CASH_IN", "CASHIN", "DEPOSIT", "DEP", "CDP", "CDPT", "CK", "存款", "存现", "现金存入"), "CASH_DEPOSIT"),
    **dict.fromkeys(("PAYMENT", "PURCHASE", "POS", "PUR", "XF", "消费", "支付"), "PURCHASE"),
}
STATUSES: Final[dict[str, str]] = {
    **dict.fromkeys(("S", "SUCCESS", "SUCC", "OK", "APPROVED", "POSTED", "0", "00", "成功", "交易成功", "已入账"), "APPROVED"),
    **dict.fromkeys(("F", "FAIL", "FAILED", "DECLINED", "REJECTED", "失败", "交易失败", "拒绝"), "DECLINED"),
    **dict.fromkeys(("R", "REVERSED", "CANCELLED", "已冲正", "冲正", "撤销"), "REVERSED"),
    **dict.fromkeys(("P", "N", "PENDING", "REQUESTED", "PROCESSING", "处理中", "受理"), "REQUESTED"),
}
CHANNELS: Final[dict[str, str]] = {
    **dict.fromkeys(("MB", "MOBILE", "APP", "SJYH", "手机", "手机银行"), "MOBILE"),
    **dict.fromkeys(("NB", "WEB", "EB", "IB", "WY", "WYYH", "网银", "网上银行"), "WEB"),
    **dict.fromkeys(("CT", "COUNTER", "GM", "BR", "柜面", "柜台"), "COUNTER"),
    **dict.fromkeys(("ATM", "AT", "CRS", "自助", "自助设备"), "ATM"),
    **dict.fromkeys(("POS",), "POS"),
    **dict.fromkeys(("BATCH", "PL", "批量"), "BATCH"),
}
DEBITS: Final = frozenset({"D", "DR", "DEBIT", "DBIT", "J", "借", "付", "OUT", "-"})
CREDITS: Final = frozenset({"C", "CR", "CREDIT", "CRDT", "DAI", "贷", "收", "IN", "+"})


def side_of(code: str) -> str:
    """Return `D` for what leaves the account, `C` for what comes in, "" for what is not known.

    >>> side_of("借"), side_of("cr"), side_of("1")
    ('D', 'C', '')
    """
    plain = code.strip().upper()
    return "D" if plain in DEBITS else "C" if plain in CREDITS else ""
