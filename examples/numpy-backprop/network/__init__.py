"""A classifier of two layers in numpy, with its backward passes by hand."""
