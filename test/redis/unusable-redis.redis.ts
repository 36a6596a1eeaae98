/** A Redis that answers, but cannot be used: gateways say why, work alone, and share again by themselves. */
import { Redis } from "ioredis";
import { describe, expect, it, vi } from "vitest";
import { examine } from "../../src/commands/doctor.ts";
import { readConfig } from "../../src/config/config.ts";
import { delayAnswer } from "../../src/emulator/faults.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { identityAt } from "../support/identity.ts";
import { startIdentityProvider } from "../support/identity-provider.ts";
import { failOver, redisPassword, startAddress, startCluster, startRedis, startReplicaOf } from "../support/redis.ts";
import { create, gatewayBefore, newsOf, startReplicas } from "./replicas.ts";

async function doctorOn(redisUrl: string) {
  await using emulator = await startEmulator();
  const config = readConfig({
    AUTH_MODE: "passthrough",
    GRAPH_BASE_URL: emulator.url,
    ALLOW_LOOPBACK_UPSTREAM: "true",
  });
  const findings = await examine({ ...config, redisUrl }, new URL(emulator.url));
  expect(JSON.stringify(findings)).not.toContain(redisPassword);
  return findings.find(({ check }) => check === "redis");
}

async function startOn(redisUrl: string) {
  await using emulator = await startEmulator();
  await using gateway = await gatewayBefore(emulator, { redisUrl });
  return newsOf(gateway);
}

describe("the doctor", () => {
  it("proves that Redis takes writes", async () => {
    await using redis = await startRedis();

    expect(await doctorOn(redis.url)).toEqual({ check: "redis", status: "ok", detail: "takes writes" });
    expect(await redis.command("INFO", "commandstats")).toContain("cmdstat_set");
  });

  it("reports a read-only replica, and a gateway shares nothing there", async () => {
    await using primary = await startRedis();
    await using replica = await startReplicaOf(primary);

    expect(await doctorOn(replica.url)).toMatchObject({
      status: "failed",
      detail: "is a read-only replica (READONLY)",
    });
    expect(await startOn(replica.url)).toEqual(["READONLY"]);
  });

  it("reports a full Redis", async () => {
    await using redis = await startRedis();
    await redis.command("CONFIG", "SET", "maxmemory", "1");

    expect(await doctorOn(redis.url)).toMatchObject({ status: "failed", detail: "is full (OOM)" });
    expect(await startOn(redis.url)).toEqual(["OOM"]);
  });

  it("reports a user that may not write", async () => {
    await using redis = await startRedis();
    await redis.command("ACL", "SETUSER", "reader", "on", `>${redisPassword}`, "~*", "+@all", "-@write");
    const url = redis.url.replace("redis://:", "redis://reader:");

    expect(await doctorOn(url)).toMatchObject({ status: "failed", detail: expect.stringContaining("does not permit") });
    await expect(startOn(url)).rejects.toThrow(/^Redis does not permit the user of REDIS_URL to write$/);
  });

  it("reports a wrong password", async () => {
    await using redis = await startRedis();

    expect(await doctorOn(`redis://:wrong@127.0.0.1:${redis.port}`)).toMatchObject({
      status: "failed",
      detail: expect.stringContaining("rejects the credentials"),
    });
  });

  it("reports a Redis that does not answer, and why", async () => {
    await using redis = await startRedis();
    redis.signal("SIGSTOP");

    expect(await doctorOn(redis.url)).toMatchObject({ status: "warning", detail: "does not answer (TIMEOUT)" });
    await redis.stop();
    expect(await doctorOn(redis.url)).toMatchObject({ status: "warning", detail: "does not answer (ECONNREFUSED)" });
  });
});

