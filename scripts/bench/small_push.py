"""Pushes N small artifacts by W clients at once into one repository, each as ORAS 1.0.0 does it: HEAD manifest, HEAD
layer, POST and PUT, HEAD config (POST and PUT the first time), PUT manifest by tag; connections are kept alive.

    BASE=http://127.0.0.1:5000 AUTH=user:password small_push.py N W
"""

import base64
import hashlib
import http.client
import json
import multiprocessing
import os
import sys
import time
from urllib.parse import urlsplit

BASE = urlsplit(os.environ["BASE"])
LOGIN = os.environ.get("AUTH")
HEADERS = {"Authorization": "Basic " + base64.b64encode(LOGIN.encode()).decode()} if LOGIN else {}
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG = b"{}"


def digest(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def descriptor(media_type, content):
    return {"mediaType": media_type, "digest": digest(content), "size": len(content)}


class Client:
    """One connection, and how many requests went over it."""

    def __init__(self, repository):
        self.repository = repository
        self.requests = 0
        self.connection = http.client.HTTPConnection(BASE.hostname, BASE.port or 80, timeout=60)

    def call(self, method, path, body=None, headers=(), expected=(200, 201, 202)):
        self.requests += 1
        self.connection.request(method, path, body=body or b"", headers={**HEADERS, **dict(headers)})
        reply = self.connection.getresponse()
        text = reply.read()
        if reply.status not in expected:
            raise SystemExit(f"{method} {path}: {reply.status} {text[:200]}")
        return reply

    def push_blob(self, content):
        blobs = f"/v2/{self.repository}/blobs"
        if self.call("HEAD", f"{blobs}/{digest(content)}", expected=(200, 404)).status == 200:
            return
        location = urlsplit(self.call("POST", f"{blobs}/uploads/").getheader("Location"))
        query = f"{location.query}&" if location.query else ""
        self.call("PUT", f"{location.path}?{query}digest={digest(content)}", content,
                  {"Content-Type": "application/octet-stream"})

    def push_artifact(self, number):
        layer = f"layer {self.repository} {number}\n".encode() * 40
        manifest = json.dumps({
            "schemaVersion": 2, "mediaType": MANIFEST_TYPE,
            "config": descriptor("application/vnd.unknown.config.v1+json", CONFIG),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
        }).encode()
        manifests = f"/v2/{self.repository}/manifests"
        self.call("HEAD", f"{manifests}/{digest(manifest)}", headers={"Accept": MANIFEST_TYPE}, expected=(200, 404))
        self.push_blob(layer)
        self.push_blob(CONFIG)
        self.call("PUT", f"{manifests}/v1.0.{number}", manifest, {"Content-Type": MANIFEST_TYPE})


def work(share):
    repository, numbers = share
    client = Client(repository)
    seconds = []
    for number in numbers:
        begun = time.perf_counter()
        client.push_artifact(number)
        seconds.append(time.perf_counter() - begun)
    return seconds, client.requests


def main(count, clients):
    repository = f"bench/small-{os.getpid()}x{int(time.time())}"
    begun = time.perf_counter()
    with multiprocessing.Pool(clients) as pool:
        done = pool.map(work, [(repository, range(first, count, clients)) for first in range(clients)], chunksize=1)
    whole = time.perf_counter() - begun
    seconds = sorted(second for share, _ in done for second in share)
    requests = sum(share for _, share in done)
    print(f"small artifacts, {clients} clients: {count / whole:.0f} pushes/s ({requests / whole:.0f} requests/s), "
          f"p50 {seconds[len(seconds) // 2] * 1e3:.1f} ms, p99 {seconds[int(len(seconds) * 0.99)] * 1e3:.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
