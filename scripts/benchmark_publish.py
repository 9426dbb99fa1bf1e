"""The part of scripts/benchmark-publish that is not shell: the relay that counts, the two ways, and the table.

    benchmark_publish.py PACKS PACKYARD ORAS PORT FOLDER ROUNDS
"""

import asyncio
import json
import os
import pathlib
import shlex
import subprocess
import sys
import threading
import time


class Relay:
    """Passes HTTP/1.1 on, and counts the requests and the bytes of both directions."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.requests = self.bytes = 0
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        threading.Thread(target=self.run, args=(started,), daemon=True).start()
        started.wait()

    def run(self, started):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.connection, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()

    def stop(self):
        asyncio.run_coroutine_threadsafe(self.end(), self.loop).result()

    async def end(self):
        open_connections = asyncio.all_tasks() - {asyncio.current_task()}
        for task in open_connections:
            task.cancel()
        await asyncio.gather(*open_connections, return_exceptions=True)

    async def connection(self, reader, writer):
        their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        back = asyncio.ensure_future(self.replies(their_reader, writer))
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.requests += 1
                await self.send(their_writer, head)
                await self.body(reader, their_writer, head.lower())
        except (asyncio.IncompleteReadError, ConnectionError):
            their_writer.close()
        await back

    async def body(self, reader, writer, head):
        if b"\r\ntransfer-encoding: chunked" in head:
            while True:
                size = await reader.readuntil(b"\r\n")
                await self.send(writer, size + await reader.readexactly(int(size, 16) + 2))
                if int(size, 16) == 0:
                    return
        left = 0
        for line in head.split(b"\r\n"):
            if line.startswith(b"content-length:"):
                left = int(line.split(b":")[1])
        while left > 0:
            piece = await reader.read(min(left, 1 << 16))
            if not piece:
                return
            left -= len(piece)
            await self.send(writer, piece)

    async def replies(self, reader, writer):
        try:
            while piece := await reader.read(1 << 16):
                await self.send(writer, piece)
        except ConnectionError:
            pass
        writer.close()

    async def send(self, writer, data):
        self.bytes += len(data)
        writer.write(data)
        await writer.drain()


def by_hand(packs, host, base, oras, folder):
    """Steps 3 to 8 of the guide, for one pack after the other; that a repository is there already is no reason to stop."""
    ecr = f"aws --endpoint-url http://{host} ecr"
    lines = [
        f"cd {shlex.quote(str(folder))}",
        f"{ecr} create-repository --repository-name {base}/spectro-packs/archive >/dev/null 2>&1 || true",
        f"{ecr} get-login-password | {oras} login --username AWS --password-stdin {host} >/dev/null",
    ]
    for pack in packs:
        about = json.loads((pack / "pack.json").read_text(encoding="utf-8-sig"))
        name, version = about["name"], about["version"]
        archive, tag = f"{name}-{version}.tar.gz", version.replace("+", "_")
        lines += [
            f"{ecr} create-repository --repository-name {base}/spectro-packs/archive/{name} >/dev/null 2>&1 || true",
            f"tar -C {shlex.quote(str(pack.parent))} -czf {archive} {shlex.quote(pack.name)}",
            f"{oras} push {host}/{base}/spectro-packs/archive/{name}:{tag} {archive} >/dev/null",
        ]
    return ["bash", "-e", "-o", "pipefail", "-c", "\n".join(lines)]


def main():
    packs_folder, packyard, oras, port, folder, rounds = sys.argv[1:]
    packs = sorted(path.parent for path in pathlib.Path(packs_folder).glob("*/pack.json"))
    relay = Relay(int(port))
    host = f"localhost:{relay.port}"
    archives = pathlib.Path(folder) / "archives"
    archives.mkdir()
    best = {}
    for turn in range(int(rounds)):
        for way in ("by hand", "publish"):
            base = f"{way.replace(' ', '-')}-{turn}"
            if way == "publish":
                command = [packyard, "publish", packs_folder, "--to", f"{host}/{base}", "--quiet"]
            else:
                command = by_hand(packs, host, base, oras, archives)
            for state in ("cold", "unchanged"):
                requests, sent, begun = relay.requests, relay.bytes, time.perf_counter()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, env=os.environ)
                took = time.perf_counter() - begun
                measured = (took, relay.requests - requests, relay.bytes - sent)
                print(f"{way}, {state}, round {turn + 1}: {took:.2f} s, {measured[1]} requests, {measured[2]} bytes")
                best[way, state] = min(best.get((way, state), measured), measured)
    relay.stop()
    print(f"\n{len(packs)} packs\n\n| | seconds | requests | MB | by hand / publish |\n|---|---|---|---|---|")
    for state in ("cold", "unchanged"):
        for way in ("by hand", "publish"):
            took, requests, sent = best[way, state]
            ratio = f"{best['by hand', state][0] / took:.1f}" if way == "publish" else ""
            print(f"| {state}, {way} | {took:.2f} | {requests} | {sent / 1e6:.2f} | {ratio} |")


if __name__ == "__main__":
    main()
