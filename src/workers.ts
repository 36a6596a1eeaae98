/**
 * `WORKERS`: several processes that serve one port, by node's cluster. They share the port, the metrics endpoint and the
 * way they stop, and nothing else. What Graph allows is divided among them, so that together they stay within it; with
 * `REDIS_URL` it is shared anyway.
 */
import cluster, { type Worker } from "node:cluster";
import type { Config } from "./config.ts";
import type { GatewayLog } from "./log.ts";
import { startMetricsServer } from "./server/metrics-server.ts";
import type { Gateway } from "./server/start.ts";

/** How long a worker that died stays dead: whatever kills them at once must not keep a core busy. */
const restartMs = 1000;

/** A worker that ended, and not as it should; why, it has said itself. */
export class WorkerEnded extends Error {
  override name = "WorkerEnded";
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`a worker process ended with exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/**
 * The primary's part: starts the workers, starts again what dies, and stops them all.
 *
 * @param graphBaseUrl Graph's root without the version; the emulator's where that runs in this process.
 * @throws {WorkerEnded} where they can't start.
 */
export async function startWorkers(config: Config, graphBaseUrl: URL, log: GatewayLog): Promise<Gateway> {
  const { workers: count, graphWritesPer20s: quota, redisUrl, authMode } = config;
  const shared = {
    WORKERS: "1", // each is a gateway like any other
    ...(config.graphBaseUrl === undefined && {
      AUTH_MODE: "none",
      GRAPH_BASE_URL: graphBaseUrl.origin,
      ALLOW_LOOPBACK_UPSTREAM: "true",
    }),
  };
  const running = new Map<Worker, Promise<number>>();
  const serving = new Set<Worker>();
  let isStopping = false;

  /** @returns where the worker serves. */
  const start = async (index: number): Promise<string> => {
    const share = Math.floor(quota / count) + (index < quota % count ? 1 : 0);
    const worker = cluster.fork({ ...shared, ...(redisUrl === undefined && { GRAPH_WRITES_PER_20S: String(share) }) });
    const ended = new Promise<number>((resolve) => {
      worker.once("exit", (exitCode: number | null) => {
        running.delete(worker);
        serving.delete(worker);
        resolve(exitCode ?? 1); // null where a signal killed it
      });
    });
    running.set(worker, ended);
    const url = new Promise<string>((resolve) =>
      worker.on("message", (url) => typeof url === "string" && resolve(url)),
    );
    const first = await Promise.race([url, ended]);
    if (typeof first === "number") throw new WorkerEnded(first);
    serving.add(worker);
    void ended.then((exitCode) => restart(index, exitCode));
    return first;
  };

  const restart = (index: number, exitCode: number): void => {
    if (isStopping) return;
    log.workerEnded({ exitCode });
    setTimeout(() => {
      if (!isStopping) start(index).catch(() => restart(index, 1));
    }, restartMs);
  };

  const stop = async (): Promise<void> => {
    isStopping = true;
    // One that only starts has nothing to finish, and dies of the signal.
    const ends = [...running].map(([worker, ended]) => (serving.has(worker) ? ended : ended.then(() => 0)));
    for (const worker of running.keys()) worker.process.kill("SIGTERM");
    const failed = (await Promise.all(ends)).find((exitCode) => exitCode !== 0);
    if (failed !== undefined) throw new WorkerEnded(failed);
  };

  let url: string;
  try {
    url = await start(0); // alone: what keeps one from starting would be said by all of them
    await Promise.all(Array.from({ length: count - 1 }, (_, index) => start(index + 1)));
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
  // Imported on demand: where nobody scrapes, nothing is counted.
  const metrics = config.metricsPort === undefined ? undefined : (await import("./metrics.ts")).metricsOfWorkers();
  const metricsServer = metrics && (await startMetricsServer(metrics, config.host, config.metricsPort ?? 0, log));
  const metricsUrl = metricsServer?.url;
  log.listening({ url, authMode, graphBaseUrl: graphBaseUrl.origin, metricsUrl, workers: count });

  return {
    url,
    metricsUrl,
    async close() {
      try {
        await stop();
      } finally {
        await metricsServer?.close(); // last: how a stop goes is seen until its end
      }
    },
  };
}

/** A worker's log: that it serves it tells the primary, which tells the operator; what else it has to say it says. */
export function logOfWorker(log: GatewayLog): GatewayLog {
  return { ...log, listening: ({ url }) => process.send?.(url), stopping() {} };
}
