/** A process beside the benchmark, such as the stand-in for Graph or the load generator, that is asked over its channel. */
import { fork } from "node:child_process";
import { once } from "node:events";

/** @param name of a script in this folder. */
export function startHelper(name) {
  const child = fork(new URL(name, import.meta.url));
  return {
    next: async () => (await once(child, "message"))[0],
    async ask(task) {
      child.send(task);
      return this.next();
    },
    stop: () => child.disconnect(),
  };
}
