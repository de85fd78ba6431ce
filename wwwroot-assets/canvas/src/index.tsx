import { ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { createRoot } from "react-dom/client";

export function mount(element: HTMLElement) {
  createRoot(element).render(<ReactFlow nodes={[]} edges={[]} />);
}
