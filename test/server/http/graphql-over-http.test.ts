import { serverAudits } from "graphql-http";
import { describe, expect, it } from "vitest";
import { startGateway } from "../../support/gateway.ts";

/** Recommendations not followed, by the audit's id. Of requirements there can be none here. */
const notFollowed = new Map([
  // A GET without a preflight header is refused, against cross-site request forgery.
  ["5A70", "notice"],
  ["D6D5", "notice"],
  ["6A70", "notice"],
]);

let url = "";

describe("the server under the GraphQL-over-HTTP audits", () => {
  it("runs all audits", () => {
    expect(serverAudits({ url }).length).toBeGreaterThan(50);
  });

  for (const { id, name, fn } of serverAudits({ url: () => url })) {
    it(`${name} (${id})`, async () => {
      await using gateway = await startGateway();
      url = gateway.url;

      const result = await fn();

      const reason = "reason" in result ? result.reason : undefined;
      expect(result.status, reason).not.toBe("error");
      expect(result.status, reason).toBe(notFollowed.get(id) ?? "ok");
    });
  }
});
