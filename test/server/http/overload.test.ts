import type { Socket } from "node:net";
import {
  CreateUserPfxCertificateDocument as CREATE,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { describe, expect, it, vi } from "vitest";
import { hangBeforeApplying } from "../../../src/emulator/faults.ts";
import { seedRecords } from "../../../src/emulator/seed.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { identityAt } from "../../support/identity.ts";
import { startIdentityProvider } from "../../support/identity-provider.ts";
import { anInput } from "../../support/input.ts";
import { connectTo, readAnswer } from "./raw.ts";

/** A client that does not read is cut off soon. */
const impatient = { graceMs: 500, stallMs: 500, checkEveryMs: 100 };

const head = (bytes: number) =>
  `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n`;

/** Connections that have sent the head of a request and the beginning of its body, and nothing since. */
async function stall(gateway: TestGateway, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connectTo(gateway.url));
  await Promise.all(
    sockets.map((socket) => new Promise<void>((resolve) => socket.write(`${head(1000)}{"query"`, () => resolve()))),
  );
  await vi.waitUntil(async () => (await gateway.send("{ __typename }")).status === 503, { timeout: 10_000 });
  return sockets;
}

describe("more requests than MAX_INFLIGHT", () => {
  it("are rejected with 503, OVERLOADED and Retry-After before their body, unlike probes", async () => {
    await using gateway = await startGateway({ config: { maxInflight: 1000 } });
    const stalled = await stall(gateway, 1000);

    const socket = connectTo(gateway.url);
    socket.write(head(1_000_000)); // and never the body
    const { status, headers, text } = await readAnswer(socket);

    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("1");
    expect(JSON.parse(text).errors[0].extensions).toEqual({ code: "OVERLOADED", retryAfterSeconds: 1 });
    for (const path of ["/livez", "/readyz"]) {
      expect((await fetch(new URL(path, gateway.url))).status).toBe(200);
    }
    for (const each of [...stalled, socket]) each.destroy();
  });

  it("are admitted again as soon as others end", async () => {
    await using gateway = await startGateway({ config: { maxInflight: 5 } });
    const stalled = await stall(gateway, 5);

    for (const socket of stalled) socket.destroy();

    await vi.waitFor(async () => expect((await gateway.send("{ __typename }")).status).toBe(200));
  });

  it("include those that wait for Graph", async () => {
    await using gateway = await startGateway({
      faults: [hangBeforeApplying("GET", "/userPfxCertificates", { times: 2 })],
      config: { maxInflight: 2 },
    });
    const waiting = [1, 2].map(() => gateway.send(LIST, {}, { "x-request-timeout-ms": "1500" }));
    await vi.waitUntil(() => gateway.emulator.requests.length === 2);

    const { status } = await gateway.send(LIST, {});

    expect(status).toBe(503);
    await Promise.all(waiting);
    expect((await gateway.send("{ __typename }")).status).toBe(200);
  });

  it.each([
    [
      "a body of another kind",
      "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n\r\n",
    ],
    [
      "no router's secret",
      "GET /graphql?query={__typename} HTTP/1.1\r\nhost: x\r\napollo-require-preflight: 1\r\n\r\n",
    ],
  ])(
    "do not include requests that are rejected for %s, whether or not the client reads the error",
    async (_, refused) => {
      const routerSecret = refused.startsWith("GET") ? "the router's own" : undefined;
      await using gateway = await startGateway({ config: { maxInflight: 10, routerSecret } });
      const socket = connectTo(gateway.url);
      socket.pause();
      socket.write(refused.repeat(150_000)); // more answers than the operating system takes

      let before = -1;
      await vi.waitUntil(
        () => {
          const isStuck = socket.writableLength > 0 && gateway.log.length === before;
          before = gateway.log.length;
          return isStuck;
        },
        { timeout: 20_000, interval: 300 },
      );

      const headers = routerSecret === undefined ? {} : { "router-authorization": routerSecret };
      expect((await gateway.send("{ __typename }", {}, headers)).status).toBe(200);
      socket.destroy();
    },
  );

  it("keep their responses while earlier ones on the connection are pending", async () => {
    await using gateway = await startGateway({
      faults: [hangBeforeApplying("GET", "/userPfxCertificates", { times: 9 })],
      config: { requestDeadlineMs: 1500 },
      httpLimits: impatient, // less time to read an answer
    });
    const [slow, quick] = ["{ userPfxCertificates { nodes { id } } }", "{ __typename }"].map((query) => {
      const body = JSON.stringify({ query });
      return `${head(Buffer.byteLength(body)).replace("\r\n\r\n", "\r\nauthorization: Bearer t\r\n\r\n")}${body}`;
    });
    const socket = connectTo(gateway.url);
    let received = "";
    socket.on("data", (chunk) => {
      received += chunk;
    });

    socket.write(`${slow}${quick}`);

    await vi.waitUntil(() => received.includes('"UPSTREAM_TIMEOUT"'), { timeout: 10_000 });
    await vi.waitFor(() => expect(received).toContain('"__typename":"Query"'), { timeout: 3000 });
    socket.destroy();
  });

  it("include requests whose response is not read, until they are cut off", { timeout: 20_000 }, async () => {
    const config = { maxInflight: 1 };
    await using gateway = await startGateway({ seed: seedRecords(1000), config, httpLimits: impatient });
    const query =
      "{ userPfxCertificates(first: 1000) { nodes { id thumbprint userPrincipalName keyName providerName } } }";
    const aliases = Array.from({ length: 20 }, (_, n) => query.slice(2, -2).replace("userPfx", `l${n}: userPfx`));
    const body = JSON.stringify({ query: `{ ${aliases.join(" ")} }` });
    const socket = connectTo(gateway.url);
    socket.pause();
    socket.write(`${head(Buffer.byteLength(body)).replace("\r\n\r\n", "\r\nauthorization: Bearer t\r\n\r\n")}${body}`);
    await vi.waitUntil(() => gateway.emulator.requests.length >= 20);

    expect((await gateway.send("{ __typename }")).status).toBe(503);
    await vi.waitUntil(async () => (await gateway.send("{ __typename }")).status === 200, {
      timeout: 15_000,
      interval: 100,
    });
    socket.destroy();
  });
});

