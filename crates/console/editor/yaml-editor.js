// <yaml-editor>: a YAML editor around an ordinary <textarea>, which stays in the form and holds what is submitted.
//
// The editor lives in a shadow root: there CodeMirror hands its styles to `adoptedStyleSheets`, so the page's policy
// needs neither 'unsafe-inline' nor a nonce. Colours come from the page's own custom properties.
//
// Attributes: `check` an address that takes the text as POST body and answers [{line, column, severity, message}];
//             `line` the line to begin at, where the text was refused for it;
//             `readonly` for looking only; `label` for assistive technology.
// Texts:      the <textarea> that is submitted, and hidden ones where they differ from it: `data-text="saved"`, what
//             leaving the page would keep, and `data-text="default"`, what Reset brings back and Compare compares with.
// Events:     `yaml-change` ({changed}: from what is saved, {differs}: from the default), `yaml-view` ({folded, comparing}).
import { Compartment, EditorState } from "@codemirror/state";
import {
  EditorView, keymap, lineNumbers, highlightActiveLine, highlightActiveLineGutter, drawSelection, highlightSpecialChars,
} from "@codemirror/view";
import { defaultKeymap, history, historyKeymap, indentMore, indentLess } from "@codemirror/commands";
import {
  bracketMatching, foldGutter, foldKeymap, foldAll, foldedRanges, forceParsing, unfoldAll, HighlightStyle, indentOnInput, indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { search, searchKeymap, highlightSelectionMatches, openSearchPanel } from "@codemirror/search";
import { linter, lintGutter, lintKeymap } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import { yaml } from "@codemirror/lang-yaml";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-key)" },
  { tag: [tags.string, tags.special(tags.string), tags.content], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: "var(--code-value)" },
  { tag: [tags.comment, tags.lineComment], color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.labelName, tags.typeName, tags.meta], color: "var(--code-meta)" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--text-soft)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--field)", fontSize: "13px", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px", overflow: "auto" },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-gutters": { backgroundColor: "var(--field)", color: "var(--text-soft)", borderRight: "1px solid var(--line)" },
  // Translucent: the selection lies below it.
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--text) 5%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, ::selection":
    { backgroundColor: "var(--selection) !important" },
  ".cm-searchMatch": { backgroundColor: "var(--mark)", outline: "1px solid var(--line-strong)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--hover)", border: "1px solid var(--line)", color: "var(--text-soft)", padding: "0 6px" },
  ".cm-panels": { backgroundColor: "var(--panel)", color: "var(--text)", borderColor: "var(--line)", fontFamily: "var(--sans)", fontSize: "13px", lineHeight: "20px" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "6px", padding: "8px 36px 8px 10px" },
  ".cm-panel.cm-search br": { flexBasis: "100%", content: "normal", height: "0" },
  ".cm-panel.cm-search input, .cm-panel.cm-search button, .cm-panel.cm-search label": { margin: "0" },
  ".cm-panel.cm-search label": { display: "inline-flex", alignItems: "center", gap: "4px", fontSize: "13px", color: "var(--text-soft)" },
  ".cm-panel.cm-search input[type=checkbox]": { margin: "0", accentColor: "var(--accent)" },
  ".cm-panel.cm-search [name=close]": { top: "8px", right: "8px", width: "24px", height: "24px", borderRadius: "6px", fontSize: "18px", lineHeight: "20px", color: "var(--text-soft)", cursor: "pointer" },
  ".cm-panel.cm-search [name=close]:hover": { backgroundColor: "var(--hover)", color: "var(--text)" },
  ".cm-textfield": { backgroundColor: "var(--field)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "6px", padding: "3px 8px", fontSize: "13px", fontFamily: "var(--sans)" },
  ".cm-textfield::placeholder": { color: "var(--text-soft)", opacity: "1" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--panel)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "6px", padding: "3px 10px", fontSize: "13px", fontFamily: "var(--sans)", cursor: "pointer" },
  ".cm-button:hover": { backgroundColor: "var(--hover)" },
  ".cm-button:active": { backgroundImage: "none", backgroundColor: "var(--hover)" },
  ".cm-panels :focus-visible": { outline: "2px solid var(--accent-text)", outlineOffset: "-1px" },
  // The page's policy takes no data: pictures, with which CodeMirror draws these.
  ".cm-gutter-lint .cm-gutterElement": { padding: "5px 2px" },
  ".cm-lint-marker": { width: "10px", height: "10px", borderRadius: "50%" },
  ".cm-lint-marker-error": { content: "normal", backgroundColor: "var(--bad)" },
  ".cm-lint-marker-warning": { content: "normal", backgroundColor: "var(--warn)", borderRadius: "2px" },
  ".cm-lint-marker-info": { content: "normal", backgroundColor: "var(--accent-text)" },
  ".cm-lintRange": { backgroundImage: "none", paddingBottom: "0", textDecorationSkipInk: "none" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "wavy underline var(--bad)" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "wavy underline var(--warn)" },
  ".cm-lintRange-info, .cm-lintRange-hint": { backgroundImage: "none", textDecoration: "underline var(--accent-text)" },
  ".cm-highlightTab": { backgroundImage: "none", boxShadow: "inset 0 -1px 0 var(--line-strong)" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--bad)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--warn)" },
  "&.cm-merge-b .cm-changedLine, .cm-insertedLine": { backgroundColor: "var(--good-tint)" },
  "&.cm-merge-b .cm-changedText": { background: "color-mix(in srgb, var(--good) 20%, transparent)" },
  ".cm-deletedChunk": { backgroundColor: "var(--bad-tint)" },
  ".cm-deletedChunk .cm-deletedText": { background: "none !important" },
  ".cm-deletedChunk .cm-chunkButtons button": { border: "1px solid var(--line-strong)", borderRadius: "6px", padding: "0 8px", backgroundColor: "var(--panel)", color: "var(--text)", font: "12px/18px var(--sans)" },
  ".cm-deletedChunk .cm-chunkButtons button:focus-visible": { outline: "2px solid var(--accent-text)" },
  "&.cm-merge-b .cm-changedLineGutter": { background: "var(--good) !important" },
  ".cm-deletedLineGutter": { background: "var(--bad) !important" },
  ".cm-collapsedLines": { background: "var(--hover) !important", color: "var(--text-soft) !important", font: "12px/20px var(--sans)" },
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: "'' !important", margin: "0" },
  ".cm-tooltip": { backgroundColor: "var(--panel)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "6px" },
  ".cm-diagnostic": { fontFamily: "var(--sans)", padding: "6px 10px" },
});

