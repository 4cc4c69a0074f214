"""An area: what is expected and was seen, who was visited, how incomes grow."""
