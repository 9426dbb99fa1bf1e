"""The two parts of scripts/benchmark that are not shell: the console's pages with 1,000 packs, and the table.

    benchmark.py pages PACKYARD BASE FOLDER     benchmark.py table FOLDER
"""

import http.cookiejar
import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request

PACKS = 1000
TYPES = ["logging", "monitoring", "security", "ingress", "system app", "app services"]


def make_packs(folder):
    """Packs of a few hundred bytes, each its own name."""
    made = []
    for n in range(PACKS):
        path = f"{folder}/packs/pack-{n:04}"
        os.makedirs(path)
        kind = TYPES[n % len(TYPES)]
        pack = {"name": f"pack-{n:04}", "displayName": f"Pack {n:04}", "version": "1.0.0", "layer": "addon",
                "addonType": kind, "cloudTypes": ["all"]}
        for name, text in (("pack.json", json.dumps(pack)), ("values.yaml", f"pack:\n  namespace: n{n}\n"),
                           ("README.md", f"# Pack {n}\n\nFor {kind}.\n")):
            with open(f"{path}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
        made.append(path)
    return made


class Console:
    """A session, and the API by the same person."""

    def __init__(self, base):
        self.base = base
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
        person = {"email": os.environ["PACKYARD_ADMIN_EMAIL"], "password": os.environ["PACKYARD_ADMIN_PASSWORD"]}
        self.send("/login", urllib.parse.urlencode(person).encode(), {"Origin": base})
        reply = self.send("/v1/auth/authenticate", json.dumps({"emailId": person["email"], "password": person["password"]}).encode())
        self.token = json.loads(reply)["Authorization"]

    def send(self, path, body=None, headers=()):
        request = urllib.request.Request(self.base + path, data=body, headers=dict(headers))
        with self.opener.open(request, timeout=120) as reply:
            return reply.read()

    def api(self, path, body=None):
        headers = {"Authorization": self.token, "Content-Type": "application/json"}
        text = self.send(path, None if body is None else json.dumps(body).encode(), headers)
        return json.loads(text) if text else None


def pages(packyard, base, folder):
    packs = make_packs(folder)
    host = base.split("://")[1]
    begun = time.perf_counter()
    subprocess.run([packyard, "publish", *packs, "--to", f"{base}/pages", "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    published = time.perf_counter() - begun
    console = Console(base)
    spec = {"metadata": {"name": "pages"}, "spec": {
        "endpoint": base, "providerType": "pack", "baseContentPath": "pages", "isSyncSupported": True,
        "credentials": {"credentialType": "secret", "accessKey": os.environ["AWS_ACCESS_KEY_ID"],
                        "secretKey": os.environ["AWS_SECRET_ACCESS_KEY"]}}}
    begun = time.perf_counter()
    registry = console.api("/v1/registries/oci/ecr", spec)["uid"]
    synced = time.perf_counter() - begun
    print(f"{PACKS} packs published to {host} in {published:.1f} s, registered and synchronised in {synced:.1f} s")
    uid = console.api("/v1/packs?limit=1")["items"][0]["metadata"]["uid"]
    addresses = ["/packs", "/packs?q=pack-09", "/packs?type=security", f"/packs/{uid}", f"/packs/{uid}/values",
                 f"/packs/{uid}/versions", "/settings/registries", f"/settings/registries/{registry}", "/profiles",
                 "/profiles/new"]
    for address in addresses:
        times = []
        for _ in range(20):
            begun = time.perf_counter()
            console.send(address)
            times.append((time.perf_counter() - begun) * 1000)
        shown = re.sub(r"[0-9a-f]{24}", "UID", address)
        print(f"page {shown}: median {statistics.median(times):.1f} ms, worst {max(times):.1f} ms")


def best(text, pattern, choose=max):
    found = [float(value) for value in re.findall(pattern, text)]
    return choose(found) if found else None


def measures(folder, name):
    with open(f"{folder}/{name}.txt", encoding="utf-8") as file:
        text = file.read()
    return {
        "GET manifest by tag, requests/s": best(text, r"GET manifest by tag .*?req/s=([\d.]+)"),
        "HEAD manifest by tag, requests/s": best(text, r"HEAD manifest by tag .*?req/s=([\d.]+)"),
        "small artifacts, 1 client, pushes/s": best(text, r"artifacts, 1 clients: ([\d.]+) pushes/s"),
        "small artifacts, 8 clients, pushes/s": best(text, r"artifacts, 8 clients: ([\d.]+) pushes/s"),
        "push of 1 GiB, MiB/s": scaled(best(text, r"push: ([\d.]+) B/s"), 1 << 20),
        "pull of 100 MiB, MiB/s": scaled(best(text, r"pull: ([\d.]+) B/s"), 1 << 20),
        "idle memory, MB": scaled(best(text, r"idle: .*?VmRSS: (\d+) kB", min), 1000),
        "peak memory, MB": scaled(best(text, r"VmHWM: (\d+) kB"), 1000),
    }


def scaled(value, unit):
    return None if value is None else value / unit


def table(folder):
    peer, locked, ours = (measures(folder, name) for name in ("peer-no-auth", "peer-htpasswd", "packyard"))
    print("| measure | docker-registry | with htpasswd | packyard | ratio to the first |\n|---|---|---|---|---|")
    for key, value in ours.items():
        shown = [f"{v:,.0f}" if v is not None else "failed" for v in (peer[key], locked[key], value)]
        ratio = f"{value / peer[key]:.2f}" if value and peer[key] else "-"
        print(f"| {key} | {shown[0]} | {shown[1]} | {shown[2]} | {ratio} |")


if __name__ == "__main__":
    {"pages": pages, "table": table}[sys.argv[1]](*sys.argv[2:])
