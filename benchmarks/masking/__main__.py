"""Precision and recall of each detector, and what looking costs.

python -m benchmarks.masking            # a table
python -m benchmarks.masking --misses   # and each text in which something was missed, or wrongly found
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence

from benchmarks.masking.labelled import Labelled, labelled
from token_optimizer.masking.detectors import DETECTORS, Finder

_RUNS = 5


class Score:
    """What was right, wrong and missed, by detector."""

    def __init__(self, texts: Sequence[Labelled]) -> None:
        self.right: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.misses: list[str] = []
        finder = Finder(list(DETECTORS))
        for each in texts:
            found = Counter((name, each.text[start:end]) for start, end, name in finder.spans(each.text))
            self._add(each, found)

    def _add(self, each: Labelled, found: Counter[tuple[str, str]]) -> None:
        wanted = Counter(each.found)
        for counts, pairs in (
            (self.right, found & wanted),
            (self.wrong, found - wanted),
            (self.missed, wanted - found),
        ):
            for (name, _), count in pairs.items():
                counts[name] += count
        if found != wanted:
            self.misses.append(f"{each.text!r}: wrong {dict(found - wanted)}, missed {dict(wanted - found)}")

    def precision(self, name: str) -> float:
        found = self.right[name] + self.wrong[name]
        return self.right[name] / found if found else 1.0

    def recall(self, name: str) -> float:
        wanted = self.right[name] + self.missed[name]
        return self.right[name] / wanted if wanted else 1.0


def milliseconds_per_megabyte(texts: Sequence[Labelled]) -> float:
    """What looking for all takes of one core; the least of some runs."""
    text = "\n".join(each.text for each in texts) * 20
    finder = Finder(list(DETECTORS))
    runs = []
    for _ in range(_RUNS):
        started = time.thread_time()
        finder.spans(text)
        runs.append(time.thread_time() - started)
    return min(runs) * 1000 / (len(text.encode()) / 1024**2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true")
    asked = parser.parse_args()
    texts = list(labelled())
    score = Score(texts)
    innocent = sum(not each.found for each in texts)
    print(f"{len(texts)} texts, {innocent} of them with nothing to find\n")
    print(f"{'detector':<12} {'right':>6} {'wrong':>6} {'missed':>7} {'precision':>10} {'recall':>7}")
    for name in DETECTORS:
        counts = f"{score.right[name]:>6} {score.wrong[name]:>6} {score.missed[name]:>7}"
        print(f"{name:<12} {counts} {score.precision(name):>10.1%} {score.recall(name):>7.1%}")
    plain = milliseconds_per_megabyte([each for each in texts if not each.found])
    print(f"\nLooking for all takes {milliseconds_per_megabyte(texts):.0f} ms of CPU a megabyte,")
    print(f"and {plain:.0f} ms of texts in which there is nothing to find.")
    if asked.misses:
        print("\n".join(["", *score.misses]))


if __name__ == "__main__":
    main()
