"""A template over time: drafts, versions, publishing, versions by name."""
