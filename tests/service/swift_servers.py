#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""OpenStack Swift's four servers, from the library alone (Debian's python3-swift).

usage: swift_servers.py FOLDER ACCOUNT_PORT CONTAINER_PORT OBJECT_PORT PROXY_PORT

The packages that hold Swift's programs bring daemons and files in /etc; the library has all the code. It is imported
once, then one process is forked for each server. Ends, with all of them, at SIGTERM or when one of them ends."""

import os
import pwd
import signal
import sys

# Before anything of Swift is imported: its modules read the configuration that lies there.
from swift.common import utils
utils.set_swift_dir(sys.argv[1])

from swift.common import wsgi  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
import swift.account.server  # noqa: E402,F401
import swift.container.server  # noqa: E402,F401
import swift.obj.mem_server  # noqa: E402,F401
import swift.proxy.server  # noqa: E402,F401
import swift.common.middleware.s3api.s3api  # noqa: E402,F401

STORAGE = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = %(port)d
workers = 0
user = %(user)s
swift_dir = %(folder)s
devices = %(folder)s
mount_check = false
disable_fallocate = true
log_level = WARNING
[pipeline:main]
pipeline = %(kind)s-server
[app:%(kind)s-server]
use = egg:swift#%(app)s
replication_server = false
conn_timeout = 20
node_timeout = 60
recon_cache_path = %(folder)s
"""

# tester may do everything with the account "test"; guest is known, and may do nothing.
PROXY = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = %(port)d
workers = 0
user = %(user)s
swift_dir = %(folder)s
log_level = WARNING
[pipeline:main]
pipeline = catch_errors healthcheck cache s3api tempauth copy slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
# Half a second, as it is otherwise, is short for a machine that runs tests on all its cores, and ends as 503 SlowDown.
conn_timeout = 20
node_timeout = 60
recoverable_node_timeout = 60
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:cache]
paste.filter_factory = swift_cache:filter_factory
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
paste.filter_factory = swift_users:filter_factory
user_test_tester = testing .admin
user_test_guest = guesting
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""


def write_configuration(folder, ports):
    user = pwd.getpwuid(os.getuid()).pw_name
    # Objects are kept in memory: not every file system has the extended attributes that Swift's files need.
    apps = {"account": "account", "container": "container", "object": "mem_object"}
    for kind, app in apps.items():
        with open("%s/%s.conf" % (folder, kind), "w", encoding="utf-8") as file:
            file.write(STORAGE % {"port": ports[kind], "user": user, "folder": folder, "kind": kind, "app": app})
        ring = RingBuilder(4, 1, 0)
        ring.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": ports[kind], "device": "disk", "weight": 1})
        ring.rebalance()
        ring.get_ring().save("%s/%s.ring.gz" % (folder, kind))
    with open(folder + "/proxy.conf", "w", encoding="utf-8") as file:
        file.write(PROXY % {"port": ports["proxy"], "user": user, "folder": folder})


def main():
    folder = sys.argv[1]
    ports = dict(zip(("account", "container", "object", "proxy"), map(int, sys.argv[2:6])))
    write_configuration(folder, ports)
    children = {}
    for kind in ports:
        child = os.fork()
        if child == 0:
            os._exit(wsgi.run_wsgi("%s/%s.conf" % (folder, kind), kind + "-server") or 0)
        children[child] = kind

    def stop(number, frame):
        del number, frame
        raise SystemExit(0)
    signal.signal(signal.SIGTERM, stop)
    try:
        ended, status = os.wait()
        print("the %s server ended with status %d" % (children.pop(ended), status), flush=True)
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
    sys.exit(1)


main()
