// What the console adds where a browser runs scripts. Every page works without it; the editor is a plain text field then.
"use strict";

const csrf = () => document.querySelector("meta[name=csrf]")?.content ?? "";
const on = (kind, selector, act) =>
  document.addEventListener(kind, (event) => {
    const found = event.target instanceof Element && event.target.closest(selector);
    if (found) act(found, event);
  });

/* ---- a session that ends while a form is filled: what was typed stays, and is sent after a login in another tab ---- */
const visitor = () => document.querySelector("meta[name=visitor]")?.content;
const noAnswer = "This server does not answer. Check that it runs and that you are connected, then try again.";
function sayEnded() {
  complain("Your session has ended, so nothing was changed. What you typed is still here: log in in another tab, then send it again.", true);
}
/** Whether the session goes on; says so if not. Forms get the token of a session that began since. */
async function goesOn() {
  const reply = await fetch("/session", { cache: "no-store" }).catch(() => null);
  if (!reply) { complain(noAnswer); return false; }
  if (reply.status === 401) { sayEnded(); return false; }
  if (!reply.ok) return true;
  // Something between us may answer in our place, with a page of its own.
  const now = await reply.json().catch(() => null);
  if (!now) { complain(noAnswer); return false; }
  if (now.visitor !== visitor()) {
    complain("Somebody else is logged in now, so nothing was changed. Log in as before in another tab, then send it again.", true);
    return false;
  }
  document.querySelector("meta[name=csrf]").content = now.csrf;
  for (const field of document.querySelectorAll("input[name=csrf]")) field.value = now.csrf;
  return true;
}
const asked = new WeakSet(), sure = new WeakSet();
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!visitor() || form.method !== "post" || !form.querySelector("textarea, .input") || sure.delete(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (asked.has(form) || "sent" in form.dataset) return;
  asked.add(form);
  submitter?.setAttribute("aria-busy", "true");
  const is = await goesOn();
  asked.delete(form);
  submitter?.removeAttribute("aria-busy");
  if (!is) return;
  sure.add(form);
  form.requestSubmit(submitter);
}, true);

/* ---- keyboard: "/" searches, Esc closes what is open, arrows move in menus -------------------------------------- */
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, yaml-editor, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const field = document.querySelector(".seek.big input") ?? document.querySelector(".seek input");
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  }
  if (event.key === "Escape" && !event.target.closest?.("yaml-editor")) closeTopmost();
  const panel = event.target.closest?.(".menu[open]");
  if (panel && ["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) {
    event.preventDefault();
    const items = [...panel.querySelectorAll(".menu-item")];
    const here = items.indexOf(document.activeElement);
    const next = { ArrowDown: here + 1, ArrowUp: here - 1 + (here < 0 ? 1 : 0), Home: 0, End: -1 }[event.key];
    items.at(next % items.length)?.focus();
  }
  if (event.key === "Tab") keepInside(event);
});

function closeTopmost() {
  const menu = document.querySelector(".menu[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
  const keep = document.querySelector("[data-ask]:not([hidden]) [data-keep]");
  if (keep) { keep.click(); return; }
  const close = document.querySelector("[data-close]");
  if (close) { close.click(); return; }
  if (location.hash === "#menu") location.hash = "";
}

/** Focus stays in an open drawer or dialog, and what is said of it. */
function keepInside(event) {
  const box = document.querySelector(".drawer, .dialog");
  if (!box) return;
  const boxes = [box, ...document.querySelectorAll(".toast.stays")];
  const stops = boxes.flatMap((each) => [...each.querySelectorAll("a[href], button, input, select, textarea")]).filter((e) => e.offsetParent && !e.disabled && e.type !== "hidden");
  if (!stops.length) return;
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement === edge || !boxes.some((each) => each.contains(document.activeElement))) {
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.(".menu[open]")) return;
  for (const menu of document.querySelectorAll(".menu[open]")) if (menu !== event.target) menu.open = false;
}, true);

