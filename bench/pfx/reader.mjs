/**
 * One reader in a process of its own: does what it is asked over the channel, and tells what that cost. CPU time is that of
 * all threads of the process, WebCrypto's included.
 */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { setImmediate as nextTask, setTimeout as sleep } from "node:timers/promises";
import { readers } from "./readers.mjs";

const read = await readers[process.argv[2]].load();

/** The longest time in which no other task could run: a timer of 1 ms sees when one could. */
class HeldTime {
  ms = 0;
  #last = performance.now();
  #timer = setInterval(() => this.look(), 1);

  look() {
    const now = performance.now();
    this.ms = Math.max(this.ms, now - this.#last);
    this.#last = now;
  }

  stop() {
    clearInterval(this.#timer);
  }
}

/** The file again and again, one after the other, for `milliseconds`; at least once. */
async function measure({ path, password, thumbprint, milliseconds }) {
  const file = readFileSync(path);
  let files = 0;
  const held = new HeldTime();
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  try {
    do {
      const found = await read(file, password);
      if (found !== thumbprint) throw new Error(`found the certificate ${found}`);
      files += 1;
      await nextTask(); // what computes without a pause holds the event loop for one file, not for all
    } while (performance.now() - start < milliseconds);
    const wallMs = (performance.now() - start) / files;
    const { user, system } = process.cpuUsage(cpuBefore);
    await sleep(5); // for the timer to see the last file
    return { cpuMs: (user + system) / 1000 / files, wallMs, heldMs: held.ms };
  } finally {
    held.stop();
  }
}

process.on("message", async (task) => {
  try {
    process.send(await measure(task));
  } catch (error) {
    process.send({ error: `${error.message ?? error}`.split("\n")[0] });
  }
});
process.send("ready");
