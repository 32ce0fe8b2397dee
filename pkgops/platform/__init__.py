"""The local platform: one process that reconciles the pipeline's kinds where no real controller does."""
