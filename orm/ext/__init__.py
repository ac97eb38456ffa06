"""Extensions: what many applications need beside the core, each module on its own."""
