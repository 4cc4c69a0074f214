"""The words of a programme: what is recorded, what counts as poor, what is predicted, what help exists. Pure."""
