/** Callers and tenants that share one gateway: trouble of one is not the trouble of another. */
import {
  CreateUserPfxCertificateDocument as CREATE,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { type GatewayOptions, startGateway, type TestGateway } from "../../../support/gateway.ts";
import { type GraphFront, startGraphFront } from "../../../support/graph-front.ts";
import { identityAt } from "../../../support/identity.ts";
import { defaultTenantId, startIdentityProvider } from "../../../support/identity-provider.ts";
import { anInput, thumbprintOf } from "../../../support/input.ts";

type Answer = Parameters<typeof startGraphFront>[1];

/** A gateway whose Graph answers as told. */
async function startBehind(answer: Answer, options: GatewayOptions = {}) {
  let front: GraphFront | undefined;
  const gateway = await startGateway({
    ...options,
    through: async (emulatorUrl) => {
      front = await startGraphFront(emulatorUrl, answer);
      return front;
    },
  });
  return {
    gateway,
    bearers: () => front?.bearers ?? [],
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await front?.[Symbol.asyncDispose]();
    },
  };
}

const list = (gateway: TestGateway, token: string) =>
  gateway.send(LIST, { first: 1 }, { authorization: `Bearer ${token}` });
const codeOf = ({ errors }: Pick<Awaited<ReturnType<typeof list>>, "errors">) => errors?.[0]?.extensions?.code;
const isOpen = async (gateway: TestGateway) => /^graph_circuit_breaker_open 1$/m.test(await gateway.metrics());

describe("a circuit in passthrough", () => {
  it("opens for the one caller for whom Graph fails, and for no other", async () => {
    await using here = await startBehind((bearer) => (bearer === "unlucky" ? { status: 500 } : undefined));
    for (let request = 0; request < 8; request++) await list(here.gateway, "unlucky");
    const sent = here.bearers().length;

    expect(codeOf(await list(here.gateway, "unlucky"))).toBe("UPSTREAM_UNAVAILABLE");
    expect(here.bearers()).toHaveLength(sent); // this caller's is open
    for (const other of ["one", "other"]) expect(codeOf(await list(here.gateway, other))).toBeUndefined();
  });

  it("opens for no caller for whom Graph works, however many others fail", async () => {
    const unlucky = Array.from({ length: 12 }, (_, index) => `unlucky-${index}`);
    await using here = await startBehind((bearer) => (bearer.startsWith("unlucky") ? { status: 500 } : undefined));
    await list(here.gateway, "unlucky-0"); // from here on, the gateway takes note of callers
    expect(codeOf(await list(here.gateway, "lucky"))).toBeUndefined();
    for (const token of unlucky) await list(here.gateway, token);

    for (let request = 0; request < 5; request++) {
      expect(codeOf(await list(here.gateway, "unlucky-0"))).toBe("UPSTREAM_UNAVAILABLE");
      expect(codeOf(await list(here.gateway, "lucky"))).toBeUndefined();
    }
  });

  it("opens for all if Graph fails for most of the callers, and a probe closes it", async () => {
    let isDown = true;
    await using here = await startBehind(() => (isDown ? { status: 503 } : undefined), { config: { metricsPort: 0 } });
    for (let caller = 0; caller < 12; caller++) await list(here.gateway, `caller-${caller}`);
    const sent = here.bearers().length;

    expect(codeOf(await list(here.gateway, "newcomer"))).toBe("UPSTREAM_UNAVAILABLE");
    expect(here.bearers()).toHaveLength(sent);
    expect(sent).toBeLessThan(25);
    expect(await isOpen(here.gateway)).toBe(true);

    isDown = false;
    await new Promise((resolve) => setTimeout(resolve, 5050)); // the circuit's own clock is the real one
    expect(codeOf(await list(here.gateway, "newcomer"))).toBeUndefined();
    for (const caller of ["caller-1", "another"]) expect(codeOf(await list(here.gateway, caller))).toBeUndefined();
    expect(await isOpen(here.gateway)).toBe(false);
  });

  it("is not closed to a newcomer by callers that keep failing and take the probes", async () => {
    await using here = await startBehind((bearer) => (bearer.startsWith("unlucky") ? { status: 500 } : undefined));
    for (let request = 0; request < 8; request++) {
      for (const token of ["unlucky-1", "unlucky-2"]) await list(here.gateway, token);
    }
    expect(codeOf(await list(here.gateway, "newcomer"))).toBe("UPSTREAM_UNAVAILABLE");
    await new Promise((resolve) => setTimeout(resolve, 5050));
    for (const token of ["unlucky-1", "unlucky-2"]) await list(here.gateway, token);

    expect(codeOf(await list(here.gateway, "newcomer"))).toBeUndefined();
  });
});

