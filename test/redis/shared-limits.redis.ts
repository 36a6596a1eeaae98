/** Two gateways on one Redis, which is taken away from them and comes back. */
import {
  CreateUserPfxCertificateDocument as CREATE,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { Redis } from "ioredis";
import { describe, expect, it, vi } from "vitest";
import { answerStatus } from "../../src/emulator/faults.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import type { TestGateway } from "../support/gateway.ts";
import { identityAt } from "../support/identity.ts";
import { startIdentityProvider } from "../support/identity-provider.ts";
import { anInput, thumbprintOf } from "../support/input.ts";
import { freePort, startRedis } from "../support/redis.ts";
import { gatewayBefore } from "./replicas.ts";

let created = 0;
async function create(gateway: TestGateway) {
  created += 1;
  const { data, errors } = await gateway.send(CREATE, { input: anInput({ thumbprint: thumbprintOf(created) }) });
  return { certificate: data?.createUserPfxCertificate, code: errors?.[0]?.extensions?.code };
}

const lines = (gateway: TestGateway, text: string) => gateway.log.filter(({ msg }) => String(msg).startsWith(text));

describe("two gateways on one Redis", () => {
  it("share the write quota and never exceed it", async () => {
    await using redis = await startRedis();
    const emulator = await startEmulator({});
    const config = { redisUrl: redis.url, graphWritesPer20s: 10, requestDeadlineMs: 60_000 };
    await using one = await gatewayBefore(emulator, config);
    await using other = await gatewayBefore(emulator, config);
    // Connected, so that what is measured is the pace, and not how long a busy machine takes to connect.
    await Promise.all([one, other].map((gateway) => gateway.send(LIST, { first: 1 })));

    const creates = Array.from({ length: 24 }, (_, index) => create(index % 3 === 0 ? other : one));
    await vi.waitUntil(() => emulator.ledger.length === 10, { timeout: 3000 });
    const answers = await Promise.all(creates);
    await emulator.close();

    expect(answers.map(({ code }) => code)).toEqual(new Array(24).fill(undefined));
    const writes = emulator.requests.filter(({ method }) => method === "POST");
    const times = writes.map(({ receivedAtMs }) => receivedAtMs).sort((a, b) => a - b);
    expect(times).toHaveLength(24);
    for (let index = 10; index < times.length; index++) {
      expect((times[index] ?? 0) - (times[index - 10] ?? 0)).toBeGreaterThanOrEqual(20_000);
    }
  });

  it("answer THROTTLED at once if the quota leaves no time", async () => {
    await using redis = await startRedis();
    const emulator = await startEmulator({});
    const config = { redisUrl: redis.url, graphWritesPer20s: 1, requestDeadlineMs: 5000 };
    await using one = await gatewayBefore(emulator, config);
    await using other = await gatewayBefore(emulator, config);
    await create(one);

    const startedAtMs = performance.now();
    const { code } = await create(other);
    await emulator.close();

    expect(code).toBe("THROTTLED");
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
  });

  it("answer THROTTLED at once even while others wait for their turn", async () => {
    await using redis = await startRedis();
    const emulator = await startEmulator({});
    const config = { redisUrl: redis.url, graphWritesPer20s: 1, requestDeadlineMs: 60_000 };
    await using one = await gatewayBefore(emulator, config);
    await create(one);
    const waiting = create(one);
    await new Promise((resolve) => setTimeout(resolve, 1000)); // asked Redis, and sleeps until a place comes free

    const startedAtMs = performance.now();
    const input = anInput({ thumbprint: thumbprintOf(999) });
    const { errors } = await one.send(CREATE, { input }, { "x-request-timeout-ms": "5000" });

    expect(errors?.[0]?.extensions?.code).toBe("THROTTLED");
    expect(performance.now() - startedAtMs).toBeLessThan(1000);
    expect((await waiting).certificate).toBeDefined();
    await emulator.close();
  });

  it("release reservations that Graph did not count", async () => {
    await using redis = await startRedis();
    const emulator = await startEmulator({ faults: [answerStatus("POST", "/userPfxCertificates", 401, { times: 5 })] });
    const config = { redisUrl: redis.url, graphWritesPer20s: 1, requestDeadlineMs: 5000 };
    await using one = await gatewayBefore(emulator, config);
    await using other = await gatewayBefore(emulator, config);
    for (let junk = 0; junk < 5; junk++) expect((await create(one)).code).toBe("UNAUTHENTICATED");

    const { certificate } = await create(other);
    await emulator.close();

    expect(certificate).toBeDefined();
  });

  it("count a caller's requests together, and store no name, token or id in Redis", async () => {
    await using redis = await startRedis();
    await using provider = await startIdentityProvider();
    const emulator = await startEmulator({});
    const identity = identityAt(provider);
    const config = { authMode: "app", identity, redisUrl: redis.url, rateLimitPerMinute: 2 } as const;
    await using one = await gatewayBefore(emulator, config);
    await using other = await gatewayBefore(emulator, config);
    const token = await provider.callers.issue();
    const ask = (gateway: TestGateway) =>
      gateway.send(CREATE, { input: anInput() }, { authorization: `Bearer ${token}` });

    const statuses = [await ask(one), await ask(other), await ask(one), await ask(other)].map(({ status }) => status);
    const client = new Redis(redis.url);
    const keys = await client.keys("*");
    const kept = [...keys, ...(await Promise.all(keys.map((key) => client.dump(key))))].join("\n");
    client.disconnect();
    await emulator.close();

    expect(statuses).toEqual([200, 200, 429, 429]);
    expect(keys.length).toBeGreaterThan(1);
    for (const secret of [token, anInput().userPrincipalName, anInput().thumbprint, provider.tenantId]) {
      expect(kept).not.toContain(secret);
    }
  });
});

describe("a gateway whose Redis", () => {
  it("stops answering keeps to its share, logs it once, and shares again later", async () => {
    await using redis = await startRedis();
    const emulator = await startEmulator({});
    const config = { redisUrl: redis.url, graphWritesPer20s: 8, requestDeadlineMs: 3000 };
    await using one = await gatewayBefore(emulator, config);
    await using other = await gatewayBefore(emulator, config);
    for (const gateway of [one, other, one]) await create(gateway); // whose last one knows of both
    await redis.stop();

    const answers = await Promise.all(Array.from({ length: 6 }, () => create(one)));
    expect(answers.filter(({ certificate }) => certificate !== undefined)).toHaveLength(4); // half of eight
    expect(answers.filter(({ code }) => code === "THROTTLED")).toHaveLength(2);
    expect(lines(one, "Redis does not answer")).toHaveLength(1);

    await redis.start();
    await vi.waitFor(
      async () => {
        await create(one);
        expect(lines(one, "Redis answers again")).toHaveLength(1);
      },
      { timeout: 20_000, interval: 500 },
    );
    expect(lines(one, "Redis does not answer")).toHaveLength(1);
    await emulator.close();
  });

  it("hangs does not wait for it", async () => {
    await using redis = await startRedis();
    const emulator = await startEmulator({});
    await using gateway = await gatewayBefore(emulator, { redisUrl: redis.url, requestDeadlineMs: 3000 });
    await create(gateway);
    redis.signal("SIGSTOP");

    const startedAtMs = performance.now();
    const { certificate } = await create(gateway);
    const waitedMs = performance.now() - startedAtMs;
    const next = await create(gateway);
    await emulator.close();

    expect(certificate).toBeDefined();
    expect(next.certificate).toBeDefined();
    expect(waitedMs).toBeLessThan(1500);
  });

  it("is not running yet starts anyway", async () => {
    const emulator = await startEmulator({});
    await using gateway = await gatewayBefore(emulator, { redisUrl: `redis://127.0.0.1:${await freePort()}` });

    const { certificate } = await create(gateway);
    await emulator.close();

    expect(certificate).toBeDefined();
    expect(lines(gateway, "Redis does not answer")).toHaveLength(1);
  });

  it("rejects its password does not start, and does not print the password", async () => {
    await using redis = await startRedis();
    const emulator = await startEmulator({});
    const starting = gatewayBefore(emulator, { redisUrl: `redis://:wrong-password@127.0.0.1:${redis.port}` });

    await expect(starting).rejects.toThrow(/^Redis rejects the credentials in REDIS_URL$/);
    await emulator.close();
  });
});
