// Texts of the inspector: templates, JSON, long texts. CodeEditor.razor mounts one per field; this side keeps what is typed and tells the server when it pauses.
import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, completionStatus, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, linter, setDiagnostics } from "@codemirror/lint";
import { Annotation, Compartment, EditorState, type Extension, Prec, RangeSetBuilder, type Text, Transaction } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView, keymap, placeholder, tooltips, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import { jsonProblem } from "./json";
import { colours, looks } from "./looks";
import { pathStart, placeholders } from "./template";

/** A value that a template can name, with a look at it. */
interface Path { path: string; value: string }

/** What is wrong in the text, as the server found it; lines and columns from 1. */
interface Problem { line: number; column: number; message: string }

interface Options {
  text: string;
  language: "template" | "json" | "text";
  /** Its accessible name. */
  label: string;
  /** Ids of elements that say more. */
  describedBy: string | null;
  placeholder: string | null;
}

/** What may change while the editor is open. */
interface Facts { readOnly: boolean; invalid: boolean; paths: Path[]; problems: Problem[] }

interface Server {
  invokeMethodAsync(method: "Changed", text: string): Promise<void>;
  invokeMethodAsync(method: "ChangedLarge", text: unknown): Promise<void>;
}

declare const DotNet: { createJSStreamReference(bytes: Uint8Array): unknown };

/** A circuit message holds 32 KB; longer texts go as a stream. */
const maxMessage = 24 * 1024;
const pause = 150;
const retry = 2_000;

const fromServer = Annotation.define<boolean>();
const mark = Decoration.mark({ class: "var" });

/** Shows the text in `host`; the object sets it from outside and lets go. */
export function mount(host: HTMLElement, options: Options, facts: Facts, server: Server) {
  const changing = new Compartment();
  let paths = facts.paths;
  let told = options.text;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let gone = false;
  let sending: Promise<unknown> = Promise.resolve();

  const view = new EditorView({
    parent: host,
    state: EditorState.create({
      doc: options.text,
      extensions: [
        changing.of(changeable(facts)),
        looks, syntaxHighlighting(colours), EditorView.lineWrapping, history(), EditorState.tabSize.of(2),
        EditorView.contentAttributes.of({ "aria-label": options.label, "aria-multiline": "true", spellcheck: options.language === "text" ? "true" : "false", ...options.describedBy ? { "aria-describedby": options.describedBy } : {} }),
        options.placeholder ? placeholder(options.placeholder) : [],
        language(options.language, () => paths),
        // Tab goes on to the next field, but for a list that is open: there it takes what is chosen.
        // Ctrl+Enter runs the flow, with what is typed: it is the page's.
        keymap.of([{ key: "Tab", run: acceptCompletion }, { key: "Mod-Enter", run: () => { flush(); return false; } }, ...closeBracketsKeymap, ...completionKeymap, ...defaultKeymap.filter(k => k.key !== "Mod-Enter"), ...historyKeymap]),
        // A dialog lies above everything else on the page: its lists must lie in it.
        tooltips({ position: "fixed", parent: host.closest("dialog") ?? document.body }),
        EditorView.updateListener.of(changed),
        EditorView.domEventHandlers({ blur: () => { flush(); } }),
        // Escape is the page's, too, unless it closes a list that is open: one that is only being made is none. Before the list's own keys hear it.
        Prec.highest(EditorView.domEventHandlers({ keydown: (event, view) => event.key === "Escape" && dropPending(view) })),
      ],
    }),
  });
  showProblems(facts.problems);

  function changed(update: ViewUpdate) {
    if (!update.docChanged || update.transactions.some(t => t.annotation(fromServer))) return;
    clearTimeout(timer);
    timer = setTimeout(settle, pause);
  }

  /** What is being chosen from a list is not written yet: it would be told as wrong. */
  function settle() {
    if (completionStatus(view.state) === "active") timer = setTimeout(settle, pause);
    else flush();
  }

  /** Tells the server now what it does not know yet. */
  function flush() {
    clearTimeout(timer);
    timer = undefined;
    const text = view.state.doc.toString();
    if (text === told || gone) return;
    told = text;
    sending = sending.then(() => send(text)).catch(() => {
      // The connection is lost: again, as long as this is still what is meant.
      if (gone || told !== text) return;
      told = "\0";
      timer ??= setTimeout(flush, retry);
    });
  }

  function send(text: string) {
    if (text.length * 3 <= maxMessage) return server.invokeMethodAsync("Changed", text);
    const bytes = new TextEncoder().encode(text);
    return bytes.length <= maxMessage ? server.invokeMethodAsync("Changed", text) : server.invokeMethodAsync("ChangedLarge", DotNet.createJSStreamReference(bytes));
  }

  function showProblems(problems: Problem[]) {
    if (options.language !== "json") view.dispatch(setDiagnostics(view.state, problems.map(p => diagnostic(view.state.doc, p))));
  }

  return {
    /** Another text from outside; the caret stays where nothing changed around it. What was typed and not yet told goes before it. */
    set(text: string) {
      if (timer !== undefined) return;
      told = text;
      const now = view.state.doc.toString();
      if (now === text) return;
      let [from, end, newEnd] = [0, now.length, text.length];
      while (from < end && from < newEnd && now[from] === text[from]) from++;
      while (end > from && newEnd > from && now[end - 1] === text[newEnd - 1]) { end--; newEnd--; }
      view.dispatch({ changes: { from, to: end, insert: text.slice(from, newEnd) }, annotations: [fromServer.of(true), Transaction.addToHistory.of(false)] });
    },
    update(next: Facts) {
      paths = next.paths;
      view.dispatch({ effects: changing.reconfigure(changeable(next)) });
      showProblems(next.problems);
    },
    focus() { view.focus(); },
    /** Lets go; answers with what was typed and not yet told, if that fits a message. */
    dispose(): string | null {
      const text = view.state.doc.toString();
      const rest = timer !== undefined && text !== told && text.length * 3 <= maxMessage ? text : null;
      if (rest === null) flush();
      clearTimeout(timer);
      gone = true;
      view.destroy();
      return rest;
    },
  };
}

