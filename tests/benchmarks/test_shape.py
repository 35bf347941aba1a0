"""The shape of the code: what is counted as what."""

from pathlib import Path

import pytest

from benchmarks.shape import SourceFile, circles, percentile, sibling_imports

SOURCE = '''
import functools

@functools.cache
def _kept(a, *, b=1):
    """A docstring
    of two lines."""
    return a


class Thing:
    def _once(self, x):
        return x

    def all(self, *given, **named):
        return self._once(given), _kept(1), sorted(given, key=_rank)


def _rank(x):
    return _twice(x) + _twice(x)


def _twice(x):
    return x
'''


def test_functions_are_counted_without_docstring_and_self() -> None:
    functions = SourceFile(Path("a.py"), SOURCE).functions
    found = {each.name: (each.lines, each.parameters) for each in functions}
    assert found == {"_kept": (2, 2), "_once": (2, 1), "all": (2, 2), "_rank": (2, 1), "_twice": (2, 1)}


def test_what_is_decorated_passed_on_or_called_twice_is_not_called_once() -> None:
    assert SourceFile(Path("a.py"), SOURCE).small_private_functions_called_once() == ["_once"]


@pytest.mark.parametrize(
    ("imports", "found"),
    [
        ({"a": {"b"}, "b": {"c"}}, []),
        ({"a": {"b"}, "b": {"a", "c"}, "c": set()}, [["a", "b"]]),
        ({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"e"}, "e": {"d", "a"}}, [["a", "b", "c"], ["d", "e"]]),
    ],
)
def test_circles(imports: dict[str, set[str]], found: list[list[str]]) -> None:
    assert circles(imports) == found


def test_folders_side_by_side_import_what_their_modules_do() -> None:
    imports = {"p.one.a": {"p.two.b", "p.one.c"}, "p.two.d": {"p.one.a", "other"}}
    assert list(sibling_imports(imports)) == [
        {"one": {"two"}, "two": {"one"}},
        {"a": {"c"}},
    ]


def test_percentile() -> None:
    assert [percentile(range(1, 11), share) for share in (0, 0.5, 0.9, 1)] == [1, 6, 10, 10]
