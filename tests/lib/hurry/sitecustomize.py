"""For the path of a client that polls twice a minute: in this Python no sleep is longer than half a second."""
import time

_sleep = time.sleep
time.sleep = lambda seconds: _sleep(min(seconds, 0.5))
