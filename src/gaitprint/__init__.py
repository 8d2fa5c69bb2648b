"""gaitprint recognises people by the way they walk."""
