"""What goes on in the background: households scored anew, and deliveries to webhooks."""
