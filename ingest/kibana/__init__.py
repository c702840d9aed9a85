"""Kibana: what travels with the product for it, made and checked without a Kibana.

``ids.py`` names every object for ever, ``saved.py`` is the form of a saved object and of its file. The files under
``dashboards/`` are generated from this package (``make generate``) and committed.
"""
