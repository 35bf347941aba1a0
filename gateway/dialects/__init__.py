"""What the gateway has to know of each provider's dialect: one file each."""
