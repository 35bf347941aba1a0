"""From an answered request to a row: its line in the journal, and who stores that.

segments.py       files of lines on the local disk, which outlive the process that wrote them
recorder.py       writes a web worker's lines, and stores what waits
lone_recorder.py  the process that stores the lines of all web workers of a machine
lines.py          lines to rows; what cannot be stored is set aside
"""
