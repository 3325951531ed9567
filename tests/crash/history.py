"""What was asked of a cloud, and what may therefore be there.

A request is answered, refused, or unknown: cut off by a kill. Requests are numbered when they begin
and when they end, so that two of them are known to follow each other or to have overlapped. All
that the checkers conclude is in Register: one thing with a value, and the requests that wrote it.
The last of the writes, in some order that keeps what followed what, is what must be found.
"""
import itertools
import json
import threading

OPEN, ANSWERED, REFUSED, UNKNOWN = "open", "answered", "refused", "unknown"


class Request:
    __slots__ = ("what", "begun", "ended", "state", "__weakref__")

    def __init__(self, what, begun):
        self.what, self.begun, self.ended, self.state = what, begun, None, OPEN


class History:
    """Of all threads. problems: answers that no request should have had."""

    def __init__(self):
        self._lock, self._counter, self._numbers = threading.Lock(), itertools.count(1), itertools.count(1)
        self._undecided, self.lines, self.problems, self.counts = set(), [], [], {ANSWERED: 0, REFUSED: 0, UNKNOWN: 0}
        self.on_answer = lambda: None

    def number(self):
        """One that nothing else has: what is written is told apart by it."""
        return next(self._numbers)

    def now(self):
        return next(self._counter)

    def note(self, *words):
        self.lines.append(words)

    def begin(self, what):
        with self._lock:
            request = Request(what, self.now())
            self._undecided.add(request)
        self.note(request.begun, "asks", what)
        return request

    def end(self, request, state, said=None):
        with self._lock:
            self.counts[state] += 1
            if state != UNKNOWN:  # that one may happen until the daemon is dead (cut)
                request.ended = self.now()
                self._undecided.discard(request)
            request.state = state
        self.note(request.begun, state, said)
        if state == ANSWERED:
            self.on_answer()

    def cut(self):
        """The daemon is dead: what was not answered has happened by now, or never will."""
        with self._lock:
            now = self.now()
            for request in self._undecided:
                request.ended = now
            self._undecided.clear()
        self.note(now, "cut")

    def ask(self, what, call, refusals=(), request=None):
        """Makes a request; (it, its answer, or None where there was none). Errors that are named in refusals
        are as good as none; others that are not the daemon's dying are problems."""
        request = request or self.begin(what)
        try:
            answer = call()
        except Exception as e:
            error = (getattr(e, "response", None) or {}).get("Error", {}).get("Code", "")
            status = (getattr(e, "response", None) or {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if error in refusals or error and status < 500:
                self.end(request, REFUSED, error)
                if error not in refusals:
                    self.problems.append(f"{what}: refused, {e}")
            else:
                self.end(request, UNKNOWN, error or type(e).__name__)
                if "Internal" in error or "Timeout" in type(e).__name__ and "Connect" not in type(e).__name__:
                    self.problems.append(f"{what}: {e}")
            return request, None
        self.end(request, ANSWERED)
        return request, answer

    def save(self, file):
        with open(file, "w") as f:
            for line in self.lines:
                f.write(json.dumps(line, default=str) + "\n")


class Register:
    """One thing that has a value; None is its not being there."""

    def __init__(self, value=None):
        self._writes = [(None, (value,))]  # no request: so from the beginning

    def write(self, request, *values):
        """request may write one of values."""
        self._writes.append((request, values))

    def rewrite(self, request, *values):
        """request, whose write is there already, wrote one of these."""
        self._writes = [w for w in self._writes if w[0] is not request] + [(request, values)]

    def values(self):
        """All that it may have had."""
        return {v for request, values in self._writes if not request or request.state != REFUSED for v in values}

    def possible(self):
        """A write may be the last one unless one that was answered began after its end."""
        begun = max((r.begun for r, _ in self._writes if r and r.state == ANSWERED), default=0)
        return {v for r, values in self._writes if not (r and r.state == REFUSED)
                and (begun == 0 if not r else r.ended is None or r.ended >= begun) for v in values}

    def settle(self, value):
        """It was found to be value: from here on nothing else will do, but for what may still come."""
        self._writes = [(None, (value,))] + [(r, v) for r, v in self._writes if r and r.ended is None and r.state != REFUSED]


class Registers(dict):
    """Registers by name, made when they are first asked for."""

    def __init__(self, name, value=None):
        super().__init__()
        self.name, self.value = name, value

    def __missing__(self, key):
        self[key] = Register(self.value)
        return self[key]

    def compare(self, found, problems):
        """found: what is there, by name; what is missing has the value of the beginning."""
        for key in sorted(set(self) | set(found), key=str):
            value, possible = found.get(key, self.value), self[key].possible()
            if value not in possible:
                problems.append(f"{self.name} {key}: is {value!r}, and may be {' or '.join(sorted(map(repr, possible)))}")
            self[key].settle(value)
