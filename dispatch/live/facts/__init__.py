"""The world as dispatch sees it at one instant, as a Problem the engine can take."""

from dispatch.live.facts.reading import Facts, facts_of, read_facts, stamp_of
from dispatch.live.facts.tasks import Pins

__all__ = ["Facts", "Pins", "facts_of", "read_facts", "stamp_of"]
