# SPDX-License-Identifier: MIT
"""What the fault proxy does to a request, and to which: a rule picks requests and names one fault. Rules are tried in
their order; the first that fits and is not used up acts. Rules are plain data, so that they can come from a file too."""

import dataclasses
import json
import random
import re


@dataclasses.dataclass
class Rule:
    # Which requests: each that is given must fit.
    method: str = ""       # "GET"
    path: str = ""         # regular expression, searched in the path and query as sent
    target: str = ""       # regular expression of the operation in x-amz-target: "Query"
    skip: int = 0          # this many that fit pass unharmed first
    times: int = -1        # acts so often, then no more; -1: for ever
    chance: float = 1.0    # of acting, drawn from the rule's own seed
    seed: int = 0
    # What happens: the request is forwarded unless `act` is False; then the answer is spoilt in the named way.
    act: bool = True
    status: int = 0        # an answer of our own instead of the server's 
    body: bytes = b""
    headers: dict = dataclasses.field(default_factory=dict)  # added to the answer, or in place of those it has
    raw: bytes = b""       # these bytes in place of the whole answer, then the connection closes
    reset: str = ""        # connection reset: "request" (its body is not read), "answer" (none of it is sent),
                           # "headers", "body" (after `offset` bytes of it), "end" (all was sent)
    close: str = ""        # the same places, but closed in good order
    offset: int = -1       # of reset, close, flip and stall in the body; -1: at random
    flip: bool = False     # one bit of the body is wrong
    stall: str = ""        # the same places: nothing more comes for stall_s, then it goes on
    stall_s: float = 0.0
    bytes_per_s: float = 0.0  # of the answer's body, one byte at a time
    endless: str = ""      # "body" or "headers": the answer's are followed by more without end
    name: str = ""
    # Counters of the proxy.
    fitted: int = 0
    acted: int = 0

    def __post_init__(self):
        self.random = random.Random(self.seed)
        self.name = self.name or self.reset or self.close or self.stall or self.endless or str(self.status or "")

    def fits(self, request):
        """Whether it acts on this request; counts."""
        if (self.method and request.method != self.method or self.target and not re.fullmatch(self.target, request.operation)
                or self.path and not re.search(self.path, request.path)):
            return False
        self.fitted += 1
        if self.fitted <= self.skip or 0 <= self.times <= self.acted or self.random.random() >= self.chance:
            return False
        self.acted += 1
        return True

    def place(self, size):
        """Where in a body of that size."""
        if self.offset >= 0:
            return min(self.offset, size)
        return self.random.randrange(size) if size else 0


def answer(status, body, content_type="application/xml", headers=None, **match):
    """An answer without the server's knowledge (unless act=True)."""
    data = body.encode() if isinstance(body, str) else body
    all_headers = dict(headers or {})
    all_headers.setdefault("Content-Type", content_type)
    return Rule(**{"act": False, "status": status, "body": data, "headers": all_headers, **match})


def s3_error(status, code, message="", more="", **match):
    return answer(status, '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code><Message>%s</Message>%s'
                  "<RequestId>0123456789ABCDEF</RequestId></Error>" % (code, message, more), **match)


def dynamo_error(status, code, message="", **match):
    body = json.dumps({"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": message})
    return answer(status, body, "application/x-amz-json-1.0", **match)


def dynamo_answer(body, **match):
    return answer(200, body if isinstance(body, (str, bytes)) else json.dumps(body), "application/x-amz-json-1.0", **match)


def slow_down(**match):
    return s3_error(503, "SlowDown", "Please reduce your request rate.", **match)


def throttling(code="ThrottlingException", **match):
    return dynamo_error(400, code, "Rate of requests exceeds the allowed throughput.", **match)


def load(path):
    """Rules from a JSON file: a list of objects with the names above."""
    with open(path, encoding="utf-8") as file:
        return [Rule(**{**one, "body": one.get("body", "").encode()}) for one in json.load(file)]
