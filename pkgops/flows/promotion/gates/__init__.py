"""Gates: what a change of an environment must pass. A gate's type is a rule in :data:`types.TYPES`."""
