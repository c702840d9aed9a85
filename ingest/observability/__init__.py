"""What the service shows of itself while it runs: its vital signs, and the pages that tell them."""