/* ---- drawers and dialogs opened in place; their own addresses work too ------------------------------------------ */
/** What was there before: the element that opened, the title, the trail. */
let opened = null;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.id !== "overlay") return;
  opened = { by: document.activeElement, title: document.title, trail: document.getElementById("trail")?.innerHTML };
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target?.id !== "overlay") return;
  const { requestConfig, pathInfo } = event.detail;
  // Without a state of htmx: going back closes what lies over the page and loads nothing.
  if (!history.state?.overlay && !requestConfig.elt.closest("[hx-push-url]")) history.pushState({ overlay: true }, "", pathInfo.requestPath);
  // The menu that led here is done: Escape is for what lies on top.
  for (const menu of document.querySelectorAll(".menu[open]")) menu.open = false;
  document.querySelector("#overlay [autofocus], #overlay .input, #overlay button")?.focus();
  enhance(document);
});
/** What htmx notes of a changed address would make it load this page anew when what lies over it is closed. */
document.addEventListener("htmx:replacedInHistory", () => history.replaceState(null, "", location.href));
function shut() {
  document.getElementById("overlay").replaceChildren();
  const { by, title, trail } = opened;
  opened = null;
  document.title = title;
  if (trail !== undefined) document.getElementById("trail").innerHTML = trail;
  (by.closest(".menu")?.querySelector("summary") ?? by).focus();
}
on("click", "[data-close]", (link, event) => {
  if (!link.closest("#overlay")) return;
  if (asks()) { event.preventDefault(); return; }
  if (!opened?.by.isConnected) return;
  event.preventDefault();
  if (history.state?.overlay) { history.back(); return; }
  history.replaceState(null, "", link.getAttribute("href"));
  shut();
});
addEventListener("popstate", (event) => {
  if (event.state?.overlay) { location.reload(); return; }
  if (!document.querySelector("#overlay > *")) return;
  if (!opened) { location.reload(); return; }
  const address = document.querySelector("#overlay form.form")?.getAttribute("action");
  if (address && asks()) { history.pushState({ overlay: true }, "", address); return; }
  shut();
});

/** Before something typed is lost, a question in the page; true when it is asked. */
function asks() {
  const form = document.querySelector("#overlay form[data-dirty]");
  const ask = form && document.querySelector("#overlay [data-ask]");
  if (!ask) return false;
  ask.hidden = false;
  ask.querySelector("[data-keep]").focus();
  return true;
}
for (const kind of ["input", "change"]) on(kind, "#overlay form", (form) => { form.dataset.dirty = ""; });
on("click", "[data-keep]", (button) => {
  button.closest("[data-ask]").hidden = true;
  document.querySelector("#overlay .input")?.focus();
});
on("click", "[data-discard]", () => {
  delete document.querySelector("#overlay form[data-dirty]")?.dataset.dirty;
  document.querySelector("#overlay [data-close]").click();
});

/* ---- parts of a page that come later: each takes the place of the element with its id --------------------------- */
function swap(html) {
  const box = document.createElement("template");
  box.innerHTML = html;
  for (const fresh of [...box.content.children]) {
    const old = fresh.id && document.getElementById(fresh.id);
    if (!old) continue;
    enhance(fresh);
    // What is the same stays, and so do an open menu, a selection, a turning wheel.
    if (old.isEqualNode(fresh) || old.querySelector(".menu[open]")) continue;
    const held = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(fresh);
    if (!held) continue;
    const again = (held.id && document.getElementById(held.id)) || [...fresh.querySelectorAll("a[href]")].find((a) => a.getAttribute("href") === held.getAttribute("href"));
    // What is gone from a menu leaves the focus to the menu.
    (again ?? fresh.closest(".menu")?.querySelector("summary"))?.focus({ preventScroll: true });
  }
}
/** Events of a reply that is read as it comes. */
async function* eventsOf(reply) {
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const data = text.slice(0, end).split("\n").filter((line) => line.startsWith("data:"));
      if (data.length) yield data.map((line) => line.slice(5).replace(/^ /, "")).join("\n");
    }
  }
}
/** A page that follows a sync: by events, or where they do not come, by asking again. One address at a time: a list that was
    sorted anew is followed in its new order. */
