"""Images of the commune PCs and what goes with them: built, signed, verified, and a seed for each PC."""