const otherTenantId = "7e4a4700-0000-4000-8000-0000000000b2";

/** A gateway in `obo` for two tenants, before a Graph that answers as told to the tenant of a token. */
async function startForTwoTenants(
  answer: (tenantId: string | undefined, path: string) => ReturnType<Answer>,
  options: GatewayOptions = {},
) {
  const provider = await startIdentityProvider();
  const identity = { ...identityAt(provider), allowedTenants: [defaultTenantId, otherTenantId] };
  const tenantOf = (bearer: string) =>
    provider.token.requests.find(({ accessToken }) => accessToken === bearer)?.tenantId;
  const here = await startBehind((bearer, path) => answer(tenantOf(bearer), path), {
    ...options,
    config: { authMode: "obo", identity, ...options.config },
  });
  const tokens = {
    one: await provider.callers.issue({ tid: defaultTenantId }),
    other: await provider.callers.issue({ tid: otherTenantId }),
  };
  return {
    ...here,
    tokens,
    async [Symbol.asyncDispose]() {
      await here[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

const create = (gateway: TestGateway, token: string, number: number) =>
  gateway.send(
    CREATE,
    { input: anInput({ thumbprint: thumbprintOf(number) }) },
    { authorization: `Bearer ${token}`, "x-request-timeout-ms": "5000" },
  );

describe("two tenants in obo", () => {
  it("have a circuit each", async () => {
    await using here = await startForTwoTenants((tenantId) =>
      tenantId === otherTenantId ? { status: 500 } : undefined,
    );
    const { gateway, tokens } = here;
    for (let request = 0; request < 8; request++) await list(gateway, tokens.other);
    const sent = here.bearers().length;

    expect(codeOf(await list(gateway, tokens.other))).toBe("UPSTREAM_UNAVAILABLE");
    expect(here.bearers()).toHaveLength(sent);
    expect(codeOf(await list(gateway, tokens.one))).toBeUndefined();
  });

  it("have a write quota each, and the metric shows the lower rest", async () => {
    await using here = await startForTwoTenants(() => undefined, { config: { graphWritesPer20s: 2, metricsPort: 0 } });
    const { gateway, tokens } = here;

    const codes = [];
    for (const number of [1, 2, 3]) codes.push(codeOf(await create(gateway, tokens.one, number)));
    expect(codes).toEqual([undefined, undefined, "THROTTLED"]);
    expect(await gateway.metrics()).toMatch(/^graph_write_quota_remaining 0$/m);
    expect(codeOf(await create(gateway, tokens.other, 4))).toBeUndefined();
  });

  it("have a version of Graph each", async () => {
    const body = {
      error: { code: "BadRequest", message: "Resource not found for the segment 'userPfxCertificates'." },
    };
    const paths: string[] = [];
    await using here = await startForTwoTenants((tenantId, path) => {
      paths.push(path.split("/")[1] ?? "");
      return tenantId === otherTenantId && path.startsWith("/v1.0/") ? { status: 400, body } : undefined;
    });
    const { gateway, tokens } = here;
    for (const token of [tokens.other, tokens.one, tokens.other])
      expect(codeOf(await list(gateway, token))).toBeUndefined();

    expect(paths).toEqual(["v1.0", "beta", "v1.0", "beta"]);
    expect(gateway.log.filter(({ msg }) => String(msg).includes("using beta"))).toMatchObject([
      { tenantId: otherTenantId },
    ]);
  });

  it("have a budget of retries each", async () => {
    let asked = 0;
    await using here = await startForTwoTenants((tenantId) => {
      if (tenantId !== otherTenantId) return undefined;
      asked += 1;
      return asked % 4 === 0 ? undefined : { status: 503 }; // so that the circuit stays closed
    });
    const { gateway, tokens } = here;
    for (let request = 0; request < 40; request++) await list(gateway, tokens.other);
    const sent = here.bearers().length;
    gateway.emulator.faults.add({ method: "GET", action: { kind: "status", status: 503 } });

    expect(codeOf(await list(gateway, tokens.one))).toBeUndefined();
    expect(here.bearers()).toHaveLength(sent + 2);
  });
});
