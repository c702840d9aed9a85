"""Disturbances of the running service, on real servers: nothing may be lost, nothing stored twice."""
