import { Handle, Position } from "@xyflow/react";
import { memo } from "react";
import { useCanvas } from "./context";
import { portKey, typeNames } from "./matrix";
import { useStored } from "./store";
import type { CanvasInput, CanvasOutput, PortType } from "./types";

/** Shape says what colour says: round for text, square for data, diamond for numbers and switches, bar for models and tools. */
export const shapes: Record<PortType, string> = { message: "", any: "", data: "square", table: "square", number: "diamond", boolean: "diamond", model: "bar", tool: "bar" };

interface PortProps { nodeId: string; title: string; port: CanvasInput | CanvasOutput; side: "input" | "output"; connectable: boolean; reachable: boolean; }

/** What an edge being drawn makes of this port: it fits, it does not, or the edge began here; nothing when none is drawn. */
function useOffer(nodeId: string, side: "input" | "output", name: string): "" | "fit" | "unfit" | "from" {
  const { store } = useCanvas();
  const key = portKey(nodeId, side, name);
  return useStored(store, () => {
    const drawing = store.getDrawing();
    if (drawing === null) return "";
    if (drawing.from.nodeId === nodeId && drawing.from.side === side && drawing.from.port === name) return "from";
    return drawing.fits.has(key) ? "fit" : "unfit";
  });
}

/** The dot of a port. Tab reaches it when its node is selected, and, while an edge is drawn by keys, when the edge may end there. */
export const PortDot = memo(function PortDot({ nodeId, title, port, side, connectable, reachable }: PortProps) {
  const { store, actions } = useCanvas();
  const type = side === "input" ? "target" : "source";
  const key = portKey(nodeId, side, port.name);
  const edges = useStored(store, () => store.edgesAt(key));
  const offer = useOffer(nodeId, side, port.name);
  const keyboard = useStored(store, () => store.getDrawing()?.keyboard ?? false);
  const tabbable = keyboard ? offer === "fit" || offer === "from" : reachable && connectable;
  const many = "many" in port && port.many ? ", takes several" : "";
  return (
    <Handle id={port.name} type={type} position={side === "input" ? Position.Left : Position.Right} isConnectable={connectable}
      className={`flow-handle port-${port.type} ${shapes[port.type]} ${edges > 0 ? "connected" : ""} ${offer}`}
      role="button" tabIndex={tabbable ? 0 : -1} aria-pressed={offer === "from"}
      aria-label={`${side === "input" ? "Input" : "Output"} ${port.label} of ${title}: ${typeNames[port.type]}${many}, ${edges === 0 ? "not connected" : edges === 1 ? "1 edge" : `${edges} edges`}`}
      onKeyDown={event => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        actions.current?.pressPort({ nodeId, port: port.name, side }, event.currentTarget);
      }} />
  );
});

export function Port(props: PortProps) {
  const { port, side, nodeId } = props;
  const offer = useOffer(nodeId, side, port.name);
  const accepts = "accepts" in port && port.accepts.length > 1 ? port.accepts.map(t => typeNames[t]).join(" or ") : typeNames[port.type];
  const required = "required" in port && port.required ? ", needed" : "";
  return (
    <div className={`flow-port-row ${offer === "unfit" ? "unfit" : ""}`} title={`${port.label}: ${accepts}${required}`}>
      <div className={`flow-port ${side === "input" ? "in" : "out"}`}>{port.label}</div>
      <PortDot {...props} />
    </div>
  );
}
