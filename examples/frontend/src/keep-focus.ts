/** Keeps the keyboard's place: where the focused element leaves the page, the focus would be lost to `<body>`. */
import { type RefObject, useEffect } from "react";

/** If the focused element disappears from `region`, the region itself is focused. It needs `tabIndex={-1}`. */
export function useKeptFocus(region: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = region.current;
    if (element === null) return;
    let last: EventTarget | null = null;
    const remember = (event: FocusEvent) => {
      last = event.target;
    };
    const rescue = () => {
      const isLost = document.activeElement === null || document.activeElement === document.body;
      if (isLost && last instanceof Node && !last.isConnected) element.focus({ preventScroll: true });
    };
    const observer = new MutationObserver(rescue);
    element.addEventListener("focusin", remember);
    observer.observe(element, { childList: true, subtree: true });
    return () => {
      element.removeEventListener("focusin", remember);
      observer.disconnect();
    };
  }, [region]);
}
