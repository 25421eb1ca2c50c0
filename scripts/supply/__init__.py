"""What the program is made of, and what is known against it."""
