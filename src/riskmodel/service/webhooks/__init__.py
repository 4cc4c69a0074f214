"""Webhooks: what a receiver is sent, where to it may go, and when it is tried again."""
