"""The API and the reviewers' pages."""
