"""What requests came to, told by OpenTelemetry's SDK to whoever collects it, where that is switched on.

exporting.py      the SDK, set up by its own environment variables
context.py        which trace a request belongs to, and the header that carries that on to the provider
observer.py       one request: its span begins with it, and ends with its record
spans.py          what a record says, as attributes and spans
measurements.py   the same as metrics
"""
