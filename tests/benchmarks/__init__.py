"""Timings, as ratios to the bare driver in the same run. Never asserted: see `make bench`."""
