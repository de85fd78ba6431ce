// Where a text stops being JSON, and what to write there: the browsers' own messages differ, and name no remedy.

/** What is wrong, and where (characters from 0). */
export interface JsonProblem { at: number; message: string }

/** The first problem of a text that shall be JSON; null when it is. */
export function jsonProblem(text: string): JsonProblem | null {
  try {
    JSON.parse(text);
    return null;
  } catch { /* found again below, with its place */ }
  return new Reader(text).problem() ?? { at: 0, message: "This is not JSON." };
}

class Reader {
  at = 0;
  constructor(readonly text: string) {}

  problem(): JsonProblem | null {
    return this.value(0) ?? (this.skip(), this.at < this.text.length ? this.wrong("Something stands after the end. JSON is one value: put several into a list, [ … ].") : null);
  }

  wrong(message: string, at = this.at): JsonProblem { return { at, message }; }

  skip() { while (" \t\r\n".includes(this.text[this.at] ?? "x")) this.at++; }

  value(depth: number): JsonProblem | null {
    this.skip();
    const c = this.text[this.at];
    if (depth > 500) return this.wrong("This goes too deep.");
    if (c === undefined) return this.wrong("The text ends where a value belongs.", Math.max(0, this.text.length - 1));
    if (c === "{") return this.list("}", () => this.member(depth));
    if (c === "[") return this.list("]", () => this.value(depth + 1));
    if (c === '"') return this.string();
    if (c === "'") return this.wrong("Texts need double quotes.");
    if (c === "}" || c === "]" || c === ",") return this.wrong(c === "," ? "A value is missing before the comma." : "The last item takes no comma.");
    const word = /^[^\s,\]}:]+/.exec(this.text.slice(this.at, this.at + 400))?.[0] ?? c;
    if (!/^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/.test(word))
      return this.wrong(/^[-+.\d]/.test(word) ? `${word} is no number. Write digits, with a dot before decimals.` : `${word.slice(0, 40)} needs double quotes, if it is a text.`);
    this.at += word.length;
    return null;
  }

  member(depth: number): JsonProblem | null {
    this.skip();
    if (this.text[this.at] === "}") return this.wrong("The last item takes no comma.");
    if (this.text[this.at] !== '"') return this.wrong("A name in double quotes belongs here.");
    const problem = this.string();
    if (problem) return problem;
    this.skip();
    if (this.text[this.at] !== ":") return this.wrong("A colon belongs between a name and its value.");
    this.at++;
    return this.value(depth + 1);
  }

  list(end: string, item: () => JsonProblem | null): JsonProblem | null {
    const open = this.at++;
    this.skip();
    if (this.text[this.at] === end) { this.at++; return null; }
    for (;;) {
      const problem = item();
      if (problem) return problem;
      this.skip();
      const c = this.text[this.at];
      if (c === undefined) return this.wrong(`This ${this.text[open]} is not closed.`, open);
      this.at++;
      if (c === end) return null;
      if (c !== ",") return this.wrong(`A comma or ${end} belongs here.`, this.at - 1);
    }
  }

  string(): JsonProblem | null {
    const open = this.at++;
    for (; this.at < this.text.length; this.at++) {
      const c = this.text[this.at];
      if (c === '"') { this.at++; return null; }
      if (c === "\n") return this.wrong("This text is not closed before the end of its line. Write \\n for a line break.", open);
      if (c === "\t") return this.wrong("A tab can't stand in a text. Write \\t.");
      if (c !== "\\") continue;
      this.at++;
      const escape = this.text[this.at] ?? "";
      if (escape === "u" ? !/^[\da-fA-F]{4}/.test(this.text.slice(this.at + 1)) : !'"\\/bfnrt'.includes(escape) || escape === "")
        return this.wrong(`\\${escape} means nothing in JSON. Write \\\\ for a backslash.`, this.at - 1);
    }
    return this.wrong("This text is not closed: its second quote is missing.", open);
  }
}
