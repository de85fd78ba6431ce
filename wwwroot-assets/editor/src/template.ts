// Templates as TextTemplate.cs of the engine reads them: {path} is filled in, {{ and }} are braces.

/** A stretch of a text, from inclusive, to exclusive. */
export interface Span { from: number; to: number }

/** Where a template has placeholders, braces included. */
export function placeholders(text: string): Span[] {
  const found: Span[] = [];
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "{") continue;
    if (text[i + 1] === "{") { i++; continue; }
    let end = i + 1;
    while (end < text.length && !"{}\n".includes(text[end])) end++;
    if (text[end] !== "}" || end === i + 1) continue;
    found.push({ from: i, to: end + 1 });
    i = end;
  }
  return found;
}

/** Where the path begins that is being written at the end of `before` (a line up to the caret); -1 when none is. */
export function pathStart(before: string): number {
  let open = -1;
  for (let i = 0; i < before.length; i++) {
    if (before[i] === "{") {
      if (open < 0 && before[i + 1] === "{") { i++; continue; }
      open = i + 1;
    } else if (before[i] === "}") {
      open = -1;
    }
  }
  return open;
}
