"""The prompt caches of providers: what they keep, how long, for which price, and where our marks go."""
