"""Boards without a Kibana: the shipped objects read back, their queries run on Elasticsearch, drawn as pages.

``read.py`` reads ``dashboards/*.ndjson`` and nothing else, ``query.py`` asks what Kibana would ask, ``draw.py`` and
``page.py`` draw it on the same grid. The same queries prove every panel in the tests.
"""
