"""Commands about what a service keeps beside its gallery."""