/** Asks the server, which parses with the very parser the catalogue uses, what is wrong with the text. */
function serverLint(address) {
  return linter(async (view) => {
    const reply = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/yaml", "X-CSRF-Token": document.querySelector("meta[name=csrf]")?.content ?? "" },
      body: view.state.doc.toString(),
    });
    if (!reply.ok) return [];
    const doc = view.state.doc;
    return (await reply.json()).map(({ line, column, severity, message }) => {
      const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
      const from = Math.min(at.from + Math.max(column - 1, 0), at.to);
      return { from, to: Math.max(from, at.to), severity, message };
    });
  }, { delay: 400 });
}

/** How long Fold may read ahead in a long text: what is not parsed cannot be folded. */
const PARSING_MS = 2000;

/** One button at each change: what stood there before comes back. */
function bringBack(kind, act) {
  if (kind === "accept") return document.createElement("span");
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Bring back" });
  button.addEventListener("click", act);
  return button;
}

class YamlEditor extends HTMLElement {
  connectedCallback() {
    if (this.view) return;
    const area = this.querySelector("textarea:not([data-text])");
    if (!area) return;
    const root = this.attachShadow({ mode: "open" });
    const frame = document.createElement("div");
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(":host{display:block;overflow:hidden}div.frame{height:100%}.cm-editor{height:100%}");
    root.adoptedStyleSheets = [sheet];
    frame.className = "frame";
    root.append(frame);

    const fixed = this.hasAttribute("readonly");
    const text = area.value;
    this.area = area;
    this.saved = this.querySelector("textarea[data-text=saved]")?.value ?? text;
    this.base = this.querySelector("textarea[data-text=default]")?.value ?? this.saved;
    this.comparison = new Compartment();
    this.comparing = false;
    const extensions = [
      lineNumbers(), foldGutter(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(), indentUnit.of("  "),
      bracketMatching(), highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), search({ top: true }),
      yaml(), syntaxHighlighting(colours), look, this.comparison.of([]),
      keymap.of([...defaultKeymap, ...historyKeymap, ...foldKeymap, ...searchKeymap, ...lintKeymap,
        { key: "Ctrl-]", run: indentMore }, { key: "Ctrl-[", run: indentLess }]),
      EditorView.contentAttributes.of({ "aria-label": this.getAttribute("label") ?? "YAML", tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (foldedRanges(update.startState) !== foldedRanges(update.state)) this.tellView();
        if (!update.docChanged) return;
        area.value = update.state.doc.toString();
        this.tellChange();
      }),
    ];
    if (fixed) extensions.push(EditorState.readOnly.of(true), EditorView.editable.of(false));
    if (this.hasAttribute("check")) extensions.push(lintGutter(), serverLint(this.getAttribute("check")));
    this.view = new EditorView({ state: EditorState.create({ doc: text, extensions }), parent: frame, root });
    this.classList.add("ready");
    if (!fixed) {
      this.keeping = (event) => { if (this.changed && !this.sending) event.preventDefault(); };
      addEventListener("beforeunload", this.keeping);
      area.form?.addEventListener("submit", () => { this.sending = true; });
      addEventListener("pageshow", () => { this.sending = false; });
      this.tellChange();
    }
    if (this.hasAttribute("line")) this.select(Number(this.getAttribute("line")));
  }

