"""The words that a full stop shortens, in the languages that shorten many."""

from __future__ import annotations

SHORTENED = frozenset(
    (
        # English
        "abbr", "hon", "sen", "misc", "acct", "aka", "al", "appx", "approx", "apt", "asst", "assn", "ave",
        "bldg", "blvd", "ca", "capt", "cf", "ch", "chap", "cit", "co", "col", "conf", "corp", "ct", "dept",
        "dist", "dr", "eds", "eq", "eqs", "esp", "esq", "etc", "excl", "ff", "fn", "ft", "gov", "hr", "hrs",
        "inc", "incl", "intl", "jr", "lt", "ltd", "maj", "mfr", "mgr", "mr", "mrs", "ms", "msgr", "mt",
        "nat", "natl", "nos", "obj", "orig", "para", "ph", "pl", "pp", "pres", "prof", "qty", "rd", "ref",
        "refs", "resp", "rev", "sec", "secs", "sep", "sept", "sgt", "sq", "sr", "st", "subsec", "suppl",
        "tel", "thur", "univ", "viz", "vol", "vols", "vs", "yr", "yrs",
        # German
        "abb", "abs", "allg", "anm", "aufl", "bspw", "bzgl", "bzw", "dgl", "dipl", "dt", "ebd", "einschl",
        "entspr", "evtl", "exkl", "ggf", "geb", "gem", "gest", "ggü", "grds", "hrsg", "inkl", "insb",
        "jh", "jhd",
        "kap", "lt", "lfd", "mind", "mio", "mrd", "mwst", "nr", "sog", "str", "tsd", "u", "usw", "uvm",
        "verf", "vgl", "vorauss", "zit", "zzgl", "ziff",
        # French, Spanish, Italian, Portuguese, Dutch
        "adr", "ej", "env", "admón", "av", "avda", "cía", "dña", "maxi", "mme", "mlle", "núm", "pág", "pag",
        "págs", "sra", "sras", "sres", "sta", "tél", "trad", "ecc", "dott", "pers", "nn", "blz", "bijv",
        "enz", "evt", "incl", "mevr", "excl",
        # Polish, Czech, Swedish, Danish, Russian, Turkish
        "np", "tzn", "tzw", "woj", "zob", "např", "popř", "resp", "tj", "atd", "osv", "jfr", "ung", "мин",
        "макс", "напр", "пр", "рис", "руб", "см", "стр", "табл", "тел", "тыс", "млн", "млрд", "ул", "bkz",
        "cad", "örn", "vb", "yy",
    )
)  # fmt: skip
# Words of their own, too: the full stop shortens them where a number follows.
SHORTENED_BEFORE_NUMBERS = frozenset(
    (
        "app", "apr", "art", "aug", "bd", "bes", "bl", "cap", "dec", "div", "ed", "est", "ext", "feb",
        "fig", "figs", "fri", "gem", "gen", "hab", "ing", "int", "item", "jan", "jul", "jun", "kap", "kl",
        "lab", "line", "lit", "mar", "max", "min", "mon", "n", "no", "nov", "num", "nº", "oct", "op",
        "page", "par", "pop", "pos", "prop", "pt", "pub", "ref", "rep", "sat", "std", "tab", "temp", "thu",
        "tue", "ul", "wed",
    )
)  # fmt: skip
