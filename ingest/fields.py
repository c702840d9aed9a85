"""Catalogue of fields."""

ECS_VERSION = "9.4.0"
SCHEMA_VERSION = 1
