"""The questions of the dashboard, in SQL. `completed` are the events of that type.

Percentiles are those of the nearest rank: SQLite has no others.
"""

SAVED_TODAY = "SELECT COALESCE(SUM(tokens_saved), 0) FROM completed WHERE date(timestamp) = CURRENT_DATE"
SAVED_BY_HOUR = """
    SELECT strftime('%m-%d %H:00', timestamp) AS hour, SUM(tokens_saved) FROM completed
    GROUP BY hour ORDER BY MIN(timestamp)"""
RATIO_BY_KEY = "SELECT api_key, ROUND(AVG(compression_ratio), 4) FROM completed GROUP BY api_key ORDER BY 2"
SAVED_BY_KEY = """
    SELECT api_key, SUM(tokens_saved) AS saved FROM completed GROUP BY api_key ORDER BY saved DESC LIMIT 10"""
ROUTES = "SELECT route, COUNT(*) AS requests FROM completed GROUP BY route ORDER BY requests DESC"
FALLBACK_RATE = "SELECT AVG(fallback_used) FROM completed"
CACHE_HIT_RATE = """
    SELECT AVG(event_type = 'cache_hit') FROM events WHERE event_type IN ('cache_hit', 'cache_miss')"""
TYPES = "SELECT event_type, COUNT(*) FROM events GROUP BY event_type ORDER BY event_type"
LATENCIES = """
    WITH ranked AS (SELECT latency_ms, CUME_DIST() OVER (ORDER BY latency_ms) AS rank FROM completed)
    SELECT MIN(latency_ms) FILTER (WHERE rank >= 0.50),
           MIN(latency_ms) FILTER (WHERE rank >= 0.95),
           MIN(latency_ms) FILTER (WHERE rank >= 0.99) FROM ranked"""
# How many lie in each tenth from 0 to 1.
_BY_TENTH = """
    WITH tenths AS (
        SELECT MIN(CAST(MEASURE * 10 AS INTEGER), 9) AS tenth FROM completed WHERE MEASURE IS NOT NULL)
    SELECT printf('%.1f to %.1f', tenth / 10.0, (tenth + 1) / 10.0), COUNT(*) FROM tenths
    GROUP BY tenth ORDER BY tenth"""
RATIOS = _BY_TENTH.replace("MEASURE", "compression_ratio")
FAITHFULNESS = _BY_TENTH.replace("MEASURE", "faithfulness_score")
