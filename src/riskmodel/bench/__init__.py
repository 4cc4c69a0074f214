"""The benchmarks behind docs/performance.md and docs/county.md; nothing else imports this room."""
