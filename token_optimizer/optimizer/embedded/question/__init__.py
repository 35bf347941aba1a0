"""What a text asks, told from its material: words, sections, layout."""
