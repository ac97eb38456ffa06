"""Dialects, a package per database; engines find them by name."""
