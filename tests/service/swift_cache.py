# SPDX-License-Identifier: MIT
"""What Swift's proxy keeps in memcached, in a dictionary of the proxy itself: it is one process, and so needs no server.

tempauth refuses to work without a cache, and without one each request asks for the account and the container anew.
The names are those of swift.common.memcached.MemcacheRing, which the proxy calls."""

import time as clock


class Cache:
    def __init__(self):
        self._items = {}

    def set(self, key, value, serialize=True, time=0, min_compress_len=0, raise_on_error=False):
        del serialize, min_compress_len, raise_on_error
        self._items[key] = (value, clock.monotonic() + time if time else None)

    def get(self, key, raise_on_error=False):
        del raise_on_error
        value, end = self._items.get(key, (None, None))
        if end is not None and end < clock.monotonic():
            self._items.pop(key, None)
            return None
        return value

    def incr(self, key, delta=1, time=0):
        value = max(0, (self.get(key) or 0) + int(delta))
        self.set(key, value, time=time)
        return value

    def decr(self, key, delta=1, time=0):
        return self.incr(key, -int(delta), time)

    def delete(self, key, server_key=None):
        del server_key
        self._items.pop(key, None)

    def set_multi(self, mapping, server_key, serialize=True, time=0, min_compress_len=0):
        del server_key, serialize, min_compress_len
        for key, value in mapping.items():
            self.set(key, value, time=time)

    def get_multi(self, keys, server_key):
        del server_key
        return [self.get(key) for key in keys]


def filter_factory(global_conf, **local_conf):
    del global_conf, local_conf
    cache = Cache()

    def wrap(app):
        def serve(env, start_response):
            env["swift.cache"] = cache
            return app(env, start_response)
        return serve
    return wrap
