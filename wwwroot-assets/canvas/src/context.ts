import { createContext, use } from "react";
import type { Actions } from "./actions";
import type { Bridge } from "./bridge";
import type { Session } from "./session";
import type { CanvasStore } from "./store";

/** What every part of one canvas needs: its state, its way to the server, and where the icons are. `actions` is set once the canvas is drawn. */
export interface Canvas { store: CanvasStore; bridge: Bridge; session: Session; icons: string; actions: { current: Actions | null }; }

export const CanvasContext = createContext<Canvas | null>(null);

export function useCanvas(): Canvas {
  const canvas = use(CanvasContext);
  if (canvas === null) throw new Error("Drawn outside a canvas.");
  return canvas;
}
