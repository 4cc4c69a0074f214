"""Department rules and the model, compared at equal numbers of alerts on simulated counties: docs/alerts.md."""
