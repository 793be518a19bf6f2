"""Serves moto on a free port of 127.0.0.1, prints the port, and ends when its standard input does.

moto looks whether a key is taken and writes it in two steps; S3 does so in one. One request at a time makes it one.
moto says that every upload in parts began in 2010, which makes each an abandoned one; here it says when it did.
"""

import os
import sys
import threading
from datetime import datetime, timezone

from moto.s3.models import FakeMultipart
from moto.s3.responses import S3Response
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

application = DomainDispatcherApplication(create_backend_app)
turn = threading.Lock()
began = {}
create_upload = FakeMultipart.__init__
serialized = S3Response.serialized


def create_dated_upload(self, *arguments, **named):
    create_upload(self, *arguments, **named)
    began[self.id] = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def serialized_with_dates(self, result):
    if self.data.get("Action") == "ListMultipartUploads":
        for upload in result.result["Uploads"]:
            upload["Initiated"] = began[upload["UploadId"]]
    return serialized(self, result)


FakeMultipart.__init__ = create_dated_upload
S3Response.serialized = serialized_with_dates


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
