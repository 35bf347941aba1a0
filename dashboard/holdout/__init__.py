"""Conversations that go through untouched beside the others: what does optimizing save, and does it harm?"""
