#!/usr/bin/env bash
# Refreshes the browser libraries that are kept in this repository: htmx as its makers publish it, CodeMirror bundled
# with our <yaml-editor> into one file, and axe-core for the accessibility tests. Needs npm; building Packyard does not.
# To take newer versions: edit crates/console/editor/package.json, run this, look at the difference, commit.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
editor=$root/crates/console/editor
vendor=$root/crates/console/static/vendor
tests=$root/crates/packyard/tests/browser
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$editor/package.json" "$editor/yaml-editor.js" "$work/"
[ -f "$editor/package-lock.json" ] && [ "${1:-}" != "--update-lock" ] && cp "$editor/package-lock.json" "$work/"
(cd "$work" && npm install --no-audit --no-fund --loglevel=error)
node - "$work/package-lock.json" "$editor/package-lock.json" <<'JS'
// The lock file without the addresses of whichever registry served it: the integrity hashes say what must come.
const [from, to] = process.argv.slice(2);
const fs = require("fs");
const lock = JSON.parse(fs.readFileSync(from));
for (const entry of Object.values(lock.packages)) delete entry.resolved;
fs.writeFileSync(to, JSON.stringify(lock, null, 2) + "\n");
JS

mkdir -p "$vendor" "$tests"
cp "$work/node_modules/htmx.org/dist/htmx.min.js" "$vendor/htmx.min.js"
cp "$work/node_modules/htmx.org/LICENSE" "$vendor/htmx.LICENSE"
cp "$work/node_modules/axe-core/axe.min.js" "$tests/axe.min.js"
cp "$work/node_modules/axe-core/LICENSE" "$tests/axe.LICENSE"
(cd "$work" && npx esbuild yaml-editor.js --bundle --minify --format=iife --target=es2022 --legal-comments=none --metafile=meta.json --outfile=bundle.js --log-level=warning)
cp "$work/bundle.js" "$vendor/yaml-editor.min.js"

node - "$work" "$vendor" "$tests" <<'JS'
const [work, vendor, tests] = process.argv.slice(2);
const fs = require("fs"), path = require("path"), zlib = require("zlib"), crypto = require("crypto");
const lock = JSON.parse(fs.readFileSync(path.join(work, "package-lock.json"))).packages;
const meta = JSON.parse(fs.readFileSync(path.join(work, "meta.json")));
const bundled = new Set(Object.keys(meta.inputs).map((f) => f.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean));
const row = (name) => `| ${name} | ${lock["node_modules/" + name].version} | ${lock["node_modules/" + name].license} | \`${lock["node_modules/" + name].integrity}\` |`;
const file = (dir, name) => {
  const bytes = fs.readFileSync(path.join(dir, name));
  const sha = crypto.createHash("sha256").update(bytes).digest("hex");
  return `| ${name} | ${bytes.length} | ${zlib.gzipSync(bytes, { level: 9 }).length} | \`${sha}\` |`;
};
const licences = [...bundled].sort().map((name) => {
  const dir = path.join(work, "node_modules", name);
  const found = fs.readdirSync(dir).find((f) => /^licen[cs]e/i.test(f));
  return `## ${name} ${lock["node_modules/" + name].version}\n\n${found ? fs.readFileSync(path.join(dir, found), "utf8").trim() : "MIT"}\n`;
});
fs.writeFileSync(path.join(vendor, "yaml-editor.LICENSE"), licences.join("\n"));
const head = "| package | version | licence | npm integrity |\n|---|---|---|---|\n";
fs.writeFileSync(path.join(vendor, "VENDORED.md"), `# Browser libraries kept here

Written by \`scripts/vendor-browser-libraries.sh\` from \`crates/console/editor/package.json\`; do not edit by hand. A test
compares the files with the hashes below.

## Files

| file | bytes | gzip | sha256 |
|---|---|---|---|
${file(vendor, "htmx.min.js")}
${file(vendor, "yaml-editor.min.js")}

## htmx, whole, as published

${head}${row("htmx.org")}

## In yaml-editor.min.js

Our \`editor/yaml-editor.js\` with these, bundled by esbuild ${lock["node_modules/esbuild"].version}; licence texts in yaml-editor.LICENSE.

${head}${[...bundled].sort().map(row).join("\n")}
`);
fs.writeFileSync(path.join(tests, "VENDORED.md"), `# For the browser tests only, never served

Written by \`scripts/vendor-browser-libraries.sh\`.

| file | bytes | gzip | sha256 |
|---|---|---|---|
${file(tests, "axe.min.js")}

${head}${row("axe-core")}
`);
JS
cat "$vendor/VENDORED.md"
