"""Tables and texts in Markdown that README files and the terminal show, made from cards and results."""
