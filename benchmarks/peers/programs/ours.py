"""The optimizer by its preset `balanced`."""

from benchmarks.cases.compressor import compress
from benchmarks.peers.programs.loop import answer_cases

if __name__ == "__main__":
    answer_cases(lambda case: compress(**case))
