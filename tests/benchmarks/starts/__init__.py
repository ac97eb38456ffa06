"""First programs: a class is mapped, its table made, an object written and read. One file per library."""
