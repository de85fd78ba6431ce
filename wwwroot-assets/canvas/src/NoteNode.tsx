import { NodeResizer, NodeToolbar, Position, type NodeProps } from "@xyflow/react";
import { memo, useState } from "react";
import { useCanvas } from "./context";
import { useStored } from "./store";
import type { CanvasNote } from "./types";
import { looksTheSame, type NoteNodeType } from "./view";

const colors = ["", "gray", "blue", "green", "pink"] as const;

/** A sticky note. What it shows is the server's safe HTML of its Markdown; double-click or Enter edits the Markdown itself. */
export const NoteNode = memo(function NoteNode({ data: { note }, selected }: NodeProps<NoteNodeType>) {
  const { store, session } = useCanvas();
  const writing = useStored(store, () => store.getWriting() === note.id);
  const editable = useStored(store, store.getEditable);
  return (
    <>
      <NodeResizer isVisible={editable && selected && !writing} minWidth={120} minHeight={60}
        onResizeEnd={(_, box) => session.edit({ type: "noteChanged", id: note.id, text: null, box: { x: Math.round(box.x), y: Math.round(box.y), width: Math.round(box.width), height: Math.round(box.height) }, color: null })} />
      <NodeToolbar isVisible={editable && selected && !writing} position={Position.Top} offset={8} className="note-colors" role="radiogroup" aria-label="Colour of the note">
        {colors.map(c =>
          <button key={c} type="button" role="radio" aria-checked={(note.color ?? "") === c} aria-label={c === "" ? "yellow" : c} title={c === "" ? "yellow" : c} className={`note-color ${c}`}
            onClick={() => session.edit({ type: "noteChanged", id: note.id, text: null, box: null, color: c })} />)}
      </NodeToolbar>
      {writing
        ? <NoteField note={note} />
        : <div className={`flow-note ${note.color ?? ""}`} onDoubleClick={() => { if (editable) store.write(note.id); }}>
            {note.html !== null
              // The server made it from Markdown: no HTML of the writer's, no images, links of safe schemes only.
              ? <div className="markdown" dangerouslySetInnerHTML={{ __html: note.html }} />
              : note.text === "" ? <p className="flow-note-empty">Double-click to write</p> : <div className="flow-note-plain">{note.text}</div>}
          </div>}
    </>
  );
}, looksTheSame);

function NoteField({ note }: { note: CanvasNote }) {
  const { store, session } = useCanvas();
  const [text, setText] = useState(note.text);
  const done = () => {
    if (store.getWriting() !== note.id) return;
    store.write(null);
    if (text !== note.text) session.edit({ type: "noteChanged", id: note.id, text, box: null, color: null });
  };
  return (
    <textarea className={`flow-note writing nodrag nopan nowheel ${note.color ?? ""}`} aria-label="Note in Markdown" autoFocus value={text} maxLength={20_000}
      placeholder="Markdown: # title, **bold**, - list"
      onFocus={e => e.currentTarget.setSelectionRange(text.length, text.length)} onChange={e => setText(e.currentTarget.value)} onBlur={done}
      onKeyDown={event => {
        event.stopPropagation();
        if (event.key !== "Escape" && !(event.key === "Enter" && (event.ctrlKey || event.metaKey))) return;
        event.preventDefault();
        const node = event.currentTarget.closest<HTMLElement>(".react-flow__node");
        done();
        node?.focus();
      }} />
  );
}