  disconnectedCallback() {
    if (this.keeping) removeEventListener("beforeunload", this.keeping);
    this.view?.destroy();
  }

  get text() {
    return this.area.value;
  }

  /** Whether leaving the page would lose something. */
  get changed() {
    return this.area.value !== this.saved;
  }

  tellChange() {
    const detail = { changed: this.changed, differs: this.area.value !== this.base };
    this.dispatchEvent(new CustomEvent("yaml-change", { bubbles: true, detail }));
  }

  tellView() {
    const detail = { folded: foldedRanges(this.view.state).size > 0, comparing: this.comparing };
    this.dispatchEvent(new CustomEvent("yaml-view", { bubbles: true, detail }));
  }

  /** Puts `text` in place of everything, as one step that can be undone. */
  replace(text) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
    this.view.focus();
  }

  /** Goes to the text of a line and brings it into view. */
  select(number) {
    const { doc } = this.view.state;
    const line = doc.line(Math.min(Math.max(number || 1, 1), doc.lines));
    const anchor = line.from + line.text.search(/\S|$/);
    this.view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
    this.view.focus();
  }

  reset() {
    this.replace(this.base);
  }

  find() {
    openSearchPanel(this.view);
  }

  /** Folds everything, or opens what is folded. */
  fold() {
    if (foldedRanges(this.view.state).size) {
      unfoldAll(this.view);
    } else {
      forceParsing(this.view, this.view.state.doc.length, PARSING_MS);
      foldAll(this.view);
    }
  }

  /** Shows, or hides again, what differs from the default. */
  compare() {
    this.comparing = !this.comparing;
    const shown = this.comparing
      ? unifiedMergeView({ original: this.base, mergeControls: bringBack, collapseUnchanged: { margin: 3, minSize: 6 } })
      : [];
    this.view.dispatch({ effects: this.comparison.reconfigure(shown) });
    this.tellView();
  }
}

customElements.define("yaml-editor", YamlEditor);
