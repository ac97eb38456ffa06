"""Objects to statements: what a flush writes, in which order, and bulk statements without objects."""
