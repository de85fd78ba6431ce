import { useCanvas } from "./context";

/** A symbol of the studio's icon sheet. */
export function Icon({ name, className = "" }: { name: string; className?: string }) {
  return <svg className={`icon ${className}`} aria-hidden="true"><use href={`${useCanvas().icons}#${name}`} /></svg>;
}
