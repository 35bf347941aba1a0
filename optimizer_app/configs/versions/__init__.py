"""A config over time: drafts, versions, publishing to all or to a share."""
