"""Why a run makes no progress: the causes, their facts and evidence, and their sentences."""
