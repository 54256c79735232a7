"""What one look of each detector costs, on the views that the load gives it; and the parts around them."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from connectors.contract_json import RECORD_BYTES_MAX, decode_transaction
from models import entry as e
from models.detector import AnyDetector
from models.keys import KeyKind
from models.profile import Profile, decode_profile, encode_profile
from models.rulebook import Rulebook
from models.segment import Segment, decode_segment
from models.view import View
from stream.bench.figures import Section
from stream.bench.known_accounts import Line, known_line
from stream.bench.session import Session
from stream.bench.workload import events_of
from stream.store import payload_of

Seen = tuple[str, Profile, int]
"""A key, its profile and the place of the event that is looked at."""

_LETTERS: dict[KeyKind, bytes] = {"ACCOUNT": b"A:", "TERMINAL": b"T:", "DEVICE": b"D:"}
_SEGMENT_OF_TRANSFERS = b"S:PERSON/TRANSFER/MOBILE"


def examine(session: Session) -> Section:
    """Time every detector over the newest event of its shapes of many keys, the making of the view not counted."""
    section = Section(name="detectors", title="Cost of one look, processor time")
    line, rulebook, views = known_line(session), session.rulebook, session.sizes.views
    stored = line.keyed.values.get(_SEGMENT_OF_TRANSFERS)
    segment = decode_segment(payload_of(stored)) if stored is not None else Segment()
    runs = range(session.options.runs)
    signals = []
    for detector in rulebook.detectors:
        session.say(f"detectors: {detector.name}")
        seen = list(islice(_seen(line, detector.keyed_by, detector.shapes), views))
        if not seen:
            signals.append(f"{detector.name}: the load has no event for it")
            continue
        section.add(f"{detector.name}_us", detector.name, "µs", [_look_us(seen, [detector], rulebook, segment) for _ in runs])
        raised = sum(detector.examine(_view(one, rulebook, segment)) is not None for one in seen)
        signals.append(f"{detector.name}: {len(seen):,} views, {raised / len(seen):.1%} raise a signal")
    transfers = list(islice(_seen(line, "ACCOUNT", (e.TRANSFER,)), views))
    asked = rulebook.by_shape["ACCOUNT"].get(e.TRANSFER, ())
    section.add(
        "all_us", "all that a transfer out is shown to", "µs", [_look_us(transfers, asked, rulebook, segment) for _ in runs]
    )
    _parts(session, section, [profile for _, profile, _ in transfers])
    section.facts = {"accounts": session.sizes.pool_accounts, "views": signals}
    return section


def _seen(line: Line, kind: KeyKind, shapes: Sequence[int]) -> Iterator[Seen]:
    """Yield the newest judgeable event of each key that has one of these shapes, keys scattered as a dictionary of them is not."""
    letter, wanted = _LETTERS[kind], frozenset(shapes)
    for key in sorted((key for key in line.keyed.values if key.startswith(letter)), key=lambda key: key[::-1]):
        profile = decode_profile(kind, payload_of(line.keyed.values[key]))
        for place in range(len(profile.entries) - 1, -1, -1):
            code = profile.entries[place].code
            if code & e.SHAPE in wanted and code & (e.MONEY | e.REQUESTED | e.ACCOUNT_EVENT):
                yield key[2:].decode(), profile, place
                break


def _view(seen: Seen, rulebook: Rulebook, segment: Segment) -> View:
    identifier, profile, place = seen
    return View(identifier, profile, profile.entries, place, rulebook.bounds, segment)


def _look_us(seen: Sequence[Seen], detectors: Sequence[AnyDetector], rulebook: Rulebook, segment: Segment) -> float:
    """Return the mean processor time of showing one fresh view to these detectors, µs."""
    examines = [detector.examine for detector in detectors]

    def look() -> None:
        for one in seen:
            view = _view(one, rulebook, segment)
            for ask in examines:
                ask(view)

    def only_make() -> None:
        for one in seen:
            _view(one, rulebook, segment)

    return (mean_us(look, len(seen)) - mean_us(only_make, len(seen))) or 0.0


def mean_us(act: Callable[[], Any], count: int) -> float:
    """Return the processor time of one of `count` things that `act` does, µs, over at least two calls and 50 ms."""
    calls, started_s = 0, time.process_time()
    while (spent_s := time.process_time() - started_s) < 0.05 or calls < 2:
        act()
        calls += 1
    return spent_s / calls / count * 1e6


def _parts(session: Session, section: Section, profiles: list[Profile]) -> None:
    """Add what surrounds the detectors: reading an event, taking a profile out of its stored form and putting it back."""
    sizes = session.sizes
    raws = [value for *_, value in events_of(session.options.seed, sizes.accounts, sizes.views)]
    stored = [encode_profile(profile) for profile in profiles]
    parts: tuple[tuple[str, str, Callable[[], Any], int], ...] = (
        ("decode_event_us", "an event read", lambda: [decode_transaction(raw, RECORD_BYTES_MAX) for raw in raws], len(raws)),
        ("decode_profile_us", "a profile taken out", lambda: [decode_profile("ACCOUNT", value) for value in stored], len(stored)),
        ("encode_profile_us", "a profile put back", lambda: [encode_profile(profile) for profile in profiles], len(profiles)),
    )
    for name, text, act, count in parts:
        section.add(name, text, "µs", [mean_us(act, count) for _ in range(session.options.runs)])