describe("a cluster", () => {
  it("is refused behind redis://, with advice", async () => {
    await using cluster = await startCluster();
    for (const { url } of cluster.nodes) {
      expect(await doctorOn(url)).toMatchObject({
        status: "failed",
        detail: expect.stringContaining("is a cluster"),
        advice: expect.stringContaining("redis+cluster://"),
      });
      await expect(startOn(url)).rejects.toThrow(/^Redis is a cluster, but REDIS_URL .*redis\+cluster:\/\//);
    }
    await using single = await startRedis();
    const url = single.url.replace("redis://", "redis+cluster://");
    expect(await doctorOn(url)).toMatchObject({ status: "failed", advice: expect.stringContaining("redis://") });
    await expect(startOn(url)).rejects.toThrow(/^Redis is no cluster/);
  });

  it("shares quota, rate limits and creates behind redis+cluster://, also after a failover", async () => {
    await using cluster = await startCluster();
    const owner = await cluster.addReplicaFor("{intune-pfx-gateway}");
    expect(await doctorOn(cluster.url)).toMatchObject({ status: "ok" });
    await using provider = await startIdentityProvider();
    const identity = identityAt(provider);
    await using replicas = await startReplicas(
      cluster.url,
      { authMode: "app", identity, rateLimitPerMinute: 100, graphWritesPer20s: 2, requestDeadlineMs: 5000 },
      { faults: [delayAnswer("POST", "/userPfxCertificates", 100)] },
    );
    const { one, other, emulator } = replicas;
    const headers = { authorization: `Bearer ${await provider.callers.issue()}` };
    const createTwins = (number: number) => Promise.all([one, other].map((each) => create(each, number, "", headers)));

    const twins = await createTwins(1);
    expect(twins[0]?.certificate).toBeDefined();
    expect(twins[1]).toEqual(twins[0]);
    expect(emulator.ledger).toHaveLength(1);
    expect((await create(other, 2, "", headers)).certificate).toBeDefined();
    for (const gateway of [one, other]) expect((await create(gateway, 3, "", headers)).code).toBe("THROTTLED");
    expect(newsOf(one)).toEqual([]);
    const keys = await Promise.all(cluster.nodes.map((node) => node.command("KEYS", "*:rate:*")));
    const [counted] = keys.flat().map(String);
    expect(counted).toBeDefined();
    expect(await owner.command("GET", counted ?? "")).toBe("5");

    await owner.stop();
    for (const gateway of [one, other]) {
      await vi.waitUntil(() => newsOf(gateway).at(-1) === "back", { timeout: 40_000 });
    }
    const [first, second] = (await createTwins(2)).map(({ code }) => code);
    expect(first).toMatch(/^(?:THROTTLED|CONFLICT)$/); // CONFLICT if the failover took longer than the window
    expect(second).toBe(first);
  });
});

describe("two gateways", () => {
  it("share again after a failover that leaves their connections at a read-only node", async () => {
    await using before = await startRedis();
    await using after = await startReplicaOf(before);
    await using address = await startAddress(before);
    await using replicas = await startReplicas(address.url);
    const { one, other, emulator } = replicas;
    await Promise.all([create(one, 1), create(other, 2)]);

    address.leadTo(after);
    await failOver(before, after);
    expect((await Promise.all([create(one, 3), create(other, 4)])).map(({ code }) => code)).toEqual([
      undefined,
      undefined,
    ]);
    for (const gateway of [one, other]) {
      await vi.waitUntil(() => newsOf(gateway).at(-1) === "back", { timeout: 20_000 });
      expect(newsOf(gateway)[0]).toBe("READONLY");
    }

    const twins = await Promise.all([create(one, 5), create(other, 5)]);
    expect(twins.map(({ code }) => code)).toEqual([undefined, undefined]);
    expect(emulator.ledger).toHaveLength(5);
  });

  it("do not wait for a silent Redis but once, and share again when it goes on", { retry: 2 }, async () => {
    await using redis = await startRedis();
    await using replicas = await startReplicas(redis.url);
    const { one, other, emulator } = replicas;
    await Promise.all([create(one, 1), create(other, 2)]);
    redis.signal("SIGSTOP");
    await create(one, 3);
    await new Promise((resolve) => setTimeout(resolve, 5500));

    // Half a second of waiting for Redis would be too long for this one.
    expect((await create(one, 4, "", { "x-request-timeout-ms": "480" })).certificate).toBeDefined();
    expect(newsOf(one)).toEqual(["TIMEOUT"]);

    redis.signal("SIGCONT");
    await vi.waitUntil(() => newsOf(one).at(-1) === "back", { timeout: 20_000 });
    const twins = await Promise.all([create(one, 5), create(other, 5)]);
    expect(twins.map(({ code }) => code)).toEqual([undefined, undefined]);
    expect(emulator.ledger).toHaveLength(5 - 1 + 1);
  });

  it("leave a connection that has gone silent, though Redis runs", async () => {
    await using redis = await startRedis();
    await using address = await startAddress(redis);
    await using replicas = await startReplicas(address.url);
    const { one, other } = replicas;
    address.goSilent();
    await Promise.all([create(one, 1), create(other, 2)]);

    for (const gateway of [one, other]) {
      await vi.waitUntil(() => newsOf(gateway).at(-1) === "back", { timeout: 20_000 });
      expect(newsOf(gateway)).toEqual(["TIMEOUT", "back"]);
    }
  });

  it("log once that Redis takes no writes, and once that it does again", async () => {
    await using redis = await startRedis();
    await using replicas = await startReplicas(redis.url);
    await redis.command("CONFIG", "SET", "maxmemory", "1");
    for (let number = 1; number <= 5; number++) {
      expect((await create(replicas.one, number)).certificate).toBeDefined();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(newsOf(replicas.one)).toEqual(["OOM"]);

    await redis.command("CONFIG", "SET", "maxmemory", "0");
    await vi.waitUntil(() => newsOf(replicas.one).at(-1) === "back", { timeout: 20_000 });
    expect(newsOf(replicas.one)).toEqual(["OOM", "back"]);
    const client = new Redis(redis.url);
    await create(replicas.one, 6);
    expect(await client.keys("*")).not.toEqual([]);
    client.disconnect();
  });
});
