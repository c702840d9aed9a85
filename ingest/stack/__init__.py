"""Real Kafka and real Elasticsearch on this machine, without Docker: for the demo and for the tests.

Needs the extra ``oom-ingest[stack]`` and Linux. The servers are downloaded once, listen on the loopback interface only,
and end with the process that started them, however that process ends.
"""

from ingest.stack.errors import StackError
from ingest.stack.stack import Stack

__all__ = ["Stack", "StackError"]
