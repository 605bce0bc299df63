"""What the course's notebooks import: reference implementations, figures, data and the check."""
