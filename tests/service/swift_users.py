# SPDX-License-Identifier: MIT
"""tempauth with names for its users that are access keys everywhere.

Its own are "account:user", and DynamoDB Local, which a test talks to with the same credentials, takes letters and
digits only."""

from swift.common.middleware import tempauth

NAMES = {"test:tester": "TESTER", "test:guest": "GUEST"}


def filter_factory(global_conf, **local_conf):
    make = tempauth.filter_factory(global_conf, **local_conf)

    def wrap(app):
        auth = make(app)
        for user, name in NAMES.items():
            auth.users[name] = auth.users[user]
        return auth
    return wrap
