"""The short public interface: `gaitprint.NAME` is a function or class of one of these modules."""
