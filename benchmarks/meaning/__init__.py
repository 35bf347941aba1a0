"""What the embedding models and the stages that use them cost."""
