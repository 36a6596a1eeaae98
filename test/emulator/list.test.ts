import { describe, expect, it } from "vitest";
import { seedRecords } from "../../src/emulator/seed.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { aCertificate, collection, filtered, rowsOf, send } from "./graph.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, index) => aCertificate(index + 1));

describe("listing", () => {
  it("returns all certificates redacted, in insertion order", async () => {
    await using emulator = await startEmulator({ seed: numbered(3) });

    const answer = await send(emulator, "GET", collection);

    expect(answer.json["@odata.context"]).toBe(`${emulator.url}/v1.0/$metadata#deviceManagement/userPfxCertificates`);
    expect(rowsOf(answer).map((record) => record.thumbprint)).toEqual(numbered(3).map((record) => record.thumbprint));
    expect(rowsOf(answer).map((record) => [record.encryptedPfxBlob, record.encryptedPfxPassword])).toEqual(
      Array(3).fill(["AA==", ""]),
    );
    expect(answer.json).not.toHaveProperty("@odata.nextLink");
    expect(answer.json).not.toHaveProperty("@odata.count");
  });

  it("counts on request, in the response and as plain text", async () => {
    await using emulator = await startEmulator({ seed: numbered(5), pageSize: 2 });
    const filter = `$filter=${encodeURIComponent("userPrincipalName eq 'user4@contoso.example'")}`;

    const list = await send(emulator, "GET", `${collection}?$count=true`);
    const plain = await send(emulator, "GET", `${collection}/$count`);
    const some = await send(emulator, "GET", `${collection}/$count?${filter}`);

    expect(list.json["@odata.count"]).toBe(5);
    expect([plain.text, plain.headers["content-type"], some.text]).toEqual(["5", "text/plain", "1"]);
  });

  it("selects properties and rejects unknown ones", async () => {
    await using emulator = await startEmulator({ seed: numbered(1) });

    const answer = await send(emulator, "GET", `${collection}?$select=id,thumbprint`);
    const wrong = await send(emulator, "GET", `${collection}?$select=id,colour`);

    expect(rowsOf(answer).map((record) => Object.keys(record))).toEqual([["id", "thumbprint"]]);
    expect(wrong.status).toBe(400);
  });

  it.each(["$top=-1", "$top=x", "$skip=1.5", "$count=yes", "$skiptoken=nonsense", "$unknown=1"])(
    "rejects %s with 400",
    async (query) => {
      await using emulator = await startEmulator();

      expect((await send(emulator, "GET", `${collection}?${query}`)).status).toBe(400);
    },
  );

  it("ignores configured options", async () => {
    await using emulator = await startEmulator({ seed: numbered(3), ignoredQueryOptions: ["$top", "$select"] });

    const answer = await send(emulator, "GET", `${collection}?$top=1&$select=id`);

    expect(rowsOf(answer)).toHaveLength(3);
    expect(rowsOf(answer)[0]).toHaveProperty("thumbprint");
  });
});

describe("paging", () => {
  async function pagesFrom(emulator: { url: string }, path: string, between?: (page: number) => Promise<void>) {
    const thumbprints: unknown[] = [];
    const links: string[] = [];
    for (let next = `${emulator.url}${path}`; next !== ""; ) {
      const page = await send({ url: "" }, "GET", next);
      thumbprints.push(...rowsOf(page).map((record) => record.thumbprint));
      const link = page.json["@odata.nextLink"];
      next = typeof link === "string" ? link : "";
      if (next !== "") links.push(next);
      await between?.(links.length);
    }
    return { thumbprints, links };
  }

  it("links to the next page until the end", async () => {
    await using emulator = await startEmulator({ seed: numbered(7), pageSize: 3 });

    const { thumbprints, links } = await pagesFrom(emulator, collection);

    expect(thumbprints).toEqual(numbered(7).map((record) => record.thumbprint));
    expect(links).toHaveLength(2);
    for (const link of links) expect(link.startsWith(`${emulator.url}${collection}?$skiptoken=`)).toBe(true);
  });

  it("has no link after a full last page", async () => {
    await using emulator = await startEmulator({ seed: numbered(6), pageSize: 3 });

    expect((await pagesFrom(emulator, collection)).links).toHaveLength(1);
  });

  it("uses $top as the page size, up to its own limit, and keeps the other options in the link", async () => {
    await using emulator = await startEmulator({ seed: numbered(5), pageSize: 3 });

    const { thumbprints, links } = await pagesFrom(
      emulator,
      `/beta/deviceManagement/userPfxCertificates?$top=2&$skip=1&$select=thumbprint`,
    );
    const large = await send(emulator, "GET", `${collection}?$top=500`);

    expect(thumbprints).toEqual(
      numbered(5)
        .map((record) => record.thumbprint)
        .slice(1),
    );
    expect(links[0]).toContain("/beta/deviceManagement/userPfxCertificates?$top=2&$select=thumbprint&$skiptoken=");
    expect(rowsOf(large)).toHaveLength(3);
  });

  it("carries a filter with quotes and hashes over to the next page", async () => {
    const userPrincipalName = "o'brien_x.com#EXT#@contoso.example";
    const seed = numbered(5).map((record) => ({ ...record, userPrincipalName }));
    await using emulator = await startEmulator({ seed: [...seed, ...numbered(2)], pageSize: 2 });
    const filter = `tolower(userPrincipalName) eq '${userPrincipalName.toLowerCase().replaceAll("'", "''")}'`;

    const { thumbprints } = await pagesFrom(emulator, filtered(filter));

    expect(thumbprints).toEqual(seed.map((record) => record.thumbprint));
  });

  it("neither skips nor repeats rows if earlier ones are deleted in between", async () => {
    await using emulator = await startEmulator({ seed: numbered(6), pageSize: 2 });
    const [first, second] = emulator.records;

    const { thumbprints } = await pagesFrom(emulator, collection, async (page) => {
      if (page !== 1) return;
      for (const gone of [first, second]) await send(emulator, "DELETE", `${collection}/${gone?.id}`);
    });

    expect(thumbprints).toEqual(numbered(6).map((record) => record.thumbprint));
  });

  it("returns a row that is added in between once, even if others are deleted", async () => {
    await using emulator = await startEmulator({ seed: numbered(4), pageSize: 2 });
    const [first, second] = emulator.records;

    const { thumbprints } = await pagesFrom(emulator, collection, async (page) => {
      if (page !== 1 || emulator.ledger.length > 0) return;
      for (const gone of [first, second]) await send(emulator, "DELETE", `${collection}/${gone?.id}`);
      await send(emulator, "POST", collection, { body: aCertificate(5) });
    });

    expect(thumbprints).toEqual(numbered(5).map((record) => record.thumbprint));
  });

  it("pages through a large seed of distinct ids", async () => {
    await using emulator = await startEmulator({ seed: seedRecords(2_050), pageSize: 1_000 });

    const { thumbprints, links } = await pagesFrom(emulator, collection);

    expect(new Set(thumbprints).size).toBe(2_050);
    expect(links).toHaveLength(2);
    expect(new Set(emulator.records.map((record) => record.id)).size).toBe(2_050);
  });
});

describe("the collection's path", () => {
  it.each(["/?$filter=tolower(thumbprint)%20ne%20''", "()", "()/", "/"])("may end with %s", async (ending) => {
    await using emulator = await startEmulator({ seed: seedRecords(3), honouredFilters: "none" });

    const answer = await send(emulator, "GET", `${collection}${ending}`);

    expect([answer.status, rowsOf(answer).length]).toEqual([200, 3]);
  });
});
