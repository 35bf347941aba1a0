"""What hostile texts and strangers can make the product spend."""
