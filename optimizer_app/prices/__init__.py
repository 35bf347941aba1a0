"""What models cost: by genai-prices, or as somebody set it here.

entries.py    a model's entry in the form of genai-prices, whoever knows its price
rules.py      windows and rules of caches that somebody set, for requests and receipts
shown_rules.py  the same for people, with where each value comes from
overrides.py  setting and removing prices of one's own
file.py       prices from a file, for instances without a network
listing.py    the models that requests name, with their prices and where these come from
"""
