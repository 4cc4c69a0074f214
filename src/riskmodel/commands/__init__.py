"""The commands of `riskmodel`: parse, call, print. Heavy imports stay inside them, so that `--help` answers at once."""
