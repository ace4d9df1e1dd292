"""The tests: ``engine`` and ``studio`` mirror the source, ``journeys`` act as a user."""
