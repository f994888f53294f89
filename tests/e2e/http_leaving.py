#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Clients that leave before they have their answer: their work ends with them, and only theirs."""

import json
import os
import socket
import struct

import program
from program import contains, equal, write_jpeg
from service import Service, eventually, status_of

LEFT = 'tessera_requests_total{route="%s",status="499"}'
SLOW = "/generate_grid?uniqueGridId=slow&tile=3000&columns=16&fresh=1" # 2.3 gigapixels: minutes, where nobody stops it


def begin(service, line, version="HTTP/1.1", body=b"", length=None):
    link = socket.create_connection((service.host, service.port), timeout=120)
    size = len(body) if length is None else length
    link.sendall(("%s %s\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (line, version, size)).encode() + body)
    return link


def reset(link):
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()


def fill(service):
    write_jpeg("photo.jpg", 600, 400)
    with open("photo.jpg", "rb") as file:
        photo = file.read()
    link = service.connect()
    for _ in range(256):
        equal(service.ask("POST", "/add_image?uniqueGridId=slow", photo, connection=link).status, 200)
    link.close()
    equal(service.ask("POST", "/add_image?uniqueGridId=small", photo).status, 200)
    return photo


def test_work_ends_with_its_client():
    with Service("--jobs", "1", "--timeout", "600", "--json") as service:
        fill(service)
        links = [begin(service, "POST " + SLOW), begin(service, "POST " + SLOW, "HTTP/1.0"), begin(service, "POST " + SLOW),
                 begin(service, "DELETE /grids/other")]
        eventually(lambda: service.metrics()['tessera_queue_waiting{lane="grid"}'] == 2, "one is built, the others wait", 60)
        links[0].close()
        links[1].close()
        reset(links[2])
        equal(status_of(links[3].recv(1000)), 404)
        # Whoever comes next does not wait for what nobody waits for.
        equal(service.ask_json("POST", "/generate_grid?uniqueGridId=small")["tiles"], 1)
        eventually(lambda: service.metrics().get(LEFT % "generate_grid", 0) == 3, "all three are counted", 120)
        numbers = service.metrics()
        equal(numbers['tessera_grids_total{result="built"}'], 1)
        equal(numbers['tessera_grids_total{result="failed"}'], 0)
        assert not any(name.startswith('tessera_requests_total{route="generate_grid",status="5') for name in numbers), numbers
        service.stop()
        logged = [json.loads(line) for line in service.lines if line.startswith("{")]
        equal(sorted(line["status"] for line in logged if line.get("route") == "generate_grid"), [200, 499, 499, 499])
        equal(os.listdir("data/objects/.partial"), [])


def test_who_has_no_more_to_say_still_gets_the_answer():
    """shutdown(SHUT_WR), as `nc -N` does after the request."""
    with Service("--jobs", "1", "--timeout", "600") as service:
        fill(service)
        first = begin(service, "POST " + SLOW)
        eventually(lambda: service.metrics()['tessera_queue_running{lane="grid"}'] == 1, "it is built", 60)
        second = begin(service, "POST /generate_grid?uniqueGridId=small")
        second.shutdown(socket.SHUT_WR)
        interim = b"HTTP/1.1 100 Continue\r\n\r\n"
        equal(second.recv(len(interim), socket.MSG_WAITALL), interim)
        first.close()
        answer = b""
        while piece := second.recv(65536):
            answer += piece
        while answer.startswith(interim): # asked again, on a slow machine
            answer = answer[len(interim):]
        equal(status_of(answer), 200)
        contains(answer.decode(), "built grid")


def test_half_a_body_leaves_nothing():
    with Service() as service:
        photo = fill(service)
        before = len(service.ask_json("GET", "/grids/small")["keys"])
        for leave in (socket.socket.close, reset):
            for cut in (0, 3, len(photo) // 2, len(photo) - 1):
                leave(begin(service, "POST /add_image?uniqueGridId=small", body=photo[:cut], length=len(photo)))
        # Who resets the connection may do so before anything of it was read.
        eventually(lambda: service.metrics().get(LEFT % "add_image", 0) >= 4, "those who closed are counted as left", 60)
        eventually(lambda: service.settled_metrics()["tessera_connections"] == 1, "their connections are closed", 60)
        equal(len(service.ask_json("GET", "/grids/small")["keys"]), before)
        equal(os.listdir("data/objects/.partial"), [])


program.main(globals())
