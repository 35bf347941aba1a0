"""What Prometheus reads at `/metrics`.

catalog.py     every metric: its name, what it means, its labels
counts.py      what is added to counters and histograms
series.py      their sums in the database, which all workers and machines share
exposition.py  Prometheus' text format
"""
