"""Small data structures and functions which know nothing of databases."""
