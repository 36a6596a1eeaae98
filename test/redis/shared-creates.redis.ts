/** One create sent to two gateways, and two creates of one key: what happens with one Redis, also when it fails. */
import { Redis } from "ioredis";
import { describe, expect, it, vi } from "vitest";
import { delayAnswer, delayApplying, dropAnswer, dropRequest, hangAfterApplying } from "../../src/emulator/faults.ts";
import { type Emulator, startEmulator } from "../../src/emulator/server.ts";
import type { TestGateway } from "../support/gateway.ts";
import { identityAt } from "../support/identity.ts";
import { startIdentityProvider } from "../support/identity-provider.ts";
import { anInput } from "../support/input.ts";
import {
  failOver,
  type RedisAddress,
  type RedisServer,
  startAddress,
  startRedis,
  startReplicaOf,
} from "../support/redis.ts";
import { create, gatewayBefore, newsOf, type Replicas, startReplicas } from "./replicas.ts";

const posts = "/userPfxCertificates";
const postsOf = ({ requests }: Emulator) => requests.filter(({ method }) => method === "POST").length;
const codesOf = (answers: { code: unknown }[]) => answers.map(({ code }) => code ?? "created");
const fileOf = (file: string) => Buffer.from(`file ${file}`).toString("base64");

describe("the same create, sent to two gateways at once,", () => {
  it("is one create with one answer", async () => {
    await using redis = await startRedis();
    await using replicas = await startReplicas(
      redis.url,
      {},
      { faults: [delayAnswer("POST", posts, 300, { times: 9 })] },
    );
    const { one, other, emulator } = replicas;

    const answers = await Promise.all([one, other, one, other, one, other].map((gateway) => create(gateway, 1)));

    expect(answers[0]?.certificate?.id).toBe(emulator.records[0]?.id);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(postsOf(emulator)).toBe(1);
    expect(codesOf([await create(other, 1)])).toEqual(["CONFLICT"]); // a later one is a new create
  });

  it("is one create even if Graph's answer is lost", async () => {
    await using redis = await startRedis();
    await using replicas = await startReplicas(redis.url, {}, { faults: [dropAnswer("POST", posts)] });
    const { one, other, emulator } = replicas;

    const answers = await Promise.all([create(one, 1), create(other, 1)]);

    expect(codesOf(answers)).toEqual(["created", "created"]);
    expect(postsOf(emulator)).toBe(1);
  });

  it("gets the same CONFLICT if the certificate exists", async () => {
    await using redis = await startRedis();
    await using replicas = await startReplicas(redis.url);
    const { one, other, emulator } = replicas;
    await create(one, 1, "before");
    emulator.faults.add(delayAnswer("GET", posts, 300)); // the look-up

    const answers = await Promise.all([create(one, 1), create(other, 1)]);

    expect(codesOf(answers)).toEqual(["CONFLICT", "CONFLICT"]);
    for (const { error } of answers) expect(error?.extensions?.certificateId).toBe(emulator.records[0]?.id);
    expect(postsOf(emulator)).toBe(2);
  });

  it("is joined by the same token only", async () => {
    await using redis = await startRedis();
    await using replicas = await startReplicas(redis.url, {}, { faults: [delayAnswer("POST", posts, 300)] });
    const { one, other, emulator } = replicas;

    const first = create(one, 1);
    await vi.waitUntil(() => postsOf(emulator) === 1);
    const second = await create(other, 1, "", { authorization: "Bearer of-another-caller" });

    expect(codesOf([await first, second])).toEqual(["created", "CONFLICT"]);
  });

  it("is joined in app mode, where each gateway has a token of its own", async () => {
    await using redis = await startRedis();
    await using provider = await startIdentityProvider();
    const config = { authMode: "app", identity: identityAt(provider) } as const;
    await using replicas = await startReplicas(redis.url, config, { faults: [delayAnswer("POST", posts, 300)] });
    const { one, other, emulator } = replicas;
    const authorization = `Bearer ${await provider.callers.issue()}`;

    const answers = await Promise.all([one, other].map((gateway) => create(gateway, 1, "", { authorization })));

    expect(codesOf(answers)).toEqual(["created", "created"]);
    expect(postsOf(emulator)).toBe(1);
    expect(new Set(provider.token.requests.map(({ accessToken }) => accessToken)).size).toBe(2);
  });

  it("leaves digests, ids and times in Redis, and a lock that outlives the deadline", async () => {
    await using redis = await startRedis();
    await using replicas = await startReplicas(
      redis.url,
      { requestDeadlineMs: 20_000 },
      { faults: [delayAnswer("POST", posts, 1000)] },
    );
    const { one, other, emulator } = replicas;
    const client = new Redis(redis.url);
    const kept = async () => {
      const keys = await client.keys("*");
      return [...keys, ...(await Promise.all(keys.map((key) => client.dump(key))))].join("\n");
    };

    const twins = [create(one, 1), create(other, 1)];
    await vi.waitUntil(() => postsOf(emulator) === 1);
    const during = await kept();
    const locks = (await client.keys("*:create:*")).map((key) => client.pttl(key));
    expect(Math.max(...(await Promise.all(locks)))).toBeGreaterThan(20_000);
    await Promise.all(twins);
    const all = `${during}\n${await kept()}`;
    client.disconnect();

    const { userPrincipalName, encryptedPfxBlob, encryptedPfxPassword, keyName } = anInput();
    for (const secret of [userPrincipalName, encryptedPfxBlob, encryptedPfxPassword, keyName, "caller-token"]) {
      expect(all).not.toContain(secret);
    }
  });
});

