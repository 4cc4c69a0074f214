"""What goes on in the background: households scored anew, jobs, and deliveries to webhooks."""
