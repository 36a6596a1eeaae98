import { describe, expect, it } from "vitest";
import { startGateway } from "../support/gateway.ts";

describe("a mutation of doubling fragments", () => {
  it("is answered quickly", { timeout: 5000 }, async () => {
    await using gateway = await startGateway();
    const fragments = Array.from({ length: 60 }, (_, n) => `fragment F${n} on Mutation { ...F${n + 1} ...F${n + 1} }`);
    const document = `mutation { ...F0 } ${fragments.join(" ")} fragment F60 on Mutation { __typename }`;

    const { status } = await gateway.send(document, {}, { authorization: "" });

    expect([200, 400]).toContain(status);
  });

  it("is limited by the maximum depth too", { timeout: 5000 }, async () => {
    await using gateway = await startGateway();
    const fragments = Array.from({ length: 28 }, (_, n) => `fragment F${n} on Mutation { ...F${n + 1} ...F${n + 1} }`);
    const document = `mutation { ...F0 } ${fragments.join(" ")} fragment F28 on Mutation { __typename }`;

    const { status } = await gateway.send(document, {}, { authorization: "" });

    expect([200, 400]).toContain(status);
  });
});
