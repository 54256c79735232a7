"""Puts a bundle together: what was gathered, the policy, and how identifiers are shown."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from connectors.masked_records import Names, masked_record
from stream.evidence.form import Bundle, CaseHead, Entry, EvidenceError, Limits, PolicyText
from stream.evidence.gathering import Arrived, CaseOutputs, Outputs, gather_inputs, gather_outputs, record_of
from stream.policy.document import Policy


class Opening(NamedTuple):
    """A person's ground to see identifiers in clear."""

    case_ref: str
    reason: str


class Making(NamedTuple):
    """What stands in a bundle beside the records."""

    policy: PolicyText
    settings: Limits
    made_with: Mapping[str, str]
    opening: Opening | None = None


def make_bundle(case_id: str, outputs: Outputs, arrived: Iterable[Arrived] | None, making: Making) -> Bundle:
    """Return the evidence of a case. arrived: what came in; None if nobody gave it.

    Errors: EvidenceError if there is no such case, or the policy is not the one it was decided by.
    """
    gathered = gather_outputs(case_id, outputs)
    _check_policy(gathered, making.policy)
    inputs, missing = ([], gathered.wanted.events) if arrived is None else gather_inputs(gathered.wanted, arrived)
    opening = making.opening
    head = CaseHead(
        case_id=case_id,
        identifiers="MASKED" if opening is None else "OPENED",
        case_ref=None if opening is None else opening.case_ref,
        reason=None if opening is None else opening.reason,
        made_with=dict(making.made_with),
        settings=making.settings,
        has_inputs=arrived is not None,
        missing_events=tuple(sorted(missing)),
    )
    bundle = Bundle(
        case=head,
        policy=making.policy,
        alerts=tuple(gathered.alerts),
        freeze_requests=tuple(gathered.requests),
        traces=tuple(gathered.traces),
        inputs=tuple(inputs),
        chains=tuple(gathered.chains),
    )
    return bundle if opening is not None else _masked(bundle)


def sole_policy(policy: Policy) -> PolicyText:
    """Return a policy that alone decided."""
    return PolicyText(version=policy.version, sha256=policy.digest, text=policy.text)


def _check_policy(gathered: CaseOutputs, policy: PolicyText) -> None:
    versions = {record_of(entry).detector.policy_version for entry in gathered.alerts}
    known = [each.version for each in (*policy.earlier, policy)]
    if versions and versions.isdisjoint(known):
        told, ours = ", ".join(sorted(versions)), ", ".join(dict.fromkeys(known))
        raise EvidenceError(f"the case was decided by policy {told}, not {ours}: name its file in the setting policy_file")


def _masked(bundle: Bundle) -> Bundle:
    """Return a bundle with every identifier masked; the same account has the same name in all of it."""
    names = Names()

    def masked(entries: tuple[Entry, ...], *, is_ours: bool) -> tuple[Entry, ...]:
        return tuple(
            msgspec.structs.replace(entry, record=msgspec.Raw(masked_record(bytes(entry.record), names, is_ours=is_ours)))
            for entry in entries
        )

    return msgspec.structs.replace(
        bundle,
        alerts=masked(bundle.alerts, is_ours=True),
        freeze_requests=masked(bundle.freeze_requests, is_ours=True),
        traces=masked(bundle.traces, is_ours=True),
        inputs=masked(bundle.inputs, is_ours=False),
    )
