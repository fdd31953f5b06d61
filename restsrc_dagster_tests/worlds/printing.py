"""What is printed of a hunt."""

from collections.abc import Iterator

from restsrc_dagster_tests.worlds.hunting import Tally, Wrong

FEATURES_SHOWN = 60


def line_of(wrong: Wrong) -> str:
    return (
        f"WRONG seed {wrong.seed}, after {wrong.after:.0f} s: {wrong.kind}: {wrong.finding}\n"
        f"    {wrong.world}"
    )


def summary(tally: Tally) -> Iterator[str]:
    """Worlds tried by feature, what was refused and why, and how many were wrong."""
    per_minute = tally.worlds / max(tally.seconds, 1) * 60
    yield f"{tally.worlds} worlds in {tally.seconds:.0f} s, {per_minute:.0f} a minute"
    yield "by feature:"
    for name, times in tally.features.most_common(FEATURES_SHOWN):
        yield f"    {times:6} {name}"
    refused, needless = tally.refused.total(), sum(map(len, tally.needless.values()))
    yield f"refused for a reason that the world gives: {refused} ({_percent(refused, tally)})"
    for reason, times in tally.refused.most_common():
        yield f"    {times:6} {reason}"
    yield f"refused without one: {needless} ({_percent(needless, tally)})"
    for reason, seeds in sorted(tally.needless.items(), key=lambda one: -len(one[1])):
        yield f"    {len(seeds):6} {reason}; seeds {', '.join(map(str, seeds[:3]))}"
    yield f"wrong: {len(tally.wrong)}"


def table(tally: Tally) -> Iterator[str]:
    """Each kind of fault: when it was first found, by which seed, and how often."""
    kinds: dict[str, list[Wrong]] = {}
    for wrong in sorted(tally.wrong, key=lambda one: one.after):
        kinds.setdefault(wrong.kind, []).append(wrong)
    yield f"{'kind':<62}{'seed':>8}{'seconds':>9}{'times':>7}"
    for kind, some in kinds.items():
        yield f"{kind[:60]:<62}{some[0].seed:>8}{some[0].after:>9.0f}{len(some):>7}"
    yield f"{len(kinds)} kinds"


def _percent(part: int, tally: Tally) -> str:
    return f"{100 * part / max(tally.worlds, 1):.0f} %"
