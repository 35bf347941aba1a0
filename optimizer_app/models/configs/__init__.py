"""Configs, their versions and drafts, what must stay, what is proposed."""
