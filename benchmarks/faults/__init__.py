"""What clients notice of a fault, and what is lost.

site.py      an instance, and what stands around it and can fail: its disk, its clock, its providers
harm.py      the faults, each as what it does to such a site
load.py      requests at a steady rate, and how each ended
readiness.py what `/readyz` said meanwhile
"""
