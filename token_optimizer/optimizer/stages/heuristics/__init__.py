"""Stages that work text by text: what repeats, what says nothing, what is shorter in another form."""
