"""Travel times: an estimate that needs nothing, or a road network somebody serves.

Whoever plans sees one thing: a matrix of whole seconds, the metres beside it, and how much of it
is an estimate. A road service that is slow, gone or ignorant never stops a plan.
"""
