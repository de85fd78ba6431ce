import { useEffect, useMemo, useRef, useState } from "react";
import { useCanvas } from "./context";
import { Icon } from "./Icon";
import { choices, search } from "./matrix";
import { useStored, type Picking } from "./store";

const width = 300;
const height = 320;

/** What can be put where an edge was dropped, or into an edge: search, arrows, Enter. */
export function Picker({ frame }: { frame: HTMLElement }) {
  const { store } = useCanvas();
  const picking = useStored(store, store.getPicking);
  return picking && <PickerList key={`${picking.x} ${picking.y}`} picking={picking} frame={frame} />;
}

function PickerList({ picking, frame }: { picking: Picking; frame: HTMLElement }) {
  const { store, actions } = useCanvas();
  const graph = useStored(store, store.getGraph);
  const catalog = useStored(store, store.getCatalog);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const root = useRef<HTMLDivElement>(null);
  const all = useMemo(() => graph && catalog ? choices(graph, catalog, picking.at) : [], [graph, catalog, picking.at]);
  const found = useMemo(() => search(all, words), [all, words]);
  const close = () => {
    store.pick(null);
    frame.querySelector<HTMLElement>(".react-flow__node.selected")?.focus();
  };

  useEffect(() => {
    const outside = (event: PointerEvent) => { if (!(event.target instanceof Node) || !root.current?.contains(event.target)) store.pick(null); };
    document.addEventListener("pointerdown", outside, true);
    return () => document.removeEventListener("pointerdown", outside, true);
  }, [store]);
  useEffect(() => { root.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }); }, [at]);

  const left = Math.max(8, Math.min(picking.left, frame.clientWidth - width - 8));
  const top = Math.max(8, Math.min(picking.top, frame.clientHeight - height - 8));
  const choose = (index: number) => {
    const choice = found[index];
    if (choice) actions.current?.choose(choice, picking);
  };
  return (
    <div ref={root} className="picker" style={{ left, top, width, maxHeight: height }} role="dialog" aria-label={picking.at && "edge" in picking.at ? "Put a component into the edge" : "Connect a new component"}>
      <label className="search">
        <Icon name="search" className="small" />
        <input type="search" autoFocus placeholder="Find a component" aria-label="Find a component" value={words} role="combobox" aria-expanded="true" aria-controls="picker-list"
          aria-activedescendant={found[at] ? `picker-${found[at].component.type}` : undefined}
          onChange={e => { setWords(e.currentTarget.value); setAt(0); }}
          onKeyDown={event => {
            event.stopPropagation();
            if (event.key === "ArrowDown") setAt(i => Math.min(i + 1, found.length - 1));
            else if (event.key === "ArrowUp") setAt(i => Math.max(i - 1, 0));
            else if (event.key === "Enter") choose(at);
            else if (event.key === "Escape") close();
            else return;
            event.preventDefault();
          }} />
      </label>
      <div className="picker-list" id="picker-list" role="listbox" aria-label="Components">
        {found.map(({ component }, i) =>
          <div key={component.type} id={`picker-${component.type}`} role="option" aria-selected={i === at} className="picker-item" title={component.summary}
            onPointerMove={() => setAt(i)} onClick={() => choose(i)}>
            <span className={`tile ${component.kind}`}><Icon name={component.icon} /></span>
            <span className="picker-words"><span>{component.title}</span><span>{component.summary}</span></span>
          </div>)}
        {found.length === 0 && <p className="picker-none">{all.length === 0 ? "No component fits here." : "Nothing that fits here is called that."}</p>}
      </div>
    </div>
  );
}
