"""Searches for inputs that break a reader, for as long as one likes."""
