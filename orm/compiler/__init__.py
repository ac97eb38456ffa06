"""From the expression tree to SQL text and a plan of parameters; loaded by the first dialect."""
