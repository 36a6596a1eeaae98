/** The frame: two views, chosen by tabs. A view that is left keeps no files and no passwords; only an import under way goes on. */
import { type KeyboardEvent, useId, useRef, useState } from "react";
import { CertificateList } from "./certificate-list.tsx";
import { Import } from "./import/import.tsx";

const views = [
  { name: "Certificates", View: CertificateList },
  { name: "Import", View: Import },
];

export function App() {
  const [current, setCurrent] = useState(0);
  const tabs = useRef<(HTMLButtonElement | null)[]>([]);
  const id = useId();
  const { View } = views[current] ?? { View: CertificateList };

  function move(event: KeyboardEvent) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const next = (current + step + views.length) % views.length;
    setCurrent(next);
    tabs.current[next]?.focus();
  }

  return (
    <>
      <header>
        <div className="bar">
          <span className="mark" aria-hidden="true" />
          <h1>PFX certificates</h1>
          <div role="tablist" aria-label="Views" onKeyDown={move}>
            {views.map(({ name }, index) => (
              <button
                key={name}
                type="button"
                role="tab"
                id={`${id}-tab-${index}`}
                aria-selected={index === current}
                aria-controls={`${id}-panel`}
                tabIndex={index === current ? 0 : -1}
                ref={(element) => {
                  tabs.current[index] = element;
                }}
                onClick={() => setCurrent(index)}
              >
                {name}
              </button>
            ))}
          </div>
        </div>
      </header>
      <main>
        <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-tab-${current}`}>
          <View />
        </div>
      </main>
    </>
  );
}
