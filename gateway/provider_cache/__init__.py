"""What is added to requests so that the provider's cache finds more of them."""
