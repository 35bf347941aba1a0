"""Asking providers: what is sent, one attempt, and the attempts after one that failed."""
