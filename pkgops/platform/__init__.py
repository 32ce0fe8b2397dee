"""The local platform: one process that reconciles the pipeline's kinds where no controllers are installed."""
