"""The server of the Model Context Protocol: tools with which agents read what requests came to."""
