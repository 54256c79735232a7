"""The form of a bundle of evidence: one JSON file whose every byte is under a hash that stands in it.

    {"format":"goldenhour-evidence-1","sha256":H,"manifest":[...],"parts":{...}}

H is the SHA-256 of the manifest's bytes; the manifest holds the SHA-256 of every part and of every entry in it. Whoever notes H can
tell later whether anything has changed. Records stand in it byte for byte as they were received or published, or masked, with the
SHA-256 of their bytes either way. The same case gives the same bytes.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from models.policy_records import SourceEnd

FORMAT: Final = "goldenhour-evidence-1"
_START: Final = b'{"format":"' + FORMAT.encode() + b'"'


class EvidenceError(Exception):
    """The evidence cannot be made, read or checked. The text says why, and names nobody."""


class NoBundleError(EvidenceError):
    """The file is not a bundle of evidence at all."""


class ChangedBundleError(EvidenceError):
    """The file is a bundle whose bytes were changed so that it cannot be read any more."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One record. topic: by the contract's name. partition, offset: where it lay. arrived_at: log time of what came in.

    sha256: of the record's bytes, also where `record` is masked.
    """

    topic: str
    partition: int
    offset: int
    arrived_at: str | None = None
    sha256: str
    record: msgspec.Raw


class ChainPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch of the chain of one partition and topic: the SHA-256 of every record from `first` on, those of other cases too.

    before: the link in front of the first; None if it is the first of its chain. own: numbers of the case's own records.
    """

    topic: str
    partition: int
    first: int
    before: str | None = None
    sha256s: tuple[str, ...]
    own: tuple[int, ...]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the workers that shape what is said. partitions: of `keyed`."""

    partitions: int
    topic_prefix: str
    record_bytes_max: int
    future_skew_s: int
    isolate: tuple[str, ...]


class CaseHead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the bundle is about and how it was made. missing_events: named by the case, not found among the inputs given.

    case_ref, reason: under which a person opened the identifiers.
    """

    case_id: str
    identifiers: Literal["MASKED", "OPENED"]
    case_ref: str | None = None
    reason: str | None = None
    made_with: Mapping[str, str]
    settings: Limits
    has_inputs: bool
    missing_events: tuple[str, ...]


class Since(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a partition of `keyed` began to judge by a policy: at the record of that log time, of the sources behind `read`."""

    partition: int
    log_time: datetime
    read: tuple[SourceEnd, ...] = ()


class PolicyText(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The policy as it stood, whole; the last one, where several decided.

    earlier: the others, in the order in which they held. since: where each began, left out where only one decided.
    """

    version: str
    sha256: str
    text: str
    since: tuple[Since, ...] = ()
    earlier: tuple["PolicyText", ...] = ()


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence of one case."""

    case: CaseHead
    policy: PolicyText
    alerts: tuple[Entry, ...]
    freeze_requests: tuple[Entry, ...]
    traces: tuple[Entry, ...]
    inputs: tuple[Entry, ...]
    chains: tuple[ChainPart, ...]


LISTS: Final = ("alerts", "freeze_requests", "traces", "inputs", "chains")
OUTPUT_TOPICS: Final[Mapping[str, str]] = {"alerts": "alerts", "freeze_requests": "freeze-requests", "traces": "traces"}
"""Part -> topic of the records in it, for what we publish."""


class PartHash(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest's line about one part. entries: of a part that is a list."""

    part: str
    sha256: str
    entries: tuple[str, ...]


class Sheets(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle taken apart without looking into it: raw bytes by part."""

    format: str
    sha256: str
    manifest: msgspec.Raw
    parts: dict[str, msgspec.Raw]


_encode: Final = msgspec.json.Encoder().encode
_decode_sheets: Final = msgspec.json.Decoder(Sheets).decode
_decode_entries: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_manifest: Final = msgspec.json.Decoder(tuple[PartHash, ...]).decode


def sha256(raw: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def encode_bundle(bundle: Bundle) -> bytes:
    """Return the file of a bundle."""
    parts: dict[str, bytes] = {}
    manifest = []
    for name in bundle.__struct_fields__:
        part = getattr(bundle, name)
        entries = [_encode(entry) for entry in part] if name in LISTS else []
        parts[name] = b"[\n" + b",\n".join(entries) + b"\n]" if name in LISTS else _encode(part)
        manifest.append(PartHash(part=name, sha256=sha256(parts[name]), entries=tuple(map(sha256, entries))))
    lines = b"[\n" + b",\n".join(map(_encode, manifest)) + b"\n]"
    return _laid_out(sha256(lines), lines, parts)


def _laid_out(digest: str, manifest: bytes, parts: Mapping[str, bytes]) -> bytes:
    told = b",\n".join(_encode(name) + b":" + part for name, part in parts.items())
    head = _START + b',"sha256":"' + digest.encode() + b'",\n"manifest":'
    return head + manifest + b',\n"parts":{\n' + told + b"\n}}\n"


def take_apart(raw: bytes) -> Sheets:
    """Return a file's parts, unread.

    Errors: NoBundleError, ChangedBundleError.
    """
    try:
        sheets = _decode_sheets(raw)
    except msgspec.MsgspecError as error:
        if not raw.startswith(_START):
            raise NoBundleError("the file is no bundle of evidence") from None
        raise ChangedBundleError(f"the file was changed: {error}") from None
    if sheets.format != FORMAT:
        raise NoBundleError(f"the file is no bundle of the format {FORMAT}")
    return sheets


def put_together(sheets: Sheets) -> bytes:
    """Return the file that holds these parts: the very bytes they were read from, unless something between them was changed."""
    return _laid_out(sheets.sha256, bytes(sheets.manifest), {name: bytes(part) for name, part in sheets.parts.items()})


def manifest_of(sheets: Sheets) -> tuple[PartHash, ...]:
    """Return the manifest. Errors: ChangedBundleError."""
    try:
        return _decode_manifest(sheets.manifest)
    except msgspec.MsgspecError:
        raise ChangedBundleError("the manifest was changed and cannot be read") from None


def entries_of(sheets: Sheets, part: str) -> list[bytes]:
    """Return the bytes of every entry of a part that is a list. Errors: ChangedBundleError."""
    try:
        return [bytes(entry) for entry in _decode_entries(sheets.parts[part])]
    except (KeyError, msgspec.MsgspecError):
        raise ChangedBundleError(f"part {part} was changed and cannot be read") from None


def bundle_of(sheets: Sheets) -> Bundle:
    """Return the bundle. Errors: ChangedBundleError, naming the part that cannot be read."""
    read = {}
    for field in msgspec.structs.fields(Bundle):
        try:
            read[field.name] = msgspec.json.decode(sheets.parts[field.name], type=field.type)
        except (KeyError, msgspec.MsgspecError):
            raise ChangedBundleError(f"part {field.name} was changed and cannot be read") from None
    return Bundle(**read)