describe("two files of one user and thumbprint, sent to two gateways,", () => {
  it("are never both a success, whichever answer is lost", async () => {
    await using redis = await startRedis();
    await using replicas = await startReplicas(redis.url);
    const { one, other, emulator } = replicas;
    for (let number = 1; number <= 8; number++) {
      const isLate = number % 2 === 0;
      emulator.faults.clear();
      emulator.faults.add(
        ...(isLate ? [delayApplying("POST", posts, 100)] : []),
        dropAnswer("POST", posts, { skip: Number(number > 4), times: 2 }),
      );

      const answers = await Promise.all([create(one, number, "a"), create(other, number, "b")]);

      expect(codesOf(answers).sort()).toEqual(["CONFLICT", "created"]);
      const winner = answers[0]?.certificate === undefined ? "b" : "a";
      expect(emulator.records.at(-1)?.encryptedPfxBlob).toBe(fileOf(winner));
    }
    expect(emulator.ledger).toHaveLength(8);
  });

  it("wait for each other, until the deadline at most", async () => {
    await using redis = await startRedis();
    await using replicas = await startReplicas(redis.url, {}, { faults: [delayAnswer("POST", posts, 2000)] });
    const { one, other, emulator } = replicas;
    const first = create(one, 1, "a");
    await vi.waitUntil(() => postsOf(emulator) === 1);

    const hasty = await create(other, 1, "b", { "x-request-timeout-ms": "500" });
    const patient = await create(other, 1, "b");

    expect(codesOf([await first, hasty, patient])).toEqual(["created", "UPSTREAM_TIMEOUT", "CONFLICT"]);
    expect(postsOf(emulator)).toBe(2);
  });

  it("leave a doubt between gateways if the first one's outcome is unknown", async () => {
    await using redis = await startRedis();
    await using replicas = await startReplicas(redis.url, { requestDeadlineMs: 3000 });
    const { one, other, emulator } = replicas;
    // Graph stores the first file, if at all, after the gateway has stopped waiting; the second one's answer is lost.
    emulator.faults.add(delayApplying("POST", posts, 20_000, { times: 2 }), dropAnswer("POST", posts, { times: 2 }));
    expect((await create(one, 1, "a", { "x-request-timeout-ms": "1500" })).code).toBe("OUTCOME_UNKNOWN");

    const second = await create(other, 1, "b");

    expect(second.code).toBe("OUTCOME_UNKNOWN");
  });

  it("block each other no longer than a lock lives if a gateway dies", async () => {
    await using redis = await startRedis();
    await using address = await startAddress(redis);
    await using emulator = await startEmulator({ faults: [hangAfterApplying("POST", posts)] });
    await using dying = await gatewayBefore(emulator, { redisUrl: address.url, requestDeadlineMs: 1000 });
    await using survivor = await gatewayBefore(emulator, { redisUrl: redis.url, requestDeadlineMs: 1000 });
    const lost = create(dying, 1, "a");
    await vi.waitUntil(() => postsOf(emulator) === 1);
    await address[Symbol.asyncDispose](); // as if the gateway died: it cannot release its lock

    expect((await create(survivor, 1, "b")).code).toBe("UPSTREAM_TIMEOUT");
    await lost;
    await vi.waitFor(async () => expect((await create(survivor, 1, "b")).code).toBe("CONFLICT"), { timeout: 20_000 });
    expect(emulator.ledger).toHaveLength(1);
  });
});

