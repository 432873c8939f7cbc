"""The one form in which agents and people write, markdown, and what platforms want it to be."""
