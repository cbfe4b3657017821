"""Features on disk: a pickle is read without running what is in it, converted once, and its clips are read by position."""
