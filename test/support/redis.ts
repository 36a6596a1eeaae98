/**
 * Redis servers for tests (`REDIS_SERVER`, default /usr/bin/redis-server): one, a replica of one, a cluster, and an address that
 * follows a failover. Each keeps nothing, and ends with its test.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

const program = process.env.REDIS_SERVER ?? "/usr/bin/redis-server";

export const redisPassword = "a-password-that-nobody-may-see";

export interface RedisServer extends AsyncDisposable {
  /** With the password. */
  readonly url: string;
  readonly port: number;
  /** Starts it again on the same port, empty. */
  start(): Promise<void>;
  /** As a crash ends it. */
  stop(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Sends one command, such as `["CONFIG", "SET", …]`. */
  command(...words: string[]): Promise<unknown>;
}

/** A port of this machine on which nobody listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo; // a TCP server that listens has such an address
    await new Promise((resolve) => server.close(resolve));
    if (port < 55_000) return port; // the port of a cluster's bus is 10,000 higher
  }
}

/** @param options of redis-server, over the ones of a server that keeps nothing. */
export async function startRedis(...options: string[]): Promise<RedisServer> {
  if (!existsSync(program)) {
    throw new Error(`No Redis at ${program}. On Debian: apt-get install redis-server; elsewhere set REDIS_SERVER.`);
  }
  const folder = await mkdtemp(join(tmpdir(), "redis-"));
  const port = await freePort();
  const url = `redis://:${redisPassword}@127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const start = async () => {
    const secret = ["--requirepass", redisPassword, "--masterauth", redisPassword, "--repl-diskless-sync-delay", "0"];
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder, ...secret, ...options];
    const started = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
    child = started;
    await new Promise<void>((resolve, reject) => {
      started.stdout.on("data", (chunk) => String(chunk).includes("Ready to accept") && resolve());
      started.once("exit", () => reject(new Error("redis-server ended")));
    });
  };
  const stop = async () => {
    if (child === undefined || child.signalCode !== null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child?.once("exit", resolve));
    child.kill("SIGCONT");
    child.kill("SIGKILL");
    await ended;
  };
  await start();
  return {
    url,
    port,
    start,
    stop,
    signal: (name) => void child?.kill(name),
    async command(name = "PING", ...words) {
      const client = new Redis(url, { maxRetriesPerRequest: 1, retryStrategy: () => null });
      client.on("error", () => {}); // the command has the error
      try {
        return await client.call(name, ...words);
      } finally {
        client.disconnect();
      }
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Waits until a condition holds; a busy machine only makes it later. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition().catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** A replica of a server, in step with it. */
export async function startReplicaOf(primary: RedisServer): Promise<RedisServer> {
  const replica = await startRedis("--replicaof", "127.0.0.1", String(primary.port));
  await until(async () => String(await replica.command("INFO", "replication")).includes("master_link_status:up"));
  return replica;
}

/** Makes the replica the primary, and the primary its replica, which goes on answering its clients. */
export async function failOver(primary: RedisServer, replica: RedisServer): Promise<void> {
  await replica.command("REPLICAOF", "NO", "ONE");
  await primary.command("REPLICAOF", "127.0.0.1", String(replica.port));
}

export interface RedisCluster extends AsyncDisposable {
  readonly nodes: RedisServer[];
  readonly url: string;
  /** Adds a replica to the node that has a key. Returns that node. */
  addReplicaFor(key: string): Promise<RedisServer>;
}

/** Three nodes that share the slots. */
export async function startCluster(): Promise<RedisCluster> {
  const options = [
    "--cluster-enabled",
    "yes",
    "--cluster-node-timeout",
    "1000",
    "--cluster-replica-validity-factor",
    "0",
  ];
  const nodes = await Promise.all([1, 2, 3].map(() => startRedis(...options)));
  const [first] = nodes;
  if (first === undefined) throw new Error("a cluster without nodes");
  const bounds = [0, 5461, 10_923, 16_384];
  for (const [index, node] of nodes.entries()) {
    await node.command("CLUSTER", "ADDSLOTSRANGE", String(bounds[index]), String((bounds[index + 1] ?? 0) - 1));
    await node.command("CLUSTER", "SET-CONFIG-EPOCH", String(index + 1));
    if (node !== first) await node.command("CLUSTER", "MEET", "127.0.0.1", String(first.port));
  }
  for (const node of nodes) {
    await until(async () => {
      const info = String(await node.command("CLUSTER", "INFO"));
      return info.includes("cluster_state:ok") && info.includes("cluster_size:3");
    });
  }
  return {
    nodes,
    url: first.url.replace("redis://", "redis+cluster://"),
    async addReplicaFor(key) {
      const slot = Number(await first.command("CLUSTER", "KEYSLOT", key));
      const owner = nodes[bounds.findIndex((bound) => slot < bound) - 1];
      if (owner === undefined) throw new Error("a slot that no node has");
      const replica = await startRedis(...options);
      nodes.push(replica);
      await replica.command("CLUSTER", "MEET", "127.0.0.1", String(owner.port));
      const id = String(await owner.command("CLUSTER", "MYID"));
      await until(async () => (await replica.command("CLUSTER", "REPLICATE", id)) === "OK");
      await until(async () => String(await replica.command("INFO", "replication")).includes("master_link_status:up"));
      for (const node of nodes)
        await until(async () => String(await node.command("CLUSTER", "NODES")).includes(`slave ${id}`));
      return owner;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node[Symbol.asyncDispose]()));
    },
  };
}

/** An address that leads new connections to one of several servers, as a name or a load balancer of a managed Redis does. */
export interface RedisAddress extends AsyncDisposable {
  readonly url: string;
  /** Leads new connections to another server. */
  leadTo(other: RedisServer): void;
  /** Open connections stay open, and nothing passes any more. */
  goSilent(): void;
}

export async function startAddress(server: RedisServer): Promise<RedisAddress> {
  let target = server;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const upstream = connect(target.port, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `redis://:${redisPassword}@127.0.0.1:${port}`,
    leadTo(other) {
      target = other;
    },
    goSilent() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
