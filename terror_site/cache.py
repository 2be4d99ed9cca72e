"""A Redis that may be away: what is cached can always be asked of the database."""

import logging
import time

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

LOG = logging.getLogger(__name__)
# After a failure Redis is left alone for so long, or each page would wait for it.
QUIET_SECONDS = 10


class ForgivingRedisCache(RedisCache):
    """Django's, which answers as an empty cache would while Redis cannot be had."""

    # Of the process, not of a thread's own object: one finding out is enough.
    quiet_until = 0.0

    def _try(self, name, instead, *args, **kwargs):
        if time.monotonic() < ForgivingRedisCache.quiet_until:
            return instead
        try:
            return getattr(super(), name)(*args, **kwargs)
        except RedisError as error:
            ForgivingRedisCache.quiet_until = time.monotonic() + QUIET_SECONDS
            LOG.warning("Redis cannot be used, going on without: %s", error)
            return instead

    def get(self, key, default=None, version=None):
        return self._try("get", default, key, default, version)

    def set(self, *args, **kwargs):
        self._try("set", None, *args, **kwargs)

    def add(self, *args, **kwargs):
        return self._try("add", False, *args, **kwargs)

    def delete(self, key, version=None):
        return self._try("delete", False, key, version)
