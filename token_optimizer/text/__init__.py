"""What several rules read text by: lines, sentences, token counts, and what is remembered of texts."""
