"""Values to save, drawn by hypothesis, one module for each family of types."""
