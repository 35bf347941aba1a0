"""Learned compressors that are tried beside the product's own: none of them is part of the product."""
