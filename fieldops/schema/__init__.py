"""The shape of the two kinds of database, as SQLAlchemy Core tables.

`control.metadata` is the platform's one control database; `tables.metadata` is what every tenant's
own database looks like. The migrations beside them are what runs; a test proves that they agree.
There is no `tenant` column anywhere: the connection is the boundary.
"""
