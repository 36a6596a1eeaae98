/** Where the keyboard goes when the control that has it leaves the page. */
import { type RefObject, useLayoutEffect } from "react";

/** Gives the focus of a part that leaves to what is around it, which has `tabIndex={-1}`. Otherwise it would be nowhere. */
export function useFocusHandover(part: RefObject<HTMLElement | null>, around: string): void {
  useLayoutEffect(() => {
    const element = part.current;
    return () => {
      const next = element?.closest(around);
      if (element?.contains(document.activeElement) && next instanceof HTMLElement) next.focus();
    };
  }, [part, around]);
}
