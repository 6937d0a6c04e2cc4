"""Curves: Treasury zero curves, discount curves and splines through CDS quotes."""