let followed = null;
function follow(address) {
  followed = address;
  const poll = async () => {
    if (address !== followed) return;
    const reply = await fetch(address, { headers: { "HX-Request": "true", "X-Packyard-Follows": "1" } }).catch(() => null);
    const login = reply?.headers.get("hx-redirect");
    if (login) {
      // What was typed over the page stays.
      if (document.querySelector("form[data-dirty]")) sayEnded();
      else location.href = login;
      return;
    }
    if (reply && !reply.ok) return;
    if (reply) swap(await reply.text());
    if (!reply?.headers.get("x-packyard-still")) setTimeout(poll, 2000);
  };
  if (!window.EventSource) { poll(); return; }
  const source = new EventSource(address);
  source.addEventListener("message", (event) => { if (address === followed) swap(event.data); else source.close(); });
  source.addEventListener("end", () => source.close());
  source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) setTimeout(poll, 2000); });
}
for (const part of document.querySelectorAll("[data-live]")) follow(part.dataset.live);
document.addEventListener("htmx:afterSettle", () => {
  const live = document.getElementById("sorted")?.dataset.live;
  if (live && live !== followed) follow(live);
});

/* ---- a registry's form: Validate hop by hop, errors at their fields ---------------------------------------------- */
let validating = null;
/** Fields with an error say so, and what hides one is opened; returns the first. */
function mark() {
  const wrong = [...document.querySelectorAll("#overlay [id^=error-]")].filter((slot) => {
    const field = document.getElementById(slot.id.slice("error-".length));
    const bad = Boolean(slot.querySelector(".error"));
    if (bad) field?.setAttribute("aria-invalid", "true"); else field?.removeAttribute("aria-invalid");
    const box = bad && document.getElementById(slot.closest("[data-opened-by]")?.dataset.openedBy);
    if (box) box.checked = true;
    return bad;
  });
  return wrong.length ? document.getElementById(wrong[0].id.slice("error-".length)) : null;
}
const report = () => document.getElementById("report");
function stopValidating() {
  validating?.abort();
  validating = null;
}
async function validate(address) {
  stopValidating();
  const own = (validating = new AbortController());
  const button = document.querySelector(".drawer-foot [data-validate]");
  button.setAttribute("aria-busy", "true");
  report().replaceChildren();
  try {
    if (!(await goesOn())) return;
    const reply = await fetch(address, {
      method: "POST", signal: own.signal, body: new URLSearchParams(new FormData(document.getElementById("registry-form"))),
      headers: { "X-CSRF-Token": csrf(), "Accept": "text/event-stream", "HX-Request": "true" },
    });
    if (!reply.headers.get("content-type")?.startsWith("text/event-stream")) throw new Error(`status ${reply.status}`);
    let first = true;
    for await (const html of eventsOf(reply)) {
      if (own.signal.aborted) return;
      swap(html);
      if (first) report().scrollIntoView({ block: "nearest" });
      first = false;
    }
    const wrong = mark();
    if (report().querySelector(".hops")) report().scrollIntoView({ block: "start" }); else wrong?.focus();
  } catch (error) {
    if (own.signal.aborted) return;
    const notice = Object.assign(document.createElement("div"), { className: "notice bad", textContent: `This server did not answer (${error.message}). Try again in a moment.` });
    notice.setAttribute("role", "alert");
    report().replaceChildren(notice);
  } finally {
    if (validating === own) validating = null;
    if (!validating) button.removeAttribute("aria-busy");
  }
}
on("click", "[data-validate]", (button, event) => { event.preventDefault(); validate(button.formAction); });
on("click", "[data-stop-validate]", () => {
  stopValidating();
  report().replaceChildren();
  document.querySelector(".drawer-foot [data-validate]").focus();
});
on("click", "[data-use-paths]", (button, event) => {
  event.preventDefault();
  document.getElementById("paths").dispatchEvent(new CustomEvent("tokens-set", { detail: button.value }));
  document.getElementById("registry-form").dataset.dirty = "";
  validate(button.formAction);
});
/** A report is about what was typed then; once that changes it is gone. */
on("input", "#registry-form", (form, event) => {
  stopValidating();
  report().replaceChildren();
  // Of a choice, the name is that of all its buttons.
  for (const field of [event.target.id, event.target.name]) document.getElementById(`error-${field}`)?.replaceChildren();
  event.target.removeAttribute("aria-invalid");
});
/** After a Confirm that was refused: to the first field to mend, else to what is said. */
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "report") return;
  const wrong = mark();
  if (wrong) wrong.focus(); else report().scrollIntoView({ block: "start" });
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.id === "report") stopValidating();
});

