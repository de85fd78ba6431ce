import type { Node, NodeProps } from "@xyflow/react";
import { memo, type ReactNode } from "react";
import type { CanvasNote } from "./types";

export type NoteNodeType = Node<{ note: CanvasNote }, "note">;

/** A sticky note. Of Markdown it knows headings, bold and list dashes: enough for a note, and nothing that could be more than text. */
export const NoteNode = memo(function NoteNode({ data: { note } }: NodeProps<NoteNodeType>) {
  return <div className="flow-note" style={{ width: note.width, height: note.height }}>{note.text.split("\n").map(line)}</div>;
});

function line(source: string, index: number): ReactNode {
  const heading = /^#{1,6}\s+(.*)$/.exec(source);
  if (heading) return <b key={index}>{heading[1]}</b>;
  const item = source.replace(/^\s*[-*]\s+/, "• ");
  return <div key={index}>{item.split(/\*\*(.+?)\*\*/).map((part, i) => i % 2 ? <strong key={i}>{part}</strong> : part) || " "}</div>;
}
