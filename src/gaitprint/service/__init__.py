"""The gallery over HTTP: keys, limits, queues, and the same verbs."""
