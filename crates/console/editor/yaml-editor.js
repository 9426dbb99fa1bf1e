// <yaml-editor>: a YAML editor around an ordinary <textarea>, which stays in the form and holds what is submitted.
//
// The editor lives in a shadow root: there CodeMirror hands its styles to `adoptedStyleSheets`, so the page's policy
// needs neither 'unsafe-inline' nor a nonce. Colours come from the page's own custom properties.
//
// Attributes: `check` an address that takes the text as POST body and answers [{line, column, severity, message}];
//             `readonly` for looking only; `label` for assistive technology.
import { EditorState } from "@codemirror/state";
import {
  EditorView, keymap, lineNumbers, highlightActiveLine, highlightActiveLineGutter, drawSelection, highlightSpecialChars,
} from "@codemirror/view";
import { defaultKeymap, history, historyKeymap, indentMore, indentLess } from "@codemirror/commands";
import {
  bracketMatching, foldGutter, foldKeymap, foldAll, unfoldAll, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting,
} from "@codemirror/language";
import { search, searchKeymap, highlightSelectionMatches, openSearchPanel } from "@codemirror/search";
import { linter, lintGutter, lintKeymap } from "@codemirror/lint";
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
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, ::selection":
    { backgroundColor: "var(--selection) !important" },
  ".cm-searchMatch": { backgroundColor: "var(--mark)", outline: "1px solid var(--line-strong)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--hover)", border: "1px solid var(--line)", color: "var(--text-soft)", padding: "0 6px" },
  ".cm-panels": { backgroundColor: "var(--panel)", color: "var(--text)", borderColor: "var(--line)", fontFamily: "var(--sans)" },
  ".cm-textfield": { backgroundColor: "var(--field)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "6px", padding: "4px 8px" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--panel)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "6px", padding: "4px 8px" },
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

class YamlEditor extends HTMLElement {
  connectedCallback() {
    if (this.view) return;
    const area = this.querySelector("textarea");
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
    this.original = text;
    const extensions = [
      lineNumbers(), foldGutter(), highlightSpecialChars(), history(), drawSelection(), indentOnInput(), indentUnit.of("  "),
      bracketMatching(), highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), search({ top: true }),
      yaml(), syntaxHighlighting(colours), look,
      keymap.of([...defaultKeymap, ...historyKeymap, ...foldKeymap, ...searchKeymap, ...lintKeymap,
        { key: "Ctrl-]", run: indentMore }, { key: "Ctrl-[", run: indentLess }]),
      EditorView.contentAttributes.of({ "aria-label": this.getAttribute("label") ?? "YAML", tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        area.value = update.state.doc.toString();
        this.dispatchEvent(new CustomEvent("yaml-change", { bubbles: true, detail: { changed: area.value !== this.original } }));
      }),
    ];
    if (fixed) extensions.push(EditorState.readOnly.of(true), EditorView.editable.of(false));
    if (this.hasAttribute("check")) extensions.push(lintGutter(), serverLint(this.getAttribute("check")));
    this.view = new EditorView({ state: EditorState.create({ doc: text, extensions }), parent: frame, root });
    this.classList.add("ready");
  }

  disconnectedCallback() {
    this.view?.destroy();
  }

  /** Puts `text` in place of everything, as one step that can be undone. */
  replace(text) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
    this.view.focus();
  }

  reset() {
    this.replace(this.original);
  }

  find() {
    openSearchPanel(this.view);
  }

  fold() {
    foldAll(this.view);
  }

  unfold() {
    unfoldAll(this.view);
  }
}

customElements.define("yaml-editor", YamlEditor);
