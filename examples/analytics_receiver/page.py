"""The page: one chart a question, as bars of HTML, without scripts."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from examples.analytics_receiver import queries
from examples.analytics_receiver.store import EventStore

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Events of Token Optimizer</title>
<style>
  body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
  section {{ margin-bottom: 2rem }}
  td, th {{ padding: .1rem .8rem .1rem 0; text-align: left; font-weight: normal }}
  td.number {{ text-align: right; font-variant-numeric: tabular-nums }}
  i {{ display: inline-block; height: .8em; background: #2a6fdb }}
</style>
<h1>Events of Token Optimizer</h1>
{sections}
</html>
"""

_PERCENTILES = ("Latency P50", "Latency P95", "Latency P99")


def page_of(store: EventStore) -> str:
    """What the dashboard asks, answered from what came."""
    [(today,)] = store.rows(queries.SAVED_TODAY)
    [latencies] = store.rows(queries.LATENCIES)
    gauges = [
        ("Tokens saved today", today),
        ("Cache hit rate", _percent(store, queries.CACHE_HIT_RATE)),
        ("Fallback rate", _percent(store, queries.FALLBACK_RATE)),
        *zip(_PERCENTILES, (f"{ms or 0:.1f} ms" for ms in latencies), strict=True),
    ]
    charts = {
        "Tokens saved over time": queries.SAVED_BY_HOUR,
        "Compression ratio": queries.RATIOS,
        "Average compression ratio by key": queries.RATIO_BY_KEY,
        "Top keys by tokens saved": queries.SAVED_BY_KEY,
        "Routes": queries.ROUTES,
        "Faithfulness": queries.FAITHFULNESS,
        "Events by type": queries.TYPES,
    }
    sections = [_section("Now", _table(gauges))]
    sections += [_section(title, _bars(store.rows(query))) for title, query in charts.items()]
    return _PAGE.format(sections="\n".join(sections))


def _percent(store: EventStore, query: str) -> str:
    [(share,)] = store.rows(query)
    return "none yet" if share is None else f"{share:.1%}"


def _section(title: str, table: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{table}</section>"


def _table(rows: Iterable[Sequence[Any]]) -> str:
    cells = (
        f"<tr><th>{escape(str(name))}</th><td class=number>{_text(value)}</td></tr>" for name, value in rows
    )
    return f"<table>{''.join(cells)}</table>"


def _bars(rows: Sequence[tuple[Any, float]]) -> str:
    longest = max((value for _, value in rows), default=0) or 1
    cells = (
        f"<tr><th>{escape(str(name))}</th><td class=number>{_text(value)}</td>"
        f"<td><i style='width: {max(value, 0) / longest * 20:.1f}rem'></i></td></tr>"
        for name, value in rows
    )
    return f"<table>{''.join(cells)}</table>" if rows else "<p>Nothing came yet.</p>"


def _text(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else escape(str(value))
