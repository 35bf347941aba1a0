"""All clients, in the order of the table."""

from benchmarks.clients.families.agents import AGENTS
from benchmarks.clients.families.frameworks import FRAMEWORKS
from benchmarks.clients.families.sdks import SDKS

CLIENTS = (*SDKS, *FRAMEWORKS, *AGENTS)
