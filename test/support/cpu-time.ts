/** CPU time of this process, which other programs on the machine do not lengthen as they do time on the clock. */
import process from "node:process";

/** @returns a function that tells the CPU milliseconds since the call. */
export function startCpuTimer(): () => number {
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
}
