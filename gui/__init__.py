"""The window: browses a share over HTTP, previews what is in it and saves it."""
