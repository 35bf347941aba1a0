"""Cases with what their question needs: read, handed to the optimizer, and compared with what is left."""
