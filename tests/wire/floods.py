"""Connections that only hold on: half-sent heads, silence, bodies and answers that stand still. Honest clients, functions'
sockets and the admin socket are served meanwhile, and each of the others ends."""
import contextlib
import pathlib
import resource
import socket
import ssl
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import Cloud, CloudCase, main

PATIENCE = 120


def await_true(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not in {PATIENCE} s")
        time.sleep(0.05)


class Crowd:
    """Many connections of one client that send `begin` and then, at each drip(), one byte more."""

    def __init__(self, port):
        self.port = port
        self.sockets = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def join(self, n, begin=b""):
        for _ in range(n):
            s = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
            self.sockets.append(s)
            if begin:
                with contextlib.suppress(OSError):
                    s.sendall(begin)
            s.setblocking(False)

    def drip(self, byte=b"x"):
        for s in self.sockets:
            with contextlib.suppress(OSError):
                s.send(byte)

    def drain(self):
        for s in self.sockets:
            with contextlib.suppress(OSError):
                while s.recv(65536):
                    pass

    def close(self):
        for s in self.sockets:
            s.close()

    def alive(self):
        n = 0
        for s in self.sockets:
            try:
                n += s.recv(1, socket.MSG_PEEK) != b""
            except BlockingIOError:
                n += 1
            except OSError:
                pass
        return n


def client_hello():
    out = ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


def descriptors(n):
    """Whether this process may have so many."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < n:
        return False
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return True


HEAD_SECONDS, BODY_SECONDS, SPARE = 3, 4, 20  # SPARE: what a loaded machine may be late
HALF = b"GET / HTTP/1.1\r\nHost: a\r\nX: "
WHOLE = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"
FLAGS = ["--head-seconds", str(HEAD_SECONDS), "--body-seconds", str(BODY_SECONDS)]


class FewFiles(Cloud):
    def launch(self, *more, **pipes):
        super().launch(*more, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (800, 800)), **pipes)


class Floods(CloudCase):
    cloud_args = FLAGS

    def honest(self, tls=True):
        self.assertEqual(self.cloud.http("GET", "/health", tls=tls)[0], 200)

    def ends(self, crowd, drip=b"x"):
        """All of the crowd are gone, though they drip."""
        def gone():
            time.sleep(0.5)  # between two drips
            crowd.drip(drip)
            return crowd.alive() == 0
        await_true("the crowd ends", gone)

    def test_nine_thousand_half_sent_heads(self):
        if not descriptors(12000):
            self.skipTest("the limit of open files is too low for a flood")
        s3 = self.cloud.client("s3", tls=False)
        s3.create_bucket(Bucket="honest")
        with Crowd(self.cloud.port) as crowd:
            for _ in range(9):
                crowd.join(1000, HALF)
                crowd.drip()
                began = time.monotonic()
                self.honest()
                self.honest(tls=False)
                s3.put_object(Bucket="honest", Key="k", Body=b"x")
                self.assertLess(time.monotonic() - began, SPARE)
            self.assertEqual(self.cloud.admin("GET", "/health")[0], 200)
            self.assertIn("ok", self.cloud.run("status").stdout)
            self.ends(crowd)
        self.honest()

    def test_each_way_of_holding_on(self):
        """One connection a way, dripping; each ends, and not before its time."""
        hello = client_hello()
        ways = (  # name, what is sent, what drips, the least and the most seconds
            ("a head", HALF, b"x", HEAD_SECONDS, HEAD_SECONDS + SPARE),
            ("a request line", b"GET /", b"x", HEAD_SECONDS, HEAD_SECONDS + SPARE),
            ("empty lines", b"\r\n", b"\r\n", 0, HEAD_SECONDS + SPARE),  # libmicrohttpd 1.0 takes one and closes at the next
            ("a second head", WHOLE + HALF, b"x", HEAD_SECONDS, HEAD_SECONDS + SPARE),
            ("half a hello of TLS", hello[:40], b"", HEAD_SECONDS, HEAD_SECONDS + SPARE),
            ("a hello that drips", hello[:40], hello[40:41], HEAD_SECONDS, HEAD_SECONDS + SPARE),
            ("a hello and nothing more", hello, b"", HEAD_SECONDS, HEAD_SECONDS + SPARE),
            ("a body", b"PUT /_calotype/cfn-response/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n", b"x",
             BODY_SECONDS, BODY_SECONDS + SPARE),
            ("a body of chunks", b"PUT /_calotype/cfn-response/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
             b"1\r\nx\r\n", BODY_SECONDS, BODY_SECONDS + SPARE),
            ("no body after 100 Continue", b"PUT /_calotype/cfn-response/" + b"0" * 64 + b" HTTP/1.1\r\nHost: a\r\n"
             b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", b"", BODY_SECONDS, BODY_SECONDS + SPARE),
        )
        open_ = {}
        for name, begin, drip, least, most in ways:
            crowd = Crowd(self.cloud.port)
            crowd.join(1, begin)
            open_[name] = (crowd, drip, time.monotonic(), least, most)
        wrong = []
        while open_:
            time.sleep(0.2)
            for name, (crowd, drip, began, least, most) in list(open_.items()):
                crowd.drip(drip)
                crowd.drain()
                took = time.monotonic() - began
                if crowd.alive() and took < most:
                    continue
                if crowd.alive() or took < least - 1:
                    wrong.append(f"{name}: {'open' if crowd.alive() else 'closed'} after {took:.1f} s")
                crowd.close()
                del open_[name]
        self.assertEqual(wrong, [])
        self.honest()

    def test_who_goes_on_is_not_cut(self):
        """A slow but steady body, and a connection that is idle for longer than a head may take."""
        with Crowd(self.cloud.port) as crowd:
            crowd.join(1, b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n")
            crowd.join(1, WHOLE)
            slow, idle = crowd.sockets
            sent = 0
            while sent < 20000:
                slow.setblocking(True)
                slow.sendall(b"x" * 1000)
                sent += 1000
                time.sleep(0.3)
            slow.settimeout(PATIENCE)
            self.assertIn(b"HTTP/1.1 404", slow.recv(4096))
            idle.settimeout(PATIENCE)
            self.assertIn(b"HTTP/1.1 200", idle.recv(4096))
            idle.sendall(WHOLE)
            self.assertIn(b"HTTP/1.1 200", idle.recv(4096))

    def test_functions_and_the_admin_socket_have_room_of_their_own(self):
        """A daemon with few descriptors lets in half of those that are left, and the newest may always come."""
        with FewFiles(*FLAGS) as cloud, Crowd(cloud.port) as crowd:
            crowd.join(600, HALF)
            self.assertIn("ok", cloud.run("status").stdout)
            for _ in range(20):
                self.assertEqual(cloud.admin("GET", "/health")[0], 200)
                self.assertEqual(cloud.http("GET", "/health", tls=True)[0], 200)
            self.assertLessEqual(crowd.alive(), 300)

    def test_drips_and_slow_readers_make_room(self):
        """Bodies that get on by 120 bytes a second keep nobody out, and a swift body is not cut for them."""
        begin = b"PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
        with FewFiles("--body-seconds", "60") as cloud, Crowd(cloud.port) as crowd, Crowd(cloud.port) as swift:
            swift.join(1, begin)
            crowd.join(399, begin)
            came = []

            def newcomer_comes_in():
                time.sleep(0.5)
                crowd.drip(b"x" * 60)
                swift.drip(b"x" * 20000)
                with contextlib.suppress(OSError):
                    came.append(cloud.http("GET", "/health")[0] == 200)
                return came and came[-1]
            await_true("a newcomer gets in", newcomer_comes_in)
            self.assertEqual(swift.alive(), 1)


if __name__ == "__main__":
    main()
