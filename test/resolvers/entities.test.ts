import { describe, expect, it } from "vitest";
import { answerStatus } from "../../src/emulator/faults.ts";
import { seedRecords } from "../../src/emulator/seed.ts";
import { startGateway } from "../support/gateway.ts";

const ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on UserPfxCertificate { id } ... on User { pfxCertificates { nodes { id } } } } }`;

describe("_entities", () => {
  it.each([undefined, null, "", "everybody", 5, { toString: "x" }, [["adele@contoso.example"]]])(
    "never lists certificates for a User whose key is %j",
    async (userPrincipalName) => {
      await using gateway = await startGateway({ seed: seedRecords(2) });
      const representations = [{ __typename: "User", userPrincipalName }];

      const { errors, data } = await gateway.send<{ _entities: unknown[] }, object>(ENTITIES, { representations });

      expect(errors?.[0]?.extensions).toMatchObject({
        code: "BAD_USER_INPUT",
        invalid: [{ path: "userPrincipalName" }],
      });
      expect(data?._entities).toEqual([null]);
      expect(gateway.emulator.requests).toHaveLength(0);
    },
  );

  it.each([{}, { __typename: "Query" }, { __typename: "constructor" }, "text", 5, [[]]])(
    "rejects %j, which names no entity",
    async (representation) => {
      await using gateway = await startGateway();

      const { errors } = await gateway.send(ENTITIES, { representations: [representation] });

      expect(errors?.[0]?.extensions).toEqual({
        code: "BAD_USER_INPUT",
        invalid: [{ path: "representations.0.__typename", message: "must be one of User, UserPfxCertificate" }],
      });
    },
  );

  it("accepts at most a thousand representations", async () => {
    await using gateway = await startGateway();
    const entities = (count: number) =>
      Array.from({ length: count }, (_, id) => ({ __typename: "UserPfxCertificate", id: `gone${id}` }));

    const enough = await gateway.send<{ _entities: unknown[] }, object>(ENTITIES, { representations: entities(1000) });
    const { length: asked } = gateway.emulator.requests;
    const { errors } = await gateway.send(ENTITIES, { representations: entities(1001) });

    expect(enough.data?._entities).toEqual(new Array(1000).fill(null));
    expect(errors?.[0]?.extensions).toMatchObject({ code: "BAD_USER_INPUT", invalid: [{ path: "representations" }] });
    expect(gateway.emulator.requests).toHaveLength(asked);
  });

  it("counts the representations of all fields in a request together", async () => {
    await using gateway = await startGateway();
    const QUERY = `query ($some: [_Any!]!) {
      a: _entities(representations: $some) { __typename }
      b: _entities(representations: $some) { __typename }
    }`;
    const some = (count: number) =>
      new Array(count).fill({ __typename: "User", userPrincipalName: "adele@contoso.example" });

    const enough = await gateway.send(QUERY, { some: some(500) });
    const { data, errors } = await gateway.send<{ a: unknown[] }, object>(QUERY, { some: some(501) });

    expect(enough.errors).toBeUndefined();
    expect(data).toBeNull();
    expect(errors?.[0]?.extensions).toEqual({
      code: "BAD_USER_INPUT",
      invalid: [{ path: "representations", message: "must have at most 1000 items" }],
    });
  });

  it("does not treat an unknown path as a missing certificate", async () => {
    const body = {
      error: { code: "BadRequest", message: "Resource not found for the segment 'userPfxCertificates'." },
    };
    await using gateway = await startGateway({
      config: { graphApiVersion: "beta" },
      faults: [answerStatus("GET", /userPfxCertificates\/abc$/, 404, { body })],
    });

    const { errors } = await gateway.send('{ userPfxCertificate(id: "abc") { id } }');

    expect(errors?.[0]?.extensions?.code).toBe("UPSTREAM_MISCONFIGURED");
  });
});
