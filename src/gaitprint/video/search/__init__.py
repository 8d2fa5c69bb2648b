"""Finding a person in footage by an example of their walk: what was seen in each video is kept, and ranked."""
