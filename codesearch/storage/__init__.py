"""How an index lies on disk: one writer, any number of readers, one switch between generations."""
