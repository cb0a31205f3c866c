"""The one MetaData of a tenant's database."""

from sqlalchemy import MetaData

metadata = MetaData()
