"""Qt item models, form state and user-facing texts, without widgets."""
