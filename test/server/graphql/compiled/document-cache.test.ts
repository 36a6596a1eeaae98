/** Which parsed documents stay in memory, and how many. */
import { parse } from "graphql";
import { describe, expect, it, vi } from "vitest";
import { DocumentCache } from "../../../../src/server/graphql/compiled/document-cache.ts";
import { startGateway } from "../../../support/gateway.ts";

const keeps = async (text: string, keepsTexts = false) => {
  const store = new DocumentCache({ keepsTexts });
  await store.set("key", parse(text));
  return (await store.get("key")) !== undefined;
};

describe("the document store", () => {
  it.each([
    "query ($id: ID!) { userPfxCertificate(id: $id) { id } }",
    "{ userPfxCertificates(first: 10, filter: { intendedPurpose: VPN }) { nodes { id } } }",
    'query ($after: String = "") { userPfxCertificates(after: $after) { nodes { id } } }',
    "{ __typename @include(if: true) }",
  ])("keeps a document without a caller's text: %s", async (text) => {
    expect(await keeps(text)).toBe(true);
  });

  it.each([
    'mutation { deleteUserPfxCertificate(id: "secret") }',
    'mutation { deleteUserPfxCertificate(id: """secret""") }',
    'query ($id: ID = "secret") { userPfxCertificate(id: $id) { id } }',
    'query ($v: [_Any!]!) { a: _entities(representations: [{ id: ["secret"] }]) { __typename } }',
    "{ __typename } # secret",
  ])("keeps no document with a caller's text: %s", async (text) => {
    expect(await keeps(text)).toBe(false);
    expect(await keeps(text, true)).toBe(true); // the operator's own
  });

  it("holds a limited number of tokens and evicts the least recently used documents", async () => {
    const store = new DocumentCache({ keepsTexts: false });
    const documentOf = (n: number) => parse(`{ ${Array.from({ length: 990 }, (_, m) => `f${n}_${m}`).join(" ")} }`);
    for (let n = 0; n < 100; n++) await store.set(`${n}`, documentOf(n));
    const full = store.size;
    await store.get("0");
    for (let n = 100; n < 150; n++) await store.set(`${n}`, documentOf(n));

    expect(full).toBeGreaterThan(90);
    expect(store.size).toBe(full);
    expect(await store.get("0")).toBeDefined();
    expect(await store.get("1")).toBeUndefined();
    expect(await store.get("149")).toBeDefined();
  });

  it("forgets a deleted document", async () => {
    const store = new DocumentCache({ keepsTexts: false });
    await store.set("a", parse("{ __typename }"));

    expect(await store.delete("a")).toBe(true);
    expect(await store.delete("a")).toBe(false);
    expect(store.size).toBe(0);
  });

  it("saves the parsing of a second request with the same text", async () => {
    const set = vi.spyOn(DocumentCache.prototype, "set");
    await using gateway = await startGateway();

    const answers = [];
    for (let n = 0; n < 3; n++) answers.push(await gateway.send("query Thrice { __typename }"));
    const stored = set.mock.calls.length;
    set.mockRestore();

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(stored).toBe(1);
  });
});
