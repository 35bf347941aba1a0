"""Bodies as bytes: unpacked, read and checked, single values replaced in them."""
