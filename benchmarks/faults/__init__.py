"""What clients notice of a fault, and what is lost.

load.py      requests at a steady rate, and how each ended
harm.py      the faults, each as what it does to a running instance
"""
