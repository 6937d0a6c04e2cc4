"""What the kernels gain over plain loops and over QuantLib, measured; docs/benchmarks.md."""
