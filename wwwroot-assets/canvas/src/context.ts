import { createContext, use } from "react";
import type { Bridge } from "./bridge";
import type { CanvasStore } from "./store";

/** What every part of one canvas needs: its state, its way to the server, and where the icons are. */
export interface Canvas { store: CanvasStore; bridge: Bridge; icons: string; }

export const CanvasContext = createContext<Canvas | null>(null);

export function useCanvas(): Canvas {
  const canvas = use(CanvasContext);
  if (canvas === null) throw new Error("Drawn outside a canvas.");
  return canvas;
}
