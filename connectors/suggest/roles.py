"""What columns are called: English, Chinese and the initials of pinyin, as core systems and public data sets name them."""

import re
from typing import Final, NamedTuple

ROLES: Final[dict[str, str]] = {
    "id": "txn_id trans_id transaction_id event_id serial_no serial seq_no trans_num trace_no id jylsh lsh "
    "jyls lsbh 交易流水号 流水号 交易流水 核心流水号",
    "original": "orig_txn_id original_id original_txn_id orig_serial_no yjylsh ylsh 原交易流水号 原流水号",
    "time": "time txn_time trans_time transaction_time event_time timestamp datetime created_at create_time "
    "tx_datetime txn_datetime unix_time jyrqsj jysj 交易时间 交易日期时间 发生时间 记账时间",
    "date": "txn_date trans_date transaction_date booking_date date jyrq jzrq 交易日期 记账日期 发生日期",
    "step": "step hour_no day_no",
    "amount": "amount amt txn_amt trans_amt tx_amount transaction_amount value sum jyje fse je 交易金额 发生额 金额",
    "currency": "currency ccy cur curr curr_code currency_code ccy_code bz hbdh jybz 币种 货币 货币代号 交易币种",
    "side": "dc_flag cd_flag drcr dr_cr debit_credit direction dc jdbz jdfx sfbz jdbj 借贷标志 借贷方向 借贷标记 收付标志",
    "code": "txn_code trans_code txn_type trans_type transaction_type type tran_type category kind jylx jydm "
    "jyzl ywzl 交易类型 交易代码 交易种类 业务种类",
    "status": "status txn_status state result jyzt zt jyjg 交易状态 状态 交易结果",
    "channel": "channel chnl chn txn_channel jyqd qd qddm 交易渠道 渠道",
    "account": "acct acct_no account account_no acc_no name_orig source_node_id zh jyzh bfzh zhanghao 账号 帐号 "
    "本方账号 交易账号 账户 客户账号",
    "other": "opp_acct opp_acct_no counterparty_account counterparty cp_acct name_dest target_node_id dfzh dszh "
    "dfzhanghao 对方账号 对手账号 对方帐号 交易对手账号",
    "payer": "payer payer_acct payer_account debtor_account from_acct from_account from sender fkzh fkrzh fkfzh "
    "付款账号 付款人账号 付款方账号 转出账号",
    "payee": "payee payee_acct payee_account creditor_account to_acct to_account to beneficiary skzh skrzh skfzh "
    "收款账号 收款人账号 收款方账号 转入账号",
    "merchant": "merchant merchant_id mcht_no shh shbh 商户号 商户编号",
    "other_bank": "opp_bank counterparty_bank payee_bank dfhh dfyh 对方行号 对方行名 对方银行 对方开户行 收款行号",
    "card": "card card_no cc_num pan card_number kh jykh 卡号 交易卡号 银行卡号",
    "customer": "customer_id cust_id cust_no customer customer_no cif khh khbh 客户号 客户编号",
    "terminal": "terminal terminal_id term_id term_no atm atm_id device_no zdh zdbh sbbh jjbh 终端号 终端编号 设备编号 机具编号",
    "lat": "lat latitude merch_lat term_lat wd 纬度",
    "lon": "lon lng longitude merch_long merch_lon term_lon jd 经度",
    "balance": "balance_after bal_after balance bal acct_bal zhye ye jyhye 余额 账户余额 交易后余额",
    "device": "device device_id imei mac_addr sbid sbzw 设备标识 设备指纹 设备号",
    "ip": "ip ip_addr ip_address client_ip ipdz ip地址",
    "purpose": "purpose_code purpose ytdm 用途代码",
    "age": "age holder_age nl 年龄",
    "opened": "open_date opened_on acct_open_date khrq 开户日期",
    "label": "is_fraud isfraud tx_fraud fraud fraud_flag label sfzp 是否诈骗 欺诈标志",
    "person": "name cust_name acct_name opp_name payee_name payer_name hm khmc dfhm dfmc xm zjhm sfzh phone mobile "
    "sjh address addr gender sex city zip street job dob 户名 客户名称 对方户名 对方名称 姓名 "
    "证件号码 身份证号 手机号 电话 地址 性别",
}
"""Role -> names, as `plain_name` writes them."""


class Named(NamedTuple):
    """What a name says. is_exact: it is one of those known, else it only holds one."""

    role: str
    is_exact: bool
    name: str


def plain_name(column: str) -> str:
    """Return a column's name in one form.

    >>> [plain_name(name) for name in ("TxnAmt", "TXN-AMT", " nameOrig", "交易金额(元)")]
    ['txn_amt', 'txn_amt', 'name_orig', '交易金额']
    """
    text = re.sub(r"[((\[].*?[))\]]", "", column.strip())
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[\s\-./]+", "_", text).strip("_").lower()


_BY_NAME: Final = {name: role for role, names in ROLES.items() for name in names.split()}
_LONG: Final = sorted((name for name in _BY_NAME if len(name) >= 4 or not name.isascii()), key=lambda name: (-len(name), name))


def named(column: str) -> Named | None:
    """Return what a column's name says, None where it is not known.

    >>> named("jyje"), named("CUST_TXN_AMT"), named("mood")
    (Named(role='amount', is_exact=True, name='jyje'), Named(role='amount', is_exact=False, name='txn_amt'), None)
    """
    plain = plain_name(column)
    if plain in _BY_NAME:
        return Named(_BY_NAME[plain], True, plain)
    for name in _LONG:
        if (f"_{name}_" in f"_{plain}_") if name.isascii() else (name in plain and len(name) > 1):
            return Named(_BY_NAME[name], False, name)
    return None