/** Ways in which a Redis fails and comes back while an import runs. */
const accidents: Record<string, (redis: RedisServer, replica: RedisServer, address: RedisAddress) => Promise<void>> = {
  async "is killed and starts again, empty"(redis) {
    await redis.stop();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await redis.start();
  },
  async "is stopped by a signal and goes on"(redis) {
    redis.signal("SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    redis.signal("SIGCONT");
  },
  async "is paused for its clients"(redis) {
    await redis.command("CLIENT", "PAUSE", "1500", "ALL");
    await new Promise((resolve) => setTimeout(resolve, 1500));
  },
  async "fails over to its replica"(redis, replica, address) {
    address.leadTo(replica);
    await failOver(redis, replica);
  },
};

/** Repeats a create whose outcome is unknown, as callers do: a busy machine may answer later than the gateway waits. */
async function createSurely(gateway: TestGateway, number: number) {
  for (;;) {
    const answer = await create(gateway, number);
    if (answer.code !== "OUTCOME_UNKNOWN") return answer;
  }
}

async function importAll({ one, other }: Replicas, count: number, during: () => Promise<void>) {
  const answers: ReturnType<typeof create>[] = [];
  let accident: Promise<void> | undefined;
  for (let number = 1; number <= count; number++) {
    answers.push(createSurely(one, number), createSurely(other, number));
    if (number === Math.round(count / 4)) accident = during();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await accident;
  return Promise.all(answers);
}

/** The number of natural keys whose lock is taken in that Redis, be it dead. */
async function locksIn(url: string): Promise<number> {
  const client = new Redis(url);
  const keys = await client.keys("*:create:*");
  const locked = await Promise.all(keys.map((key) => client.hexists(key, "until")));
  client.disconnect();
  return locked.filter((isLocked) => isLocked === 1).length;
}

describe("an import through two gateways while Redis", () => {
  it.each(Object.keys(accidents))("%s stores each certificate once, loses none, and is shared again", async (name) => {
    await using redis = await startRedis();
    await using replica = await startReplicaOf(redis);
    await using address = await startAddress(redis);
    const count = 80;
    const faults = [delayAnswer("POST", posts, 60, { times: 4 * count })];
    await using replicas = await startReplicas(address.url, { requestDeadlineMs: 10_000 }, { faults });
    const { one, other, emulator } = replicas;

    const answers = await importAll(replicas, count, async () => accidents[name]?.(redis, replica, address));

    for (const code of codesOf(answers)) expect(["created", "CONFLICT"]).toContain(code);
    expect(emulator.records).toHaveLength(count);
    expect(emulator.ledger).toHaveLength(count);
    for (const gateway of [one, other]) {
      await vi.waitUntil(() => newsOf(gateway).at(-1) === "back", { timeout: 20_000 });
    }
    await vi.waitUntil(async () => (await locksIn(address.url)) === 0, { timeout: 9000 }); // less than a lock lives
    let number = count;
    await vi.waitFor(
      async () => {
        number += 1;
        const twins = await Promise.all([create(one, number), create(other, number)]);
        expect(codesOf(twins)).toEqual(["created", "created"]);
      },
      { timeout: 20_000, interval: 500 },
    );
  });
});

describe("a create in flight while Redis loses its memory", () => {
  it("does not take the record of another create for its own", async () => {
    await using redis = await startRedis();
    const faults = [dropRequest("POST", posts), delayApplying("GET", posts, 1500)];
    await using replicas = await startReplicas(redis.url, {}, { faults });
    const { one, other, emulator } = replicas;
    const first = create(one, 1, "a"); // is lost on its way, and looked up
    await vi.waitUntil(() => emulator.requests.some(({ method }) => method === "GET"));
    await redis.command("FLUSHALL");

    const second = await create(other, 1, "b");

    expect(codesOf([await first, second])).toEqual(["OUTCOME_UNKNOWN", "created"]);
  });

  it("is claimed anew, so that another file waits for it", async () => {
    await using redis = await startRedis();
    await using replicas = await startReplicas(redis.url, {}, { faults: [delayAnswer("POST", posts, 6000)] });
    const { one, other, emulator } = replicas;
    const first = create(one, 1, "a");
    await vi.waitUntil(() => postsOf(emulator) === 1);
    await redis.stop();
    await redis.start();
    for (const gateway of [one, other]) {
      await vi.waitUntil(() => newsOf(gateway).at(-1) === "back", { timeout: 20_000 });
    }

    const second = create(other, 1, "b");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(postsOf(emulator)).toBe(1);
    expect(codesOf([await first, await second])).toEqual(["created", "CONFLICT"]);
  });
});

describe("a plural create", () => {
  it("shares each of its creates, and still travels in batches", async () => {
    await using redis = await startRedis();
    await using replicas = await startReplicas(redis.url);
    const { one, other, emulator } = replicas;
    const inputs = Array.from({ length: 40 }, (_, index) => anInput({ thumbprint: String(index).padStart(40, "0") }));
    const many = `mutation ($inputs: [CreateUserPfxCertificateInput!]!) {
      createUserPfxCertificates(inputs: $inputs) { createdCount failedCount }
    }`;

    const answers = await Promise.all(
      [one, other].map((gateway) => gateway.send<{ createUserPfxCertificates: object }, object>(many, { inputs })),
    );

    for (const { data } of answers)
      expect(data?.createUserPfxCertificates).toEqual({ createdCount: 40, failedCount: 0 });
    expect(emulator.ledger).toHaveLength(40);
    expect(emulator.requests.filter(({ path }) => path.endsWith("/$batch")).length).toBeLessThan(12);
  });
});
