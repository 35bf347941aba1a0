"""The wheel and the source distribution, installed into empty environments and tried from an empty folder."""
