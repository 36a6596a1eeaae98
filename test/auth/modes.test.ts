import { print } from "graphql";
import {
  CreateUserPfxCertificateDocument as CREATE,
  CreateUserPfxCertificatesDocument as CREATE_MANY,
  DeleteUserPfxCertificateDocument as DELETE,
  UserPfxCertificatesDocument as LIST,
  UpdateUserPfxCertificateDocument as UPDATE,
} from "intune-pfx-client/operations";
import { describe, expect, it, vi } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import type { Credential } from "../../src/config/identity.ts";
import { answerStatus, challengeClaims } from "../../src/emulator/faults.ts";
import { seedRecords } from "../../src/emulator/seed.ts";
import { buildSchema } from "../../src/server/graphql/build-schema.ts";
import { type GatewayOptions, startGateway } from "../support/gateway.ts";
import { identityAt } from "../support/identity.ts";
import { callerObjectId, defaultChallengeClaims, startIdentityProvider } from "../support/identity-provider.ts";
import { anInput, thumbprintOf } from "../support/input.ts";
import { serveManagedIdentity } from "../support/managed-identity.ts";

const collection = "/userPfxCertificates";

async function start(
  authMode: "obo" | "app",
  { credential, ...options }: GatewayOptions & { credential?: Credential } = {},
) {
  const provider = await startIdentityProvider();
  const identity = identityAt(provider, credential);
  const gateway = await startGateway({ ...options, config: { authMode, identity, ...options.config } });
  return {
    provider,
    gateway,
    audit: () => gateway.log.filter(({ msg }) => msg === "audit"),
    bearers: () => gateway.emulator.requests.map(({ headers }) => headers.authorization),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

const as = (token: string) => ({ authorization: `Bearer ${token}` });

describe.each(["obo", "app"] as const)("AUTH_MODE=%s", (mode) => {
  it("creates with a token that the gateway acquired, never with the caller's token", async () => {
    await using here = await start(mode);
    const caller = await here.provider.callers.issue();

    const { data, errors } = await here.gateway.send(CREATE, { input: anInput() }, as(caller));

    expect(errors).toBeUndefined();
    expect(data?.createUserPfxCertificate.id).toBe(here.gateway.emulator.records[0]?.id);
    expect(here.bearers()).toEqual([`Bearer ${here.provider.token.requests[0]?.accessToken}`]);
    expect(here.provider.token.requests).toMatchObject([
      {
        grant: mode === "obo" ? "on_behalf_of" : "client_credentials",
        tenantId: here.provider.tenantId,
        capabilities: ["cp1"],
        form: { scope: expect.stringContaining("https://graph.microsoft.com/.default") },
      },
    ]);
    expect(here.provider.token.requests[0]?.form.assertion).toBe(mode === "obo" ? caller : undefined);
  });

  it.each(["{ __typename }", "{ __schema { queryType { name } } }", "{ _service { sdl } }", "{ broken"])(
    "executes %s only for a verified caller, otherwise answers HTTP 401",
    async (query) => {
      await using here = await start(mode);

      for (const authorization of ["", "Bearer nonsense", "Basic dXNlcjpwYXNz"]) {
        const { status, headers, errors, data } = await here.gateway.send(query, {}, { authorization });
        expect(status).toBe(401);
        expect(headers.get("www-authenticate")).toMatch(/^Bearer/);
        expect(errors?.[0]?.extensions).toEqual({ code: "UNAUTHENTICATED" });
        expect(data).toBeUndefined();
      }
      expect(here.gateway.emulator.requests).toHaveLength(0);
      expect(here.provider.token.requests).toHaveLength(0);
    },
  );

  it("allows a read-only caller to read but not to write", async () => {
    await using here = await start(mode);
    const reader = await here.provider.callers.issue({ scp: "Pfx.Read User.Read" });

    const read = await here.gateway.send(LIST, {}, as(reader));
    const written = await here.gateway.send(CREATE, { input: anInput() }, as(reader));

    expect(read.errors).toBeUndefined();
    expect(written.status).toBe(403);
    expect(written.errors?.[0]?.extensions).toEqual({ code: "FORBIDDEN" });
    expect(here.gateway.emulator.records).toHaveLength(0);
  });

  it("writes an audit line for every rejected write of a read-only caller", async () => {
    await using here = await start(mode);
    const reader = as(await here.provider.callers.issue({ scp: "Pfx.Read" }));
    const forbidden = [
      [CREATE, { input: anInput() }, "create"],
      [CREATE_MANY, { inputs: [anInput()] }, "create"],
      [UPDATE, { id: "0123-4567", changes: { keyName: "Key" } }, "update"],
      [DELETE, { deletedId: "0123-4567" }, "delete"],
    ] as const;
    const mutations = Object.keys(buildSchema().schema.getMutationType()?.getFields() ?? {});
    expect(forbidden, "every mutation is tried").toHaveLength(mutations.length);

    for (const [document, variables] of [...forbidden, ...forbidden]) {
      expect((await here.gateway.send<unknown, unknown>(print(document), variables, reader)).status).toBe(403);
    }

    const who = { mode, tenantId: here.provider.tenantId, objectId: callerObjectId, outcome: "FORBIDDEN" };
    const operations = forbidden.map(([, , operation]) => ({ ...who, operation }));
    expect(here.audit()).toMatchObject([...operations, ...operations]);
    expect(here.gateway.emulator.requests).toHaveLength(0);
  });

  it("writes an audit line for each item of a plural create without a token", async () => {
    await using here = await start(mode);
    here.provider.faults.fail("token", { status: 503 }, "always");
    const inputs = [1, 2].map((number) => anInput({ thumbprint: thumbprintOf(number) }));

    const { errors } = await here.gateway.send(CREATE_MANY, { inputs }, as(await here.provider.callers.issue()));

    expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: "UPSTREAM_UNAVAILABLE" }]);
    expect(here.audit()).toMatchObject(
      inputs.map(({ thumbprint }) => ({ operation: "create", thumbprint, outcome: "UPSTREAM_UNAVAILABLE" })),
    );
  });

  it.each(["User.Read", "Pfx.ReadWriteAll", "Pfx.ReadWrite.All", "xPfx.Read", "pfx.readwrite"])(
    "answers a token whose scope is %s with HTTP 403",
    async (scp) => {
      await using here = await start(mode);

      const { status, errors } = await here.gateway.send(
        "{ __typename }",
        {},
        as(await here.provider.callers.issue({ scp })),
      );

      expect(status).toBe(403);
      expect(errors?.[0]?.extensions).toEqual({ code: "FORBIDDEN" });
    },
  );

  it.each([{ status: 503 }, { status: 429 }, { instead: "cut" as const }])(
    "asks once more for the keys after %o",
    async (fault) => {
      await using here = await start(mode);
      here.provider.faults.fail("jwks", fault);

      const { errors } = await here.gateway.send("{ __typename }", {}, as(await here.provider.callers.issue()));

      expect(errors).toBeUndefined();
      expect(here.provider.count("jwks")).toBe(2);
    },
  );

  it("answers 503, not 401, if a key cannot be fetched", async () => {
    await using here = await start(mode);
    here.provider.faults.fail("jwks", {}, "always");

    const { status, headers, errors } = await here.gateway.send(
      "{ __typename }",
      {},
      as(await here.provider.callers.issue()),
    );

    expect(status).toBe(503);
    expect(headers.get("retry-after")).toBe("5");
    expect(errors?.[0]?.extensions).toEqual({ code: "UPSTREAM_UNAVAILABLE", retryAfterSeconds: 5 });
  });

  it("acquires one token for many requests of a caller, and one for fifty concurrent first requests", async () => {
    await using here = await start(mode);
    const caller = as(await here.provider.callers.issue());

    const answers = await Promise.all(Array.from({ length: 50 }, () => here.gateway.send(LIST, {}, caller)));
    await here.gateway.send(LIST, {}, caller);

    expect(answers.every(({ errors }) => errors === undefined)).toBe(true);
    expect(here.provider.token.requests).toHaveLength(1);
  });

  it("replaces a token that Graph rejects, once", async () => {
    await using here = await start(mode, { faults: [answerStatus("POST", collection, 401)] });
    const caller = as(await here.provider.callers.issue());

    const { errors } = await here.gateway.send(CREATE, { input: anInput() }, caller);

    expect(errors).toBeUndefined();
    expect(new Set(here.bearers()).size).toBe(2);
    expect(here.gateway.emulator.records).toHaveLength(1);
  });

  it("gives up if Graph rejects the fresh token too", async () => {
    await using here = await start(mode, { faults: [answerStatus("POST", collection, 401, { times: Infinity })] });

    const { errors } = await here.gateway.send(CREATE, { input: anInput() }, as(await here.provider.callers.issue()));

    expect(errors?.[0]?.extensions?.code).toBe(mode === "obo" ? "UNAUTHENTICATED" : "UPSTREAM_MISCONFIGURED");
    expect(here.gateway.emulator.requests).toHaveLength(2);
  });

  it("requests a token with the claims that Graph requires", async () => {
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}';
    await using here = await start(mode, { faults: [challengeClaims("POST", collection, claims)] });

    const { errors } = await here.gateway.send(CREATE, { input: anInput() }, as(await here.provider.callers.issue()));

    expect(errors).toBeUndefined();
    expect(here.provider.token.requests).toHaveLength(2);
    expect(here.provider.token.requests[1]?.claims).toMatchObject(JSON.parse(claims));
  });

  it("renews one token for all items of a plural create", async () => {
    await using here = await start(mode, { faults: [answerStatus("POST", "/$batch", 401)] });
    const inputs = [1, 2, 3].map((number) => anInput({ thumbprint: thumbprintOf(number) }));

    const { data } = await here.gateway.send(CREATE_MANY, { inputs }, as(await here.provider.callers.issue()));

    expect(data?.createUserPfxCertificates).toMatchObject({ createdCount: 3 });
    expect(here.provider.token.requests).toHaveLength(2);
  });

  it("renews one token for all entities of a router, in however many batches", async () => {
    await using here = await start(mode, {
      seed: seedRecords(50),
      faults: [answerStatus("POST", "/$batch", 401, { times: 3 })],
    });
    const representations = here.gateway.emulator.records.map(({ id }) => ({ __typename: "UserPfxCertificate", id }));

    const { data, errors } = await here.gateway.send<{ _entities: unknown[] }, object>(
      "query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }",
      { representations },
      as(await here.provider.callers.issue()),
    );

    expect(errors).toBeUndefined();
    expect(data?._entities).toEqual(Array(50).fill({ __typename: "UserPfxCertificate" }));
    expect(here.provider.token.requests).toHaveLength(2);
  });

  it.each([
    ["UPSTREAM_MISCONFIGURED", { error: "invalid_client", code: 7000215, claims: null }],
    ["UPSTREAM_UNAVAILABLE", { error: "temporarily_unavailable", code: 90033, claims: null, status: 503 }],
  ])("answers %s if the identity provider rejects the gateway", async (code, challenge) => {
    await using here = await start(mode);
    here.provider.token.challenges.push(challenge, challenge, challenge);

    const { errors, text } = await here.gateway.send(LIST, {}, as(await here.provider.callers.issue()));

    expect(errors?.[0]?.extensions).toEqual({ code });
    expect(text).not.toMatch(/AADSTS|trace|127\.0\.0\.1/i);
    expect(here.gateway.emulator.requests).toHaveLength(0);
  });

  it("stops waiting for a hung identity provider at the request's deadline", async () => {
    await using here = await start(mode, { config: { requestDeadlineMs: 400 } });
    here.provider.faults.fail("token", { instead: "hang" });

    const { errors } = await here.gateway.send(LIST, {}, as(await here.provider.callers.issue()));

    expect(errors?.[0]?.extensions).toEqual({ code: "UPSTREAM_TIMEOUT" });
  });

  it("stops waiting for the identity provider's keys at the caller's deadline", async () => {
    await using here = await start(mode);
    here.provider.faults.fail("jwks", { instead: "hang" });

    const headers = { ...as(await here.provider.callers.issue()), "x-request-timeout-ms": "300" };
    const { status, errors } = await here.gateway.send(LIST, {}, headers);

    expect(status).toBe(503);
    expect(errors?.[0]?.extensions?.code).toBe("UPSTREAM_TIMEOUT");
  });

  it.each(["secret", "certificate", "federated"] as const)("authenticates itself with %s", async (kind) => {
    await using provider = await startIdentityProvider();
    const variables = {
      secret: { AZURE_CLIENT_SECRET: provider.clientSecret },
      certificate: { AZURE_CLIENT_CERTIFICATE_PATH: (await provider.credentials.clientCertificate()).path },
      federated: { AZURE_FEDERATED_TOKEN_FILE: await provider.credentials.federatedTokenFile() },
    };
    const who = { AUTH_MODE: mode, AZURE_TENANT_ID: provider.tenantId, AZURE_CLIENT_ID: provider.clientId };
    const credential = readConfig({ ...who, ...variables[kind] }).identity?.credential;
    await using gateway = await startGateway({
      config: { authMode: mode, identity: identityAt(provider, credential) },
    });

    const { errors } = await gateway.send(LIST, {}, as(await provider.callers.issue()));

    expect(errors).toBeUndefined();
    expect(provider.token.requests[0]?.authentication).toBe(kind);
  });

  it("writes an audit line with the verified caller for each write", async () => {
    await using here = await start(mode, { faults: [answerStatus("POST", collection, 403, { skip: 1 })] });
    const caller = as(await here.provider.callers.issue());

    await here.gateway.send(CREATE, { input: anInput() }, caller);
    await here.gateway.send(CREATE, { input: anInput({ thumbprint: thumbprintOf(2) }) }, caller);

    const who = { operation: "create", mode, tenantId: here.provider.tenantId, objectId: callerObjectId };
    expect(here.audit()).toMatchObject([
      {
        ...who,
        outcome: "success",
        certificateId: here.gateway.emulator.records[0]?.id,
        thumbprint: anInput().thumbprint,
      },
      { ...who, outcome: "FORBIDDEN", thumbprint: thumbprintOf(2) },
    ]);
    for (const line of here.audit()) {
      expect(line).toMatchObject({
        clientRequestId: expect.any(String),
        requestId: expect.any(String),
        time: expect.any(String),
      });
      expect(JSON.stringify(line)).not.toContain(anInput().userPrincipalName);
      expect(line.userPrincipalNameSha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});

describe("AUTH_MODE=obo", () => {
  it("rejects an application's own token", async () => {
    await using here = await start("obo");

    const { status } = await here.gateway.send(LIST, {}, as(await here.provider.callers.issueApp()));

    expect(status).toBe(403);
    expect(here.provider.token.requests).toHaveLength(0);
  });

  it("passes a claims challenge of the token endpoint to the caller, well-formed and once", async () => {
    await using here = await start("obo");
    here.provider.token.challenges.push({});

    const { status, headers, errors } = await here.gateway.send(LIST, {}, as(await here.provider.callers.issue()));

    const claims = Buffer.from(defaultChallengeClaims).toString("base64");
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toBe(`Bearer error="insufficient_claims", claims="${claims}"`);
    expect(errors?.[0]?.extensions).toEqual({ code: "CLAIMS_CHALLENGE", claims });
  });

  it("answers a whole plural create with the token endpoint's challenge, even with an invalid input beside it", async () => {
    await using here = await start("obo");
    here.provider.token.challenges.push({});
    const inputs = [anInput(), anInput({ thumbprint: "none" })];

    const { status, errors } = await here.gateway.send(
      CREATE_MANY,
      { inputs },
      as(await here.provider.callers.issue()),
    );

    expect(status).toBe(401);
    expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(["CLAIMS_CHALLENGE"]);
    expect(here.audit()).toMatchObject([{ operation: "create", outcome: "CLAIMS_CHALLENGE" }]);
  });

  it("frees the slot of a caller who leaves before the token is verified", async () => {
    await using here = await start("obo", { config: { maxInflight: 1 } });
    here.provider.faults.fail("jwks", { delayMs: 300, status: 200, body: { keys: here.provider.keys.published } });
    const headers = { ...as(await here.provider.callers.issue()), "content-type": "application/json" };
    const gone = new AbortController();
    const asking = fetch(here.gateway.url, {
      method: "POST",
      headers,
      body: '{"query":"{__typename}"}',
      signal: gone.signal,
    });
    await vi.waitUntil(() => here.provider.count("jwks") > 0);
    gone.abort();
    await expect(asking).rejects.toThrow();

    await vi.waitFor(
      async () => expect((await here.gateway.send("{ __typename }", {}, headers)).status).toBe(200),
      5000,
    );
  });

  it("answers a whole plural create with Graph's challenge, even with an invalid input beside it", async () => {
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    await using gateway = await startGateway({ faults: [challengeClaims("POST", collection, claims, { times: 9 })] });

    const inputs = [anInput(), anInput({ thumbprint: "none" })];
    const { status, headers, errors } = await gateway.send(CREATE_MANY, { inputs });

    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toContain(Buffer.from(claims).toString("base64"));
    expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(["CLAIMS_CHALLENGE"]);
  });

  it("uses no write quota for a caller without a token", async () => {
    await using gateway = await startGateway({ config: { graphWritesPer20s: 1 } });
    const [id, input] = ["0123-4567", anInput()];
    const nobody = { authorization: "" };

    const refused = [
      await gateway.send(CREATE, { input }, nobody),
      await gateway.send(UPDATE, { id, changes: { keyName: "Key" } }, nobody),
      await gateway.send(DELETE, { deletedId: id }, nobody),
    ];
    const { errors } = await gateway.send(CREATE, { input });

    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(errors).toBeUndefined();
    expect(gateway.clock.skippedMs).toBe(0);
  });

  it("reports the claims for the challenged item of a plural create beside a created item", async () => {
    const claims = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
    await using gateway = await startGateway({ faults: [challengeClaims("POST", collection, claims)] });
    const inputs = [anInput(), anInput({ thumbprint: thumbprintOf(2) })];

    const { data, errors } = await gateway.send(CREATE_MANY, { inputs });

    expect(errors).toBeUndefined();
    expect(data?.createUserPfxCertificates).toMatchObject({
      createdCount: 1,
      results: [
        { code: "CLAIMS_CHALLENGE", claims: Buffer.from(claims).toString("base64") },
        { __typename: "UserPfxCertificate" },
      ],
    });
  });

  it.each(['"x"\r\nset-cookie: a=b', "not json", '{"a":"\\r\\nx: y"}'])(
    "writes the claims %j into a header only as base64",
    async (claims) => {
      await using here = await start("obo");
      here.provider.token.challenges.push({ claims });

      const { headers } = await here.gateway.send(LIST, {}, as(await here.provider.callers.issue()));

      expect(headers.get("set-cookie")).toBeNull();
      expect(headers.get("x")).toBeNull();
      expect(headers.get("www-authenticate")).toMatch(
        /^Bearer(?: error="insufficient_claims", claims="[A-Za-z0-9+/=]+")?$/,
      );
    },
  );

  it("never mixes two callers in 200 interleaved requests", async () => {
    await using here = await start("obo");
    const tokens = await Promise.all(["a", "b"].map((name) => here.provider.callers.issue({ sub: name })));

    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        here.gateway.send(
          CREATE,
          {
            input: anInput({
              thumbprint: thumbprintOf(index),
              userPrincipalName: `caller${index % 2}@contoso.example`,
            }),
          },
          as(tokens[index % 2] ?? ""),
        ),
      ),
    );

    const issued = new Map(here.provider.token.requests.map(({ form, accessToken }) => [accessToken, form.assertion]));
    const posts = here.gateway.emulator.requests.filter(({ method, status }) => method === "POST" && status === 201);
    expect(posts.length).toBeGreaterThan(90);
    for (const { headers, body } of posts) {
      const assertion = issued.get(String(headers.authorization).replace("Bearer ", ""));
      expect(body).toMatchObject({ userPrincipalName: `caller${tokens.indexOf(assertion ?? "")}@contoso.example` });
    }
    expect(here.provider.token.requests).toHaveLength(2);
  });
});

