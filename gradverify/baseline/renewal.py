"""What a run makes of a whole baseline: updated with all results, or rid of what is gone."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, final

from gradverify.baseline import words
from gradverify.baseline.both import Against, both_of
from gradverify.baseline.keep import id_of, identified
from gradverify.baseline.model import Baseline, Kept
from gradverify.baseline.renew import Remark, pruned, renewed
from gradverify.verdict.verdict import Severity, SpecResult

Digested: TypeAlias = tuple[SpecResult, str]
"""A result, and what tells the text of its spec."""


@final
@dataclass(frozen=True, slots=True)
class Renewal:
    """A baseline brought up to date: ids of specs by what became of them.

    `refused` are broken, and stay as they were; `accepted` are sentences, one a finding that the
    spec does not expect, and that was not known. `silent` are oracles that no longer answer, with
    the number of specs: from now on nobody waits for them there.
    """

    after: Baseline
    added: tuple[str, ...]
    changed: tuple[str, ...]
    kept: tuple[str, ...]
    refused: tuple[str, ...]
    accepted: tuple[str, ...]
    silent: tuple[tuple[str, int], ...]


@final
@dataclass(frozen=True, slots=True)
class Pruning:
    """A baseline without what is gone: ids of specs, and sentences about what others lost."""

    after: Baseline
    specs: tuple[str, ...]
    parts: tuple[str, ...]


def renewal(
    before: Baseline,
    results: Sequence[Digested],
    environment: Mapping[str, str],
    against: Against,
    remark: Remark,
) -> Renewal:
    """Return a baseline with these results in it; specs that were not run stay as they were."""
    sound = [(result, digest) for result, digest in results if _is_whole(result)]
    fresh = {id_of(r.id): _renewed(before, (r, digest), against, remark) for r, digest in sound}
    known = {name: kept for name, kept in fresh.items() if name in before.specs}
    changed = tuple(name for name, kept in known.items() if _differs(before.specs[name], kept))
    now = {**before.environment, **environment}
    return Renewal(
        after=Baseline(now, {**before.specs, **fresh}),
        added=tuple(name for name in fresh if name not in known),
        changed=changed,
        kept=tuple(name for name in known if name not in changed),
        refused=tuple(id_of(result.id) for result, _ in results if not _is_whole(result)),
        accepted=tuple(told for result, _ in sound for told in _accepted(before, result)),
        silent=tuple(sorted(_silent(before, known).items())),
    )


def pruning(
    before: Baseline, results: Sequence[Digested], gone: Collection[str], against: Against
) -> Pruning:
    """Return a baseline without the specs that are gone, and without what the others lost."""
    specs = {name: kept for name, kept in before.specs.items() if name not in gone}
    parts: list[str] = []
    for result, digest in results:
        name = id_of(result.id)
        if name in specs and _is_whole(result):
            given = replace(against, digest=digest)
            parts.extend(f"{name}: {lost}" for lost in _lost(result, specs[name], given))
            specs[name] = pruned(result, specs[name], given)
    removed = tuple(sorted(name for name in gone if name in before.specs))
    return Pruning(replace(before, specs=specs), removed, tuple(parts))


def _is_whole(result: SpecResult) -> bool:
    return result.status != "broken" and not result.interrupted and not result.faults


def _renewed(before: Baseline, item: Digested, against: Against, remark: Remark) -> Kept:
    result, digest = item
    known = before.specs.get(id_of(result.id))
    return renewed(result, known, replace(against, digest=digest), remark)


def _differs(before: Kept, now: Kept) -> bool:
    """Return whether more changed than the day on which findings were last seen."""
    seen = {k: replace(f, last_seen="") for k, f in before.findings.items()}
    again = {k: replace(f, last_seen="") for k, f in now.findings.items()}
    return replace(before, findings=seen) != replace(now, findings=again)


def _silent(before: Baseline, known: Mapping[str, Kept]) -> Counter[str]:
    """Return in how many specs each oracle answered before, and does not now."""
    lost = ({*before.specs[name].answered} - {*now.answered} for name, now in known.items())
    return Counter(name for names in lost for name in names)


def _accepted(before: Baseline, result: SpecResult) -> list[str]:
    name = id_of(result.id)
    known = before.specs.get(name)
    return [
        f"{name}: {words.named_finding(key)}"
        for key, found in identified(result).items()
        if not found.expected
        and found.severity is not Severity.NOTE
        and (known is None or key not in known.findings)
    ]


def _lost(result: SpecResult, before: Kept, against: Against) -> list[str]:
    both = both_of(result, before, against)
    arrays = {key[1:]: words.named_array(key) for key in both.gone_rows()}
    return [*arrays.values(), *map(words.named_finding, both.gone_findings())]
