"""Reading back through the gateway: the model calls `read_back`, and its answer goes on with what was cut."""
