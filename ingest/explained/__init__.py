"""One log explained to one person: what is shown, and how it is drawn on a terminal and on a page."""
