"""Serves moto on a free port of 127.0.0.1, prints the port, and ends when its standard input does.

moto looks whether a key is taken and writes it in two steps; S3 does so in one. One request at a time makes it one.
"""

import os
import sys
import threading

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

application = DomainDispatcherApplication(create_backend_app)
turn = threading.Lock()


class OneAtATime(WSGIRequestHandler):
    def run_wsgi(self):
        with turn:
            super().run_wsgi()

    def log(self, *_):
        pass


server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=OneAtATime)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
os._exit(0)