function changeable(facts: Facts): Extension {
  return [
    EditorState.readOnly.of(facts.readOnly), EditorView.editable.of(!facts.readOnly),
    EditorView.contentAttributes.of({ "aria-invalid": String(facts.invalid), "aria-readonly": String(facts.readOnly) }),
  ];
}

function language(name: Options["language"], paths: () => Path[]): Extension {
  switch (name) {
    case "json":
      return [json(), bracketMatching(), closeBrackets(), linter(view => problemsOfJson(view.state.doc), { delay: 250 })];
    case "template":
      return [
        variables, closeBrackets(), EditorState.languageData.of(() => [{ closeBrackets: { brackets: ["{"], before: ")]}'\":;,.!? \t\n" } }]),
        autocompletion({ override: [context => complete(context, paths())], icons: false, activateOnTyping: true, maxRenderedOptions: 60 }),
      ];
    case "text":
      return [];
  }
}

function dropPending(view: EditorView): boolean {
  if (completionStatus(view.state) === "pending") closeCompletion(view);
  return false;
}

/** Placeholders stand out from the text around them. */
const variables = ViewPlugin.fromClass(class {
  decorations: DecorationSet;
  constructor(view: EditorView) { this.decorations = marks(view); }
  update(update: ViewUpdate) { if (update.docChanged || update.viewportChanged) this.decorations = marks(update.view); }
}, { decorations: plugin => plugin.decorations });

function marks(view: EditorView): DecorationSet {
  const builder = new RangeSetBuilder<Decoration>();
  for (const { from, to } of view.visibleRanges) {
    const start = view.state.doc.lineAt(from).from;
    for (const found of placeholders(view.state.doc.sliceString(start, to))) builder.add(start + found.from, start + found.to, mark);
  }
  return builder.finish();
}

function complete(context: CompletionContext, paths: Path[]): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const start = pathStart(line.text.slice(0, context.pos - line.from));
  if (start < 0 || paths.length === 0) return null;
  return {
    from: line.from + start,
    options: paths.map((p, i) => ({ label: p.path, detail: p.value, boost: -i / paths.length, apply: take })),
    validFor: /^[^{}\n]*$/,
  };
}

/** Writes a path and its closing brace, and goes behind it. */
function take(view: EditorView, option: { label: string }, from: number, to: number) {
  const closed = view.state.doc.sliceString(to, to + 1) === "}";
  view.dispatch({
    changes: { from, to, insert: option.label + (closed ? "" : "}") },
    selection: { anchor: from + option.label.length + 1 },
    userEvent: "input.complete",
  });
}

function problemsOfJson(doc: Text): Diagnostic[] {
  const text = doc.toString();
  // Where any text will do, only what begins like JSON means to be it; where none will, the server says so.
  const problem = /^\s*[[{"]/.test(text) ? jsonProblem(text) : null;
  return problem ? [{ from: Math.min(problem.at, doc.length), to: Math.min(problem.at + 1, doc.length), severity: "error", message: problem.message }] : [];
}

function diagnostic(doc: Text, problem: Problem): Diagnostic {
  const line = doc.line(Math.min(Math.max(problem.line, 1), doc.lines));
  const from = Math.min(line.from + Math.max(problem.column - 1, 0), line.to);
  return { from, to: Math.min(from + 1, line.to), severity: "error", message: problem.message };
}
