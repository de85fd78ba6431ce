import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** The same classes as wherever the studio shows JSON. */
export const colours = HighlightStyle.define([
  { tag: tags.propertyName, class: "tok-key" },
  { tag: tags.string, class: "tok-string" },
  { tag: tags.number, class: "tok-number" },
  { tag: [tags.bool, tags.null], class: "tok-word" },
  { tag: [tags.punctuation, tags.separator, tags.bracket], class: "tok-punct" },
]);

/** Every colour and size is a variable of the studio's sheet, so that light and dark need no second theme. */
export const looks = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "transparent", font: "inherit", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { font: "inherit", lineHeight: "inherit", overflow: "auto" },
  ".cm-content": { padding: "7px 0", caretColor: "var(--text)", minHeight: "var(--editor-min, 64px)" },
  ".cm-line": { padding: "0 8px" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection": { background: "var(--accent-5)" },
  ".cm-placeholder": { color: "var(--text-3)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { background: "var(--accent-3)", outline: "none" },
  ".cm-nonmatchingBracket, &.cm-focused .cm-nonmatchingBracket": { background: "var(--bad-3)", color: "var(--bad-11)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad-9) 1px", textUnderlineOffset: "3px" },
  ".cm-lintPoint:after": { borderBottomColor: "var(--bad-9)" },
  ".cm-tooltip": { border: "0", borderRadius: "var(--r-tile)", background: "var(--surface)", color: "var(--text)", boxShadow: "var(--float)", zIndex: "60" },
  ".cm-tooltip-lint": { padding: "4px", maxWidth: "320px" },
  ".cm-diagnostic": { padding: "3px 8px", border: "0", font: "400 var(--t-small)/1.45 var(--sans)", whiteSpace: "pre-wrap" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "var(--t-small)", maxHeight: "220px", minWidth: "200px", maxWidth: "min(420px, 90vw)", padding: "4px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { display: "flex", alignItems: "baseline", gap: "12px", padding: "3px 8px", borderRadius: "var(--r-control)", lineHeight: "18px" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent-3)", color: "var(--accent-11)" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600" },
  ".cm-completionLabel": { flex: "none", maxWidth: "70%", overflow: "hidden", textOverflow: "ellipsis" },
  ".cm-completionDetail": { flex: "1", minWidth: "0", marginLeft: "0", textAlign: "end", fontStyle: "normal", color: "var(--text-2)", overflow: "hidden", textOverflow: "ellipsis" },
});
