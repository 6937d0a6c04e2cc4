"""Credit default swaps in the ISDA standard model, and their returns."""
