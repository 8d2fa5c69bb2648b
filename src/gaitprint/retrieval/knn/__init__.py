"""The nearest of many, exactly or from short codes."""
