/** The page's address holds the view and its filters, so that reload, back and a copied link lead to the same view. */
import { type ComponentProps, type MouseEvent, useMemo, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/** The query of the address, such as `?view=import`. */
export function useAddress(): URLSearchParams {
  const search = useSyncExternalStore(subscribe, () => window.location.search);
  return useMemo(() => new URLSearchParams(search), [search]);
}

/** @param search the query of the new address; empty for the page's first view. */
export function goTo(search: string): void {
  if (search !== window.location.search) window.history.pushState(null, "", search || window.location.pathname);
  for (const listener of listeners) listener();
}

/** A link to another view of this page. With Ctrl, Shift or the middle button the browser opens it elsewhere, as usual. */
export function Link({ to, onClick, ...rest }: { to: string } & ComponentProps<"a">) {
  function follow(event: MouseEvent<HTMLAnchorElement>) {
    onClick?.(event);
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    goTo(to);
  }
  return <a {...rest} href={to || window.location.pathname} onClick={follow} />;
}
