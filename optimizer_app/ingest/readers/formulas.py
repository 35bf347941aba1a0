"""Formulas of Word (OMML) and of web pages (MathML) as one line of text: (a+b)/(2), sqrt(x), x^2."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lxml.etree import QName, _Element

from optimizer_app.ingest.readers.scripts import subscript, superscript

# Other renderings of the formula that they stand in.
_COPIES = frozenset({"annotation", "annotation-xml"})


def linear(formula: _Element) -> str:
    """The formula as text, with scripts for `scripts.finished`."""
    name = QName(formula).localname
    parts = [linear(child) for child in formula if _is_part(child)]
    if not parts:
        text = formula.text or ""
        return text if name == "t" else text.strip()
    write, count = _WRITERS.get(name, ("".join, 1))
    if len(parts) < count:
        return "".join(parts)
    return _signed(formula, name, write(parts))


def _is_part(child: _Element) -> bool:
    if not isinstance(child.tag, str):
        return False
    name = QName(child).localname
    # In Word, properties are named after what they belong to: `fPr`, `radPr`.
    return name not in _COPIES and not name.endswith("Pr")


def _signed(formula: _Element, name: str, text: str) -> str:
    """With the brackets or the operator that Word keeps among the properties."""
    if name == "d":
        return f"{_property(formula, 'begChr', '(')}{text}{_property(formula, 'endChr', ')')}"
    return _property(formula, "chr", "\N{INTEGRAL}") + text if name == "nary" else text


def _property(formula: _Element, name: str, default: str) -> str:
    found = formula.find(f"{{*}}{QName(formula).localname}Pr/{{*}}{name}")
    return default if found is None else next(iter(found.attrib.values()), default)


def _raised(parts: Sequence[str]) -> str:
    return parts[0] + superscript(parts[1])


def _lowered(parts: Sequence[str]) -> str:
    return parts[0] + subscript(parts[1])


def _lowered_and_raised(parts: Sequence[str]) -> str:
    return parts[0] + subscript(parts[1]) + superscript(parts[2])


def _fraction(parts: Sequence[str]) -> str:
    return f"({parts[0]})/({parts[1]})"


def _square_root(parts: Sequence[str]) -> str:
    return f"sqrt({''.join(parts)})"


def _root(radicand: str, degree: str) -> str:
    return f"root({radicand}, {degree})" if degree.strip() else _square_root([radicand])


def _bounded(parts: Sequence[str]) -> str:
    """A sum or an integral: its bounds, then what it is over."""
    lower, upper = subscript(parts[0]) if parts[0] else "", superscript(parts[1]) if parts[1] else ""
    return f"{lower}{upper} {''.join(parts[2:])}"


# With how many parts each needs.
_WRITERS: dict[str, tuple[Callable[[Sequence[str]], str], int]] = {
    "sSup": (_raised, 2),
    "msup": (_raised, 2),
    "mover": (_raised, 2),
    "sSub": (_lowered, 2),
    "msub": (_lowered, 2),
    "munder": (_lowered, 2),
    "sSubSup": (_lowered_and_raised, 3),
    "msubsup": (_lowered_and_raised, 3),
    "munderover": (_lowered_and_raised, 3),
    "f": (_fraction, 2),
    "mfrac": (_fraction, 2),
    "rad": (lambda parts: _root(parts[-1], parts[0] if len(parts) > 1 else ""), 1),
    "mroot": (lambda parts: _root(parts[0], parts[1]), 2),
    "msqrt": (_square_root, 1),
    "nary": (_bounded, 3),
    "d": (", ".join, 1),
}
