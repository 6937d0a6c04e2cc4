"""Pure numerical kernels of the warehouse: arrays in, arrays out, no files, no SQL, no clock."""
