"""All that opens users' files, and `arrays.layer_of` for layers that a user holds in memory as xarray arrays."""
