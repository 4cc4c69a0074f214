"""The benchmarks behind docs/performance.md, county.md and alerts.md; nothing else imports this room."""
