"""One file a collection: the fields of its rows, and what can be done with them."""
