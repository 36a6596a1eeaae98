/** One action at a time, with what became of it: a second click does nothing while the first is under way. */
import { useRef, useState } from "react";

export interface Action {
  run(action: () => Promise<void>): void;
  readonly isBusy: boolean;
  /** What the last action failed with. */
  readonly failure: unknown;
}

export function useAction(): Action {
  const isRunning = useRef(false);
  const [state, setState] = useState<{ isBusy: boolean; failure?: unknown }>({ isBusy: false });

  function run(action: () => Promise<void>) {
    if (isRunning.current) return;
    isRunning.current = true;
    setState({ isBusy: true });
    action()
      .then(
        () => setState({ isBusy: false }),
        (failure: unknown) => setState({ isBusy: false, failure }),
      )
      .finally(() => {
        isRunning.current = false;
      });
  }

  return { run, isBusy: state.isBusy, failure: state.failure };
}
