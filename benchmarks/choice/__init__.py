"""What ranking, floors and summaries keep of what a question needs, measured part by part."""
