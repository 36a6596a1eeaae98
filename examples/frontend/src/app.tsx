/**
 * The frame: views, chosen by tabs and by the address. A view that is left keeps no files and no passwords; only an import under
 * way goes on.
 */
import { type ComponentType, type KeyboardEvent, useEffect, useId, useRef } from "react";
import { goTo, Link, useAddress } from "./address.tsx";
import { Import } from "./import/import.tsx";
import { useKeptFocus } from "./keep-focus.ts";
import { CertificateList } from "./list/certificate-list.tsx";
import { readFilters, titleOf } from "./list/filters.ts";
import { useSignIn } from "./sign-in/sign-in.ts";
import { Account, SignInView } from "./sign-in/sign-in-view.tsx";

interface PageView {
  readonly name: string;
  readonly address: string;
  readonly View: ComponentType;
  /** Where the address says more than the name. */
  readonly titleOf?: (address: URLSearchParams) => string;
}

const certificates: PageView = {
  name: "Certificates",
  address: "",
  View: CertificateList,
  titleOf: (address) => titleOf(readFilters(address).filters),
};
const views: readonly PageView[] = [certificates, { name: "Import", address: "?view=import", View: Import }];

export function App() {
  const address = useAddress();
  const view = address.get("view");
  const found = views.findIndex((each) => each.address === (view ? `?view=${view}` : ""));
  const current = Math.max(0, found);
  const { name, View, titleOf: titleFor } = views[current] ?? certificates;
  const tabs = useRef<(HTMLAnchorElement | null)[]>([]);
  const main = useRef<HTMLElement>(null);
  const id = useId();
  const { signIn, userName } = useSignIn();
  const isSignInNeeded = signIn !== undefined && userName === undefined;
  useKeptFocus(main);
  useEffect(() => {
    document.title = `${isSignInNeeded ? "Sign in" : (titleFor?.(address) ?? name)} · PFX certificates`;
  }, [titleFor, address, name, isSignInNeeded]);

  function move(event: KeyboardEvent) {
    const last = views.length - 1;
    const targets: Readonly<Record<string, number>> = {
      ArrowRight: current === last ? 0 : current + 1,
      ArrowLeft: current === 0 ? last : current - 1,
      Home: 0,
      End: last,
      " ": current,
    };
    const target = targets[event.key];
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    goTo(views[target]?.address ?? "");
    tabs.current[target]?.focus();
  }

  return (
    <>
      <header>
        <div className="bar">
          <span className="mark" aria-hidden="true" />
          <h1>PFX certificates</h1>
          {!isSignInNeeded && (
            <div role="tablist" aria-label="Views" onKeyDown={move}>
              {views.map(({ name, address: to }, index) => (
                <Link
                  key={name}
                  to={to}
                  role="tab"
                  id={`${id}-tab-${index}`}
                  aria-selected={index === current}
                  aria-controls={`${id}-panel`}
                  tabIndex={index === current ? 0 : -1}
                  ref={(element) => {
                    tabs.current[index] = element;
                  }}
                >
                  {name}
                </Link>
              ))}
            </div>
          )}
          {signIn && userName && <Account signIn={signIn} userName={userName} />}
        </div>
      </header>
      <main ref={main} tabIndex={-1}>
        {isSignInNeeded ? (
          <SignInView signIn={signIn} />
        ) : (
          <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-tab-${current}`}>
            {found < 0 && (
              <p role="alert" className="warning">
                The address asks for a view that does not exist. These are the certificates.
              </p>
            )}
            <View key={current} />
          </div>
        )}
      </main>
    </>
  );
}
