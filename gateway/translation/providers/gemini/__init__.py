"""Google Gemini's own API."""
