"""What the detectors of secrets and personal data find, and what they take for some, on texts with labels."""
