"""The boards, one file each, in the order of the navigation."""

from ingest.kibana.boards import episode, fleet, host, kubernetes, openvz, pipeline, workload

BOARDS = (fleet.BOARD, host.BOARD, episode.BOARD, kubernetes.BOARD, workload.BOARD, openvz.BOARD, pipeline.BOARD)
