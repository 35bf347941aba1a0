"""What models cost: by genai-prices, or as somebody set it here.

entries.py    a model's entry in the form of genai-prices, whoever knows its price
overrides.py  setting and removing prices of one's own
file.py       prices from a file, for instances without a network
listing.py    the models that requests name, with their prices and where these come from
"""