describe("AUTH_MODE=app", () => {
  it("serves applications by role", async () => {
    await using here = await start("app");
    const writer = as(await here.provider.callers.issueApp({ roles: ["Pfx.ReadWrite.All"] }));
    const reader = as(await here.provider.callers.issueApp({ roles: ["Pfx.Read.All"] }));

    const written = await here.gateway.send(CREATE, { input: anInput() }, writer);
    const read = await here.gateway.send(LIST, {}, reader);
    const refused = await here.gateway.send(CREATE, { input: anInput() }, reader);

    expect(written.errors).toBeUndefined();
    expect(read.errors).toBeUndefined();
    expect(refused.status).toBe(403);
  });

  it("accepts neither a scope as a role nor a role as a scope", async () => {
    await using here = await start("app");
    const { callers } = here.provider;

    const app = await here.gateway.send("{ __typename }", {}, as(await callers.issueApp({ roles: ["Pfx.ReadWrite"] })));
    const user = await here.gateway.send("{ __typename }", {}, as(await callers.issue({ scp: "Pfx.ReadWrite.All" })));

    expect([app.status, user.status]).toEqual([403, 403]);
  });
});

describe("ROUTER_SECRET", () => {
  it("rejects every request without the secret", async () => {
    await using gateway = await startGateway({ config: { routerSecret: "router's own" } });

    for (const secret of [undefined, "", "router's", "router's own!"]) {
      const headers = secret === undefined ? {} : { "router-authorization": secret };
      const { status, errors } = await gateway.send("{ __typename }", {}, headers);
      expect(status).toBe(401);
      expect(errors?.[0]?.extensions).toEqual({ code: "UNAUTHENTICATED" });
    }
    const { status } = await gateway.send("{ __typename }", {}, { "router-authorization": "router's own" });
    expect(status).toBe(200);
  });
});

describe("a managed identity", () => {
  it("serves app mode through the machine's metadata service", async () => {
    await using provider = await startIdentityProvider();
    using _ = serveManagedIdentity(provider);
    const identity = identityAt(provider, { kind: "managedIdentity" });
    await using gateway = await startGateway({ config: { authMode: "app", identity } });

    const { errors } = await gateway.send(LIST, {}, as(await provider.callers.issue()));

    expect(errors).toBeUndefined();
    expect(provider.count("imds")).toBe(1);
    expect(provider.token.requests).toHaveLength(0);
  });
});
