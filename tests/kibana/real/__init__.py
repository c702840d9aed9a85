"""``make kibana-check``: what is shipped for Kibana on a real Kibana, for people with Docker."""
