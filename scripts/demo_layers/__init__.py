"""The synthetic demonstration workspace: a place that looks like one, made from a fixed seed."""