/* ---- copy, secrets, theme --------------------------------------------------------------------------------------- */
on("click", "[data-copy]", async (button) => {
  const text = button.dataset.copy || button.parentElement.querySelector("pre, code").textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  button.classList.add("copied");
  document.getElementById("spoken").textContent = "Copied";
  setTimeout(() => button.classList.remove("copied"), 1600);
});
on("click", "[data-reveal]", (button) => {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === "text";
  field.type = shown ? "password" : "text";
  button.setAttribute("aria-pressed", String(!shown));
  button.querySelector("[data-eye]").hidden = !shown;
  button.querySelector("[data-eye-off]").hidden = shown;
});
on("submit", "form[data-theme-switch]", (form, event) => {
  event.preventDefault();
  const root = document.documentElement;
  const dark = (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.theme = dark ? "light" : "dark";
  form.elements.theme.value = root.dataset.theme;
  fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-CSRF-Token": csrf() }, redirect: "manual" });
});

/* ---- forms: show that they work, say a certificate's contents, several values with Enter ------------------------- */
on("submit", "form", (form, event) => {
  if (event.defaultPrevented || form.method === "get") return;
  // Enter sends a form as often as it is pressed; once is meant.
  if ("sent" in form.dataset) { event.preventDefault(); return; }
  form.dataset.sent = "";
  (event.submitter ?? form.querySelector("button[type=submit]"))?.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const trigger = event.detail.requestConfig?.triggeringEvent;
  const button = trigger?.submitter ?? (event.detail.elt.matches("button") ? event.detail.elt : null);
  if (!button) return;
  button.setAttribute("aria-busy", "true");
  event.detail.requestConfig.busy = button;
});
document.addEventListener("htmx:afterRequest", (event) => event.detail.requestConfig?.busy?.removeAttribute("aria-busy"));
/** Whoever comes back to a page finds it as if nothing had been sent. */
addEventListener("pageshow", () => {
  for (const busy of document.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
/** The answer to a form has the address of its page: a reload shows that page and sends nothing again. */
const place = document.querySelector("[data-address]")?.dataset.address;
if (place) history.replaceState(history.state, "", place);

/* ---- what did not work is said, and stays until it was read ------------------------------------------------------ */
function complain(text, offersLogin = false) {
  const note = document.getElementById("complaint").content.firstElementChild.cloneNode(true);
  note.querySelector("span").textContent = text;
  note.querySelector("a").hidden = !offersLogin;
  document.querySelector(".toasts").replaceChildren(note);
}
on("click", "[data-hide]", (button) => button.closest(".toast").remove());
/** What asks again by itself complains to nobody. */
const isAsked = (event) => !event.detail.elt.matches("[hx-trigger^=every]");
document.addEventListener("htmx:sendError", (event) => {
  if (isAsked(event)) complain(noAnswer);
});
document.addEventListener("htmx:responseError", async (event) => {
  if (!isAsked(event)) return;
  const { requestConfig, pathInfo, xhr } = event.detail;
  // The page of the failure says it best.
  if (requestConfig.verb === "get") { location.href = pathInfo.finalRequestPath; return; }
  if (xhr.status === 401) { sayEnded(); return; }
  if (xhr.status === 403) {
    const before = csrf();
    if (!(await goesOn())) return;
    if (csrf() !== before) { complain("You logged in again since this page was opened, so nothing was changed. Do it once more."); return; }
  }
  const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
  const said = ["h1", "h1 ~ p"].map((css) => page.querySelector(css)?.textContent.trim()).filter(Boolean).join(": ");
  complain(said || `This server answered with status ${xhr.status}, so nothing was changed.`);
});
on("change", "input[type=file][data-into]", async (picker) => {
  const area = document.getElementById(picker.dataset.into);
  area.value = picker.files[0] ? await picker.files[0].text() : "";
  area.dispatchEvent(new Event("change", { bubbles: true }));
});
on("change", "select[data-submits]", (select) => select.form.requestSubmit());

/** A plain field that takes several values, separated by commas, becomes a field with one token for each. */
function tokens(field) {
  field.removeAttribute("data-tokens");
  const values = field.value.split(",").map((v) => v.trim()).filter(Boolean);
  const box = Object.assign(document.createElement("div"), { className: "tokens" });
  const input = Object.assign(document.createElement("input"), { type: "text", id: field.id, placeholder: field.placeholder, autocomplete: "off", spellcheck: false });
  for (const name of ["aria-describedby", "aria-invalid"]) if (field.hasAttribute(name)) input.setAttribute(name, field.getAttribute(name));
  field.removeAttribute("id");
  field.type = "hidden";
  field.after(box);
  const draw = () => {
    box.replaceChildren(...values.map((value, at) => {
      const token = Object.assign(document.createElement("span"), { className: "token", textContent: value });
      const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
      remove.setAttribute("aria-label", `Remove ${value}`);
      remove.addEventListener("click", () => { values.splice(at, 1); draw(); input.focus(); });
      token.append(remove);
      return token;
    }), input);
    input.placeholder = values.length ? "" : field.placeholder;
    field.value = [...values, input.value.trim()].filter(Boolean).join(", ");
  };
  const take = () => {
    for (const part of input.value.split(",").map((v) => v.trim()).filter(Boolean)) if (!values.includes(part)) values.push(part);
    input.value = "";
    draw();
  };
  input.addEventListener("input", () => { if (input.value.includes(",")) { take(); input.focus(); } field.value = [...values, input.value.trim()].filter(Boolean).join(", "); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && input.value.trim()) { event.preventDefault(); take(); input.focus(); }
    if (event.key === "Backspace" && !input.value && values.length) { values.pop(); draw(); input.focus(); }
  });
  input.addEventListener("blur", take);
  input.addEventListener("tokens-set", (event) => { values.length = 0; input.value = event.detail; take(); });
  draw();
}

/* ---- editor bar ------------------------------------------------------------------------------------------------- */
on("click", "[data-editor]", (button) => document.getElementById(button.dataset.for)[button.dataset.editor]());
on("yaml-change", "yaml-editor", (editor, { detail }) => {
  for (const mark of document.querySelectorAll(`[data-changed-of="${editor.id}"]`)) mark.hidden = !detail.changed;
  for (const button of document.querySelectorAll(`[data-editor=reset][data-for="${editor.id}"]`)) button.disabled = !detail.differs;
});

/* ---- presets: the server edits the text, the comment that opens it says which are on ------------------------------ */
on("yaml-change", "yaml-editor", (editor) => {
  const list = /^(?:\s*(?:#.*)?\n)*?\s*#\s*spectrocloud\.com\/enabled-presets:(.*)/.exec(editor.text)?.[1] ?? "";
  const chosen = list.split(",").map((item) => item.split(":").map((part) => part.trim()).join(":"));
  for (const chip of document.querySelectorAll(`[data-preset][data-for="${editor.id}"]`)) chip.setAttribute("aria-pressed", String(chosen.includes(chip.dataset.preset)));
});
on("click", "[data-preset]", async (chip) => {
  if (!(await goesOn())) return;
  const editor = document.getElementById(chip.dataset.for);
  const reply = await fetch(chip.dataset.apply, { method: "POST", headers: { "Content-Type": "application/yaml", "X-CSRF-Token": csrf() }, body: editor.text });
  const { values, problem } = reply.ok ? await reply.json() : { problem: "The preset could not be switched on. Reload the page and try again." };
  const place = document.querySelector("[data-preset-problem]");
  place.hidden = !problem;
  place.querySelector("span").textContent = problem ?? "";
  if (values != null) editor.replace(values);
});
on("yaml-view", "yaml-editor", (editor, { detail }) => {
  for (const [what, is] of [["fold", detail.folded], ["compare", detail.comparing]]) {
    for (const button of document.querySelectorAll(`[data-editor=${what}][data-for="${editor.id}"]`)) {
      button.querySelector("span").textContent = is ? button.dataset.on : button.dataset.off;
    }
  }
});

/* ---- layers moved in place: the focus goes along (htmx finds the button by its id), and it is said where ---------- */
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "stack") return;
  sayPlace(document.activeElement.closest("#stack > .layer"));
});
function sayPlace(layer) {
  if (!layer) return;
  const all = [...layer.parentElement.children];
  document.getElementById("spoken").textContent = `${layer.querySelector("b").textContent} is layer ${all.indexOf(layer) + 1} of ${all.length}`;
}

/* ---- layers dragged to their place: what the buttons do, in one go ------------------------------------------------ */
let dragged = null;
for (const kind of ["pointerdown", "focusin"]) on(kind, "#stack > [data-move]", (layer) => { layer.draggable = layer.parentElement.children.length > 1; });
on("dragstart", "#stack > [data-move]", (layer, event) => {
  dragged = layer;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", layer.dataset.layer);
  layer.classList.add("dragged");
});
on("dragover", "#stack > [data-move]", (over, event) => {
  if (!dragged || dragged.parentElement !== over.parentElement) return;
  event.preventDefault();
  if (over === dragged) return;
  const { top, height } = over.getBoundingClientRect();
  over[event.clientY < top + height / 2 ? "before" : "after"](dragged);
});
on("drop", "#stack > [data-move]", (_, event) => event.preventDefault());
on("dragend", "#stack > [data-move]", (layer) => {
  layer.classList.remove("dragged");
  dragged = null;
  const form = layer.querySelector("form[hx-post]");
  const to = [...layer.parentElement.children].indexOf(layer);
  htmx.ajax("POST", layer.dataset.move, { source: form, target: "#stack", select: "#stack", swap: "outerHTML", selectOOB: "#masthead,#checks",
    values: { csrf: csrf(), layer: layer.dataset.layer, chosen: form.elements.chosen?.value ?? "", move: "to", to } })
    .then(() => sayPlace([...document.querySelectorAll("#stack > .layer")][to]));
});

/* ---- tabs: the chosen one is in view, and it is seen that there are more ------------------------------------------ */
for (const tabs of document.querySelectorAll(".tabs")) {
  const hint = () => tabs.classList.toggle("more", tabs.scrollLeft + tabs.clientWidth < tabs.scrollWidth - 1);
  const here = tabs.querySelector("[aria-current]");
  if (here) tabs.scrollLeft = here.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - here.offsetWidth) / 2;
  tabs.addEventListener("scroll", hint, { passive: true });
  addEventListener("resize", hint);
  hint();
}

/* ---- times and toasts -------------------------------------------------------------------------------------------- */
const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
function relative(at) {
  const seconds = (at - Date.now()) / 1000, size = Math.abs(seconds);
  if (size < 45) return seconds > 0 ? "in a moment" : "just now";
  const [unit, length] = units.find(([, l]) => size >= l) ?? units.at(-1);
  return new Intl.RelativeTimeFormat("en", { numeric: "always" }).format(Math.round(seconds / length) || Math.sign(seconds), unit);
}
function enhance(root) {
  root.querySelectorAll("time[data-relative]").forEach((time) => {
    const at = Date.parse(time.dateTime);
    time.textContent = relative(at);
    time.title = new Date(at).toLocaleString([], { dateStyle: "medium", timeStyle: "long" });
  });
  root.querySelectorAll("input[data-tokens]").forEach(tokens);
}
setInterval(() => enhance(document), 30000);
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
/** Each is there for five seconds of a page that is there itself. */
function toastsLeave() {
  for (const toast of document.querySelectorAll(".toast:not(.stays)")) {
    setTimeout(() => toast.classList.add("leaving"), 5000);
    setTimeout(() => toast.remove(), 5300);
  }
}
if (document.readyState === "complete") toastsLeave();
else addEventListener("load", toastsLeave, { once: true });
enhance(document);
if (document.querySelector(".drawer, .dialog")) document.querySelector("[autofocus]")?.focus();
