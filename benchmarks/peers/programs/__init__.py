"""What runs each compressor: one file each, started by the Python of its own environment."""