describe("bodies of concurrent requests", () => {
  const mebibyte = 1024 * 1024;
  const body = (bytes: number) => JSON.stringify({ query: "{ __typename }" }).padEnd(bytes, " ");
  const sendBody = async (gateway: TestGateway, bytes: number) => {
    const headers = { "content-type": "application/json", authorization: "Bearer t" };
    return fetch(gateway.url, { method: "POST", headers, body: body(bytes) });
  };

  /** Requests whose bodies lack their last byte. */
  async function holdBodies(gateway: TestGateway, count: number, bytes: number): Promise<Socket[]> {
    const sockets = Array.from({ length: count }, () => connectTo(gateway.url));
    await Promise.all(
      sockets.map(
        (socket) => new Promise<void>((resolve) => socket.write(head(bytes) + body(bytes - 1), () => resolve())),
      ),
    );
    return sockets;
  }

  it("may take 64 MiB together; further bodies are rejected with 503, OVERLOADED and Retry-After until they end", async () => {
    await using gateway = await startGateway({ config: { maxBodyBytes: 20 * mebibyte } });
    const held = await holdBodies(gateway, 4, 16 * mebibyte);

    await vi.waitUntil(async () => (await sendBody(gateway, 2 * mebibyte)).status === 503, { timeout: 10_000 });
    const refused = await sendBody(gateway, 2 * mebibyte);
    const small = await sendBody(gateway, 10_000);

    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "OVERLOADED" } }] });
    expect(small.status).toBe(200);
    for (const socket of held) socket.destroy();
    await vi.waitFor(async () => expect((await sendBody(gateway, 2 * mebibyte)).status).toBe(200));
  });

  it("may be larger if there is only one", async () => {
    await using gateway = await startGateway({ config: { maxBodyBytes: 80 * mebibyte } });

    expect((await sendBody(gateway, 70 * mebibyte)).status).toBe(200);
  });
});

describe("RATE_LIMIT_PER_MINUTE", () => {
  async function start(rateLimitPerMinute: number) {
    const provider = await startIdentityProvider();
    const config = { authMode: "app", identity: identityAt(provider), rateLimitPerMinute } as const;
    const gateway = await startGateway({ config });
    return {
      gateway,
      as: async (oid: string) => ({ authorization: `Bearer ${await provider.callers.issue({ oid })}` }),
      async [Symbol.asyncDispose]() {
        await gateway[Symbol.asyncDispose]();
        await provider[Symbol.asyncDispose]();
      },
    };
  }
  const adele = "11111111-1111-4111-8111-111111111111";
  const megan = "22222222-2222-4222-8222-222222222222";

  it("rejects one caller's excess requests with 429, RATE_LIMITED and Retry-After, and no other caller's", async () => {
    await using here = await start(3);
    const ask = async (oid: string) => here.gateway.send("{ __typename }", {}, await here.as(oid));
    for (let request = 0; request < 3; request++) expect((await ask(adele)).status).toBe(200);

    const { status, headers, errors } = await ask(adele);

    expect(status).toBe(429);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(50);
    expect(errors?.[0]?.extensions).toEqual({
      code: "RATE_LIMITED",
      retryAfterSeconds: Number(headers.get("retry-after")),
    });
    expect((await ask(megan)).status).toBe(200);
  });

  it("sends no excess request to Graph", async () => {
    await using here = await start(1);
    await here.gateway.send("{ __typename }", {}, await here.as(adele));

    await here.gateway.send(CREATE, { input: anInput() }, await here.as(adele));

    expect(here.gateway.emulator.requests).toHaveLength(0);
  });

  it("limits no caller if it is 0, and no caller with an opaque token", async () => {
    await using here = await start(0);
    await using passthrough = await startGateway({ config: { rateLimitPerMinute: 1 } });

    for (let request = 0; request < 5; request++) {
      expect((await here.gateway.send("{ __typename }", {}, await here.as(adele))).status).toBe(200);
      expect((await passthrough.send("{ __typename }")).status).toBe(200);
    }
  });
});
