"""What blocks a run: the causes, their facts and evidence, and how they are worded."""
