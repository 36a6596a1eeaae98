import fc from "fast-check";
import {
  DeleteUserPfxCertificateDocument as DELETE,
  type UserPfxCertificateFilter,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { answerStatus } from "../../src/emulator/faults.ts";
import { seedRecords } from "../../src/emulator/seed.ts";
import { type NewRecord, type StoredRecord, startEmulator } from "../../src/emulator/server.ts";
import { UserPfxIntendedPurpose } from "../../src/schema/user-pfx-intended-purpose.ts";
import { type Answer, startGateway, type TestGateway } from "../support/gateway.ts";
import { thumbprintOf } from "../support/input.ts";
import { codesOf, invalidPathsOf } from "../support/leaks.ts";

const collection = "/deviceManagement/userPfxCertificates";

const LIST = `query ($first: Int, $after: String, $filter: UserPfxCertificateFilter) {
  userPfxCertificates(first: $first, after: $after, filter: $filter) {
    edges { cursor node { id } }
    nodes { id }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

interface Page {
  edges: { cursor: string; node: { id: string } }[];
  nodes: { id: string }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

interface Asked {
  first?: number;
  after?: string | null;
  filter?: UserPfxCertificateFilter;
}

function list(gateway: TestGateway, asked: Asked): Promise<Answer<{ userPfxCertificates: Page }>> {
  return gateway.send(LIST, asked);
}

/** One page that must be there, its parts held against each other. */
async function pageOf(gateway: TestGateway, asked: Asked): Promise<Page> {
  const { data, errors } = await list(gateway, asked);
  if (!data) throw new Error(`no page: ${JSON.stringify(errors)}`);
  const { edges, nodes, pageInfo } = data.userPfxCertificates;
  expect(nodes).toEqual(edges.map(({ node }) => node));
  expect(edges.length).toBeLessThanOrEqual(asked.first ?? 50);
  expect(pageInfo).toMatchObject({
    hasPreviousPage: asked.after != null,
    startCursor: edges.at(0)?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  });
  return data.userPfxCertificates;
}

/** The ids of all pages, from a cursor or the beginning. */
async function walk(
  gateway: TestGateway,
  { after, ...asked }: Asked,
  betweenPages: (page: Page) => Promise<void> = async () => {},
): Promise<string[]> {
  const ids: string[] = [];
  let cursor = after;
  for (;;) {
    const page = await pageOf(gateway, cursor == null ? asked : { ...asked, after: cursor });
    ids.push(...page.nodes.map(({ id }) => id));
    if (!page.pageInfo.hasNextPage) return ids;
    expect(page.nodes).toHaveLength(asked.first ?? 50);
    cursor = page.pageInfo.endCursor;
    await betweenPages(page);
  }
}

function idsOf(records: readonly StoredRecord[]): string[] {
  return records.map(({ id }) => id);
}

describe("userPfxCertificates", () => {
  it.each([1000, 999, 250, 101, 100, 99, 37])(
    "pages through 1,000 certificates without gaps or duplicates, %i at a time",
    async (first) => {
      await using gateway = await startGateway({ seed: seedRecords(1000), pageSize: 100 });

      expect(await walk(gateway, { first })).toEqual(idsOf(gateway.emulator.records));
    },
  );

  it("pages through one at a time", async () => {
    await using gateway = await startGateway({ seed: seedRecords(25), pageSize: 10 });

    expect(await walk(gateway, { first: 1 })).toEqual(idsOf(gateway.emulator.records));
  });

  it("returns fifty by default", async () => {
    await using gateway = await startGateway({ seed: seedRecords(60), pageSize: 100 });

    const page = await pageOf(gateway, {});

    expect(page.nodes).toHaveLength(50);
    expect(page.pageInfo.hasNextPage).toBe(true);
  });

  it("returns an empty page without cursors if there are no certificates", async () => {
    await using gateway = await startGateway();

    expect(await pageOf(gateway, { first: 10 })).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  it.each([
    [10, 10, false],
    [9, 10, true],
    [11, 10, false],
    [20, 20, false],
    [10, 20, true],
  ])("with pages of ten: first %i of %i, hasNextPage %s", async (first, count, hasNextPage) => {
    await using gateway = await startGateway({ seed: seedRecords(count), pageSize: 10 });

    const { pageInfo } = await pageOf(gateway, { first });

    expect(pageInfo.hasNextPage).toBe(hasNextPage);
  });

  it("continues after any edge, not only after the last", async () => {
    await using gateway = await startGateway({ seed: seedRecords(30), pageSize: 10 });
    const all = idsOf(gateway.emulator.records);
    const { edges } = await pageOf(gateway, { first: 30 });

    for (const [index, { cursor }] of edges.entries()) {
      const { nodes } = await pageOf(gateway, { first: 7, after: cursor });
      expect(nodes.map(({ id }) => id)).toEqual(all.slice(index + 1, index + 8));
    }
    expect(new Set(edges.map(({ cursor }) => cursor)).size).toBe(30);
  });

  it("accepts cursors after a restart", async () => {
    const seed = seedRecords(50);
    const cursors: string[] = [];
    {
      await using gateway = await startGateway({ seed, pageSize: 20 });
      const { edges } = await pageOf(gateway, { first: 33 });
      cursors.push(...edges.map(({ cursor }) => cursor));
    }
    await using gateway = await startGateway({ seed, pageSize: 20 });
    const all = idsOf(gateway.emulator.records);

    for (const index of [0, 18, 19, 20, 32]) {
      const rest = await walk(gateway, { first: 10, after: cursors[index] ?? "" });
      expect(rest).toEqual(all.slice(index + 1));
    }
  });

  it("returns null for redacted properties, and all other values", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });

    const { data } = await gateway.send<{ userPfxCertificates: { nodes: object[] } }, object>(
      `{ userPfxCertificates { nodes {
        id thumbprint intendedPurpose userPrincipalName startDateTime expirationDateTime providerName keyName
        paddingScheme encryptedPfxBlob encryptedPfxPassword createdDateTime lastModifiedDateTime
      } } }`,
    );

    expect(data?.userPfxCertificates.nodes).toEqual([
      {
        ...gateway.emulator.records[0],
        intendedPurpose: "SMIME_ENCRYPTION",
        paddingScheme: "OAEP_SHA512",
        encryptedPfxBlob: null,
        encryptedPfxPassword: null,
      },
    ]);
  });

  it("pages through empty pages of Graph", async () => {
    await using gateway = await startGateway({ seed: seedRecords(5) });
    const link = `${gateway.emulator.url}/v1.0${collection}?x=`;
    for (const number of [1, 2, 3]) {
      gateway.emulator.faults.add(
        answerStatus("GET", collection, 200, { body: { value: [], "@odata.nextLink": `${link}${number}` } }),
      );
    }

    expect(await walk(gateway, { first: 10 })).toEqual(idsOf(gateway.emulator.records));
  });
});

describe("userPfxCertificates, with more pages of Graph than one request can read,", () => {
  /** All pages, however short. */
  async function walkThrough(gateway: TestGateway, asked: Asked) {
    const pages: Page[] = [];
    for (let after: string | null | undefined; pages.at(-1)?.pageInfo.hasNextPage !== false; ) {
      const { data, errors } = await list(gateway, { ...asked, ...(after != null && { after }) });
      expect(errors).toBeUndefined();
      if (!data) throw new Error("no page");
      pages.push(data.userPfxCertificates);
      after = data.userPfxCertificates.pageInfo.endCursor;
    }
    return { requests: pages.length, ids: pages.flatMap(({ nodes }) => nodes.map(({ id }) => id)) };
  }

  const soon = "2026-02-01T00:00:00Z";
  /** Expiring are only these. */
  const seed = (count: number, expiring: readonly number[]) =>
    seedRecords(count).map((record, index) => ({
      ...record,
      expirationDateTime: expiring.includes(index) ? "2026-01-02T00:00:00Z" : "2027-01-01T00:00:00Z",
    }));

  it("end after several requests if the time for one does not suffice", async () => {
    await using gateway = await startGateway({
      seed: seed(30, [0, 29]),
      pageSize: 1,
      latencyMs: 60,
      config: { requestDeadlineMs: 1000 },
    });

    const { requests, ids } = await walkThrough(gateway, { filter: { expiresBefore: soon } });

    const { records } = gateway.emulator;
    expect(ids).toEqual([records[0]?.id, records[29]?.id]);
    expect(requests).toBeGreaterThan(1);
  });

  it("read at most a thousand consecutive pages without a match", async () => {
    await using gateway = await startGateway({ seed: seed(1010, [1009]), pageSize: 1 });

    const { requests, ids } = await walkThrough(gateway, { filter: { expiresBefore: soon } });

    expect(ids).toEqual([gateway.emulator.records[1009]?.id]);
    expect(requests).toBe(2);
    expect(gateway.emulator.requests).toHaveLength(1010);
  });
});

describe("userPfxCertificates, while certificates are deleted,", () => {
  /** Deletes, after the first page, those of its certificates at the given places from the end, 0 being the last. */
  function deleteAfterFirstPage(gateway: TestGateway, places: readonly number[]): (page: Page) => Promise<void> {
    let isFirst = true;
    return async ({ nodes }) => {
      if (!isFirst) return;
      isFirst = false;
      for (const place of places) await gateway.send(DELETE, { deletedId: nodes.at(-1 - place)?.id ?? "" });
    };
  }

  it.each([
    { pageSize: 10, places: [0] },
    { pageSize: 10, places: [1] },
    { pageSize: 10, places: [0, 1] },
    { pageSize: 10, places: [0, 3] },
    { pageSize: 10, places: [1, 2] },
    { pageSize: 10, places: [0, 1, 2, 3] },
    { pageSize: 4, places: [0] },
    { pageSize: 4, places: [0, 1] },
    { pageSize: 2, places: [0, 1, 2, 3] },
    { pageSize: 100, places: [0, 1, 2, 3] },
  ])(
    "misses none and repeats none: $places from the end of the page before, $pageSize to Graph's page",
    async (each) => {
      await using gateway = await startGateway({ seed: seedRecords(23), pageSize: each.pageSize });
      const all = idsOf(gateway.emulator.records);

      const ids = await walk(gateway, { first: 4 }, deleteAfterFirstPage(gateway, each.places));

      expect(ids).toEqual(all);
    },
  );

  it("misses none if the three before the cursor are deleted, though some repeat", async () => {
    await using gateway = await startGateway({ seed: seedRecords(23), pageSize: 100 });
    const all = idsOf(gateway.emulator.records);

    const ids = await walk(gateway, { first: 8 }, deleteAfterFirstPage(gateway, [0, 1, 2]));

    expect([...new Set(ids)]).toEqual(all);
    expect(ids.length).toBeGreaterThan(all.length);
  });

  it("continues at the right position if a certificate before it is new", async () => {
    await using gateway = await startGateway({ seed: seedRecords(10), pageSize: 5 });
    const { pageInfo } = await pageOf(gateway, { first: 3 });
    const [, , , fourth] = idsOf(gateway.emulator.records);
    // What Graph's first page looks like once a certificate was sorted in before the others.
    const value = [{ id: "new" }, ...gateway.emulator.records.slice(0, 4)];
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body: { value } }));

    const { nodes } = await pageOf(gateway, { first: 3, after: pageInfo.endCursor });

    expect(nodes).toEqual([{ id: fourth }]);
  });
});

/** Two users with the same certificates: three purposes, each with three dates. */
function family(): NewRecord[] {
  const [template] = seedRecords(1);
  if (template === undefined) throw new Error("no seed");
  const users = ["Megan.O'Neil@contoso.example", "pat_fabrikam.com#EXT#@contoso.example"];
  const ends = [
    "2027-06-30T23:59:59.9999999Z",
    "2027-07-01T02:00:00.0000000+02:00",
    "2027-06-30T16:00:00.0000001-08:00",
  ];
  const purposes = ["smimeEncryption", "smimeSigning", "wifi"] as const;
  let number = 0;
  return users.flatMap((userPrincipalName) =>
    purposes.flatMap((intendedPurpose) =>
      ends.map((expirationDateTime) => ({
        ...template,
        userPrincipalName,
        intendedPurpose,
        expirationDateTime,
        thumbprint: thumbprintOf(0xabc000 + (number++ % 9)),
      })),
    ),
  );
}

/** The dates of the family are one tick apart around this moment. */
const turn = "2027-07-01T00:00:00Z";
/** What each date of the family is to that moment: -1 before, 0 the same, 1 after. */
const side: Readonly<Record<string, number>> = {
  "2027-06-30T23:59:59.9999999Z": -1,
  "2027-07-01T02:00:00.0000000+02:00": 0,
  "2027-06-30T16:00:00.0000001-08:00": 1,
};

const conditions: { filter: UserPfxCertificateFilter; holds: (record: StoredRecord) => boolean }[] = [
  {
    filter: { userPrincipalName: "MEGAN.o'neil@Contoso.Example" },
    holds: ({ userPrincipalName }) => userPrincipalName.startsWith("Megan"),
  },
  {
    filter: { thumbprint: thumbprintOf(0xabc000).toUpperCase() },
    holds: ({ thumbprint }) => thumbprint.endsWith("abc000"),
  },
  { filter: { intendedPurpose: "SMIME_ENCRYPTION" }, holds: ({ intendedPurpose }) => /Enc/.test(intendedPurpose) },
  { filter: { expiresBefore: turn }, holds: ({ expirationDateTime }) => side[expirationDateTime] === -1 },
  { filter: { expiresAfter: turn }, holds: ({ expirationDateTime }) => side[expirationDateTime] === 1 },
];

const subsets = Array.from({ length: 2 ** conditions.length }, (_, bits) =>
  conditions.filter((_, index) => bits & (1 << index)),
);

describe.each(["known", "all", "none"] as const)("a filter, if Graph honours %s filters,", (honouredFilters) => {
  it("is right for each condition alone and for every combination", async () => {
    await using gateway = await startGateway({ seed: family(), honouredFilters, pageSize: 7 });

    for (const subset of subsets) {
      const filter = Object.assign({}, ...subset.map((condition) => condition.filter));
      const expected = gateway.emulator.records.filter((record) => subset.every(({ holds }) => holds(record)));

      expect({ filter, ids: await walk(gateway, { filter, first: 100 }) }).toEqual({ filter, ids: idsOf(expected) });
    }
  });

  it("is right on every page and for hasNextPage", async () => {
    await using gateway = await startGateway({ seed: family(), honouredFilters, pageSize: 4 });

    for (const { filter, holds } of conditions) {
      const expected = idsOf(gateway.emulator.records.filter(holds));

      for (const first of [1, 2, 3, 5]) expect(await walk(gateway, { filter, first })).toEqual(expected);
    }
  });
});

describe("a filter", () => {
  it("finds certificates one tick before and after a moment by the seventh digit and across offsets", async () => {
    await using gateway = await startGateway({ seed: family() });

    for (const [filter, expected] of [
      [{ expiresBefore: "2027-07-01T00:00:00Z" }, -1],
      [{ expiresAfter: "2027-06-30T20:00:00-04:00" }, 1],
      [{ expiresAfter: "2027-06-30T23:59:59.9999999Z", expiresBefore: "2027-07-01T05:45:00.0000001+05:45" }, 0],
    ] as const) {
      const records = gateway.emulator.records.filter(
        ({ expirationDateTime }) => side[expirationDateTime] === expected,
      );
      expect(await walk(gateway, { filter })).toEqual(idsOf(records));
    }
  });

  it.each([
    [
      "miriam.o'brien@contoso.onmicrosoft.com",
      "tolower(userPrincipalName) eq 'miriam.o''brien@contoso.onmicrosoft.com'",
    ],
    [
      "PAT_fabrikam.com#EXT#@contoso.onmicrosoft.com",
      "tolower(userPrincipalName) eq 'pat_fabrikam.com#ext#@contoso.onmicrosoft.com'",
    ],
  ])("finds %s by a condition that Graph reads correctly", async (userPrincipalName, sent) => {
    await using gateway = await startGateway({ seed: seedRecords() });

    const ids = await walk(gateway, { filter: { userPrincipalName } });

    const record = gateway.emulator.records.find(
      (each) => each.userPrincipalName.toLowerCase() === userPrincipalName.toLowerCase(),
    );
    expect(ids).toEqual([record?.id]);
    expect(gateway.emulator.requests.map(({ path, query }) => [path, query])).toEqual([
      [collection, { $filter: sent }],
    ]);
  });

  it.each([
    "x'or'1'eq'1@contoso.example",
    "'@contoso.example",
    "x')or(true@contoso.example",
    "x&$expand=*@contoso.example",
    "x%27or%271@contoso.example",
    "x+y;z@contoso.example",
    "字@contoso.example",
  ])("is one condition whatever its value: %s", async (userPrincipalName) => {
    await using gateway = await startGateway({ seed: seedRecords(), honouredFilters: "all" });

    const { data, errors } = await list(gateway, { filter: { userPrincipalName } });

    expect(errors).toBeUndefined();
    expect(data?.userPfxCertificates.nodes).toEqual([]);
    expect(gateway.emulator.requests.map(({ query }) => query)).toEqual([
      { $filter: `tolower(userPrincipalName) eq '${userPrincipalName.replaceAll("'", "''")}'` },
    ]);
  });

  it("accepts every purpose of Graph", async () => {
    const [template] = seedRecords(1);
    if (template === undefined) throw new Error("no seed");
    const purposes = Object.entries(UserPfxIntendedPurpose);
    const seed = purposes.map(([, intendedPurpose], index) => ({
      ...template,
      intendedPurpose,
      thumbprint: thumbprintOf(index),
    }));
    await using gateway = await startGateway({ seed });

    for (const [index, [intendedPurpose]] of purposes.entries()) {
      const { data } = await gateway.send<{ userPfxCertificates: Page }, object>(LIST, { filter: { intendedPurpose } });
      expect(data?.userPfxCertificates.nodes).toEqual([{ id: gateway.emulator.records[index]?.id }]);
    }
  });

  it("is part of every request for a later page", async () => {
    await using gateway = await startGateway({ seed: family(), pageSize: 4 });
    const filter = { userPrincipalName: "megan.o'neil@contoso.example" };

    await walk(gateway, { filter, first: 3 });

    expect(gateway.emulator.requests.length).toBeGreaterThan(3);
    for (const { query } of gateway.emulator.requests) {
      expect(query.$filter).toBe("tolower(userPrincipalName) eq 'megan.o''neil@contoso.example'");
    }
  });
});

const USER = `query ($filter: UserPfxCertificateFilter, $first: Int, $after: String) {
  userPfxCertificates(first: 1) { nodes {
    user { userPrincipalName pfxCertificates(filter: $filter, first: $first, after: $after) {
      nodes { id userPrincipalName } pageInfo { hasNextPage endCursor }
    } }
  } }
}`;

interface Owned {
  nodes: { id: string; userPrincipalName: string }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

async function owned(gateway: TestGateway, asked: Asked): Promise<Owned | undefined> {
  const { data } = await gateway.send<
    { userPfxCertificates: { nodes: { user: { pfxCertificates: Owned } | null }[] } },
    Asked
  >(USER, asked);
  return data?.userPfxCertificates.nodes[0]?.user?.pfxCertificates;
}

describe.each(["known", "all", "none"] as const)(
  "a user's pfxCertificates, if Graph honours %s,",
  (honouredFilters) => {
    it("are exactly that user's certificates", async () => {
      await using gateway = await startGateway({ seed: family(), honouredFilters });
      const [{ userPrincipalName } = { userPrincipalName: "" }] = gateway.emulator.records;

      const page = await owned(gateway, {});

      expect(page?.nodes.map(({ id }) => id)).toEqual(
        idsOf(gateway.emulator.records.filter((record) => record.userPrincipalName === userPrincipalName)),
      );
    });

    it("also match the filter, and are empty if the filter names another user", async () => {
      await using gateway = await startGateway({ seed: family(), honouredFilters });

      const signing = await owned(gateway, { filter: { intendedPurpose: "SMIME_SIGNING" } });
      const another = await owned(gateway, { filter: { userPrincipalName: "pat_fabrikam.com#EXT#@contoso.example" } });

      expect(signing?.nodes).toHaveLength(3);
      expect(another?.nodes).toEqual([]);
    });

    it("are paged", async () => {
      await using gateway = await startGateway({ seed: family(), honouredFilters, pageSize: 4 });
      const ids: string[] = [];
      let page = await owned(gateway, { first: 2 });

      while (page !== undefined) {
        ids.push(...page.nodes.map(({ id }) => id));
        page = page.pageInfo.hasNextPage
          ? await owned(gateway, { first: 2, after: page.pageInfo.endCursor })
          : undefined;
      }

      expect(ids).toEqual(
        idsOf(gateway.emulator.records.filter((record) => record.userPrincipalName.startsWith("Megan"))),
      );
    });
  },
);

/** A cursor's parts, the first of which is the query string of a page of Graph's. */
function partsOf(cursor: string | null): unknown[] {
  const parts: unknown = JSON.parse(Buffer.from(cursor ?? "", "base64url").toString());
  return Array.isArray(parts) ? parts : [];
}

function forged(parts: unknown): string {
  return Buffer.from(typeof parts === "string" ? parts : JSON.stringify(parts)).toString("base64url");
}

describe("a cursor", () => {
  it("is rejected for another filter", async () => {
    await using gateway = await startGateway({ seed: family() });
    const filters: UserPfxCertificateFilter[] = [{}, ...conditions.map(({ filter }) => filter)];
    const cursors: (string | null)[] = [];
    for (const filter of filters) cursors.push((await pageOf(gateway, { first: 1, filter })).pageInfo.endCursor);
    gateway.emulator.reset();

    for (const [index, filter] of filters.entries()) {
      for (const [other, after] of cursors.entries()) {
        const answer = await list(gateway, { first: 1, filter, after });

        expect(codesOf(answer)).toEqual(index === other ? [] : ["BAD_USER_INPUT"]);
        expect(invalidPathsOf(answer)).toEqual(index === other ? [] : ["after"]);
      }
    }
    expect(gateway.emulator.requests).toHaveLength(filters.length);
  });

  it("of the whole collection is rejected for a user's certificates", async () => {
    await using gateway = await startGateway({ seed: family() });
    const { pageInfo } = await pageOf(gateway, { first: 1 });

    const answer = await gateway.send(USER, { after: pageInfo.endCursor });

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
  });

  it.each([
    "https://elsewhere.example/v1.0/users#",
    "x=1#",
    "a b",
    "x=\r\nhost:%20elsewhere.example",
    "x=\u0000",
    "x=字",
    "x=\ud800",
    `x=${"a".repeat(60_000)}`,
    "$filter=userPrincipalName eq 'x'",
  ])("is rejected with the query %j", async (query) => {
    await using gateway = await startGateway({ seed: seedRecords(5) });
    const [, ...rest] = partsOf((await pageOf(gateway, { first: 2 })).pageInfo.endCursor);
    gateway.emulator.reset();

    const answer = await list(gateway, { after: forged([query, ...rest]) });

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(invalidPathsOf(answer)).toEqual(["after"]);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it.each([
    "",
    "?",
    "../../users",
    "//elsewhere.example/",
    "/users?x",
    "@elsewhere.example",
    "$expand=*",
    "%24expand=*",
    "$search=%22x%22&$apply=aggregate(id)&$format=xml",
    "x=..%2f..%2fusers",
    "\\users",
  ])("with the query %j reads only the collection", async (query) => {
    await using gateway = await startGateway({ seed: seedRecords(5) });
    const [, ...rest] = partsOf((await pageOf(gateway, { first: 2 })).pageInfo.endCursor);

    await list(gateway, { after: forged([query, ...rest]) });

    expect(new Set(gateway.emulator.requests.map(({ path }) => path))).toEqual(new Set([collection]));
  });

  it.each([
    ["text that is no base64", "%%%"],
    ["no JSON", forged("{")],
    ["a string", forged('"x"')],
    ["a number", forged(5)],
    ["null", forged("null")],
    ["an empty list", forged([])],
    ["an object", forged({ 0: "", 1: "", length: 2 })],
    ["a property of every object", forged('{"__proto__":[""],"constructor":{"prototype":{"query":""}}}')],
    ["the prototype's name in a list", forged('[{"__proto__":{"query":""}},"",""]')],
    ["a list of lists", forged([[[[[]]]]])],
    ["a query that is no string", forged([{ toString: "x" }, ""])],
    ["lists nested without end", forged("[".repeat(50_000))],
    ["many cursors in one", forged(["", "", "", "", "", "", ""])],
  ])("is rejected if it is %s", async (_, after) => {
    await using gateway = await startGateway({ seed: seedRecords(5) });

    const answer = await list(gateway, { after });

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(invalidPathsOf(answer)).toEqual(["after"]);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("is rejected with ids that are not strings, or with too many ids", async () => {
    await using gateway = await startGateway({ seed: seedRecords(5) });
    const [query, hash] = partsOf((await pageOf(gateway, { first: 2 })).pageInfo.endCursor);

    for (const ids of [[5], [null], [{}], [["a"]], Array.from({ length: 50 }, () => "a")]) {
      const answer = await list(gateway, { after: forged([query, hash, ...ids]) });

      expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    }
  });

  it.each([400, 410])("that Graph answers with %i is named, with what to do", async (status) => {
    await using gateway = await startGateway({ seed: seedRecords(5) });
    const { pageInfo } = await pageOf(gateway, { first: 2 });
    gateway.emulator.faults.add(answerStatus("GET", collection, status, { times: 2 }));

    const stale = await list(gateway, { first: 2, after: pageInfo.endCursor });
    const first = await list(gateway, { first: 2 });

    expect(stale.errors?.[0]?.extensions).toEqual({
      code: "BAD_USER_INPUT",
      invalid: [
        { path: "after", message: expect.stringMatching(/no longer accepts; list from the first page again$/) },
      ],
    });
    expect(codesOf(first)).toEqual(["UPSTREAM_INVALID_RESPONSE"]);
  });

  it("of any JSON is rejected or reads only the collection", async () => {
    await using gateway = await startGateway({ seed: seedRecords(5) });
    const [, hash] = partsOf((await pageOf(gateway, { first: 2 })).pageInfo.endCursor);
    const query = fc.oneof(fc.string({ unit: "binary" }), fc.webQueryParameters(), fc.webPath(), fc.webUrl());
    const ids = fc.array(fc.oneof(fc.string(), fc.jsonValue()), { maxLength: 4 });
    const any = fc.oneof(
      fc.jsonValue().map(forged),
      fc.tuple(query, ids).map(([first, rest]) => forged([first, hash, ...rest])),
      fc.string(),
    );

    await fc.assert(
      fc.asyncProperty(any, async (after) => {
        gateway.emulator.reset();
        const answer = await list(gateway, { after });

        expect(codesOf(answer).filter((code) => code !== "BAD_USER_INPUT")).toEqual([]);
        for (const { path, method } of gateway.emulator.requests) expect([method, path]).toEqual(["GET", collection]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("a next link from Graph", () => {
  const links: [string, (emulator: URL, elsewhere: URL) => unknown][] = [
    ["to another host", (_, elsewhere) => `${elsewhere.origin}/v1.0${collection}?$skiptoken=x`],
    [
      "to another host by way of credentials",
      ({ host }, elsewhere) => `http://${host}@${elsewhere.host}/v1.0${collection}`,
    ],
    ["with credentials", ({ host }) => `http://user:password@${host}/v1.0${collection}?$skiptoken=x`],
    ["to another scheme", ({ host }) => `https://${host}/v1.0${collection}?$skiptoken=x`],
    ["to another path", ({ origin }) => `${origin}/v1.0/users?$skiptoken=x`],
    ["to one certificate", ({ origin }) => `${origin}/v1.0${collection}/0123-4567?$skiptoken=x`],
    ["to another version", ({ origin }) => `${origin}/v2.0${collection}?$skiptoken=x`],
    ["to the path below another", ({ origin }) => `${origin}/tenant/v1.0${collection}?$skiptoken=x`],
    ["up and to another path", ({ origin }) => `${origin}/v1.0${collection}/../../users?$skiptoken=x`],
    ["up and to another path, encoded", ({ origin }) => `${origin}/v1.0${collection}/%2e%2e/%2e%2e/users?$skiptoken=x`],
    ["without a scheme", (_, elsewhere) => `//${elsewhere.host}/v1.0${collection}?$skiptoken=x`],
    ["of JavaScript", () => "javascript:alert(1)"],
    ["of a file", () => "file:///etc/passwd"],
    ["that is no URL", () => "next"],
    ["that is a number", () => 2],
    ["that is an object", () => ({ href: "x" })],
  ];

  it.each(links)("%s is not followed", async (_, linkTo) => {
    await using elsewhere = await startEmulator({ seed: seedRecords(3) });
    await using gateway = await startGateway({ seed: seedRecords(3) });
    const link = linkTo(new URL(gateway.emulator.url), new URL(elsewhere.url));
    const body = { value: [], "@odata.nextLink": link };
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body, times: Number.POSITIVE_INFINITY }));

    const answer = await list(gateway, { first: 1000 });

    expect(codesOf(answer)).toEqual(["UPSTREAM_INVALID_RESPONSE"]);
    expect(answer.data).toBeNull();
    expect(answer.text).not.toContain(new URL(elsewhere.url).host);
    expect(elsewhere.requests).toEqual([]);
    expect(new Set(gateway.emulator.requests.map(({ path, query }) => `${path} ${JSON.stringify(query)}`))).toEqual(
      new Set([`${collection} {}`]),
    );
  });

  it.each([
    ["to beta", `/beta${collection}?$skiptoken=x`],
    ["in another case", `/V1.0${collection.toLowerCase()}?$skiptoken=x`],
    ["with empty parentheses", `/v1.0${collection}()?$skiptoken=x`],
    ["with a slash at the end", `/v1.0${collection}/?$skiptoken=x`],
    ["with doubled slashes", `//v1.0/${collection}//?$skiptoken=x`],
    ["of 16 kilobytes", `/v1.0${collection}?$skiptoken=${"x".repeat(16_384)}`],
    ["with options that this gateway never sends", `/v1.0${collection}?$expand=x&$format=json&$search=%22a%22`],
    ["with a delta token", `/v1.0${collection}?$deltatoken=x&$levels=2&$apply=y`],
  ])("%s is followed, and a cursor continues there", async (_, link) => {
    await using gateway = await startGateway({ seed: seedRecords(3) });
    const body = { value: [{ id: "1" }], "@odata.nextLink": `${gateway.emulator.url}${link}` };
    const second = { body: { value: [{ id: "2" }] } };
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body }));
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, second));
    expect(await walk(gateway, { first: 10 })).toEqual(["1", "2"]);

    gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body }));
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, second));
    expect(await walk(gateway, { first: 1 })).toEqual(["1", "2"]);
    const { path, query } = gateway.emulator.requests.at(-1) ?? {};
    expect([path, query]).toEqual([collection, Object.fromEntries(new URLSearchParams(link.split("?")[1]))]);
  });

  it.each([
    ["of a path without a host", `/v1.0${collection}?$skiptoken=x`],
    ["of a query alone", "?$skiptoken=x"],
    ["from the collection's folder", "userPfxCertificates?$skiptoken=x"],
    ["from the version", "deviceManagement/userPfxCertificates?$skiptoken=x"],
    ["from the version, with parentheses", "deviceManagement/userPfxCertificates()?$skiptoken=x"],
  ])("%s is followed", async (_, nextLink) => {
    await using gateway = await startGateway({ seed: seedRecords(3) });
    const body = { value: [{ id: "1" }], "@odata.nextLink": nextLink };
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body }));
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body: { value: [{ id: "2" }] } }));

    expect(await walk(gateway, { first: 10 })).toEqual(["1", "2"]);
    expect(gateway.emulator.requests.at(-1)?.query).toEqual({ $skiptoken: "x" });
  });

  it.each([
    ["null", null],
    ["empty", ""],
    ["blank", " "],
  ])("that is %s is the end", async (_, nextLink) => {
    await using gateway = await startGateway({ seed: seedRecords(3) });
    const body = { value: [{ id: "1" }], "@odata.nextLink": nextLink };
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body }));

    expect(await walk(gateway, { first: 10 })).toEqual(["1"]);
  });

  it("is used unchanged, with its whole query", async () => {
    await using gateway = await startGateway();
    const query = "$skiptoken=a%2Bb%26c%3D%25%27d%20e+f&$filter=tolower(userPrincipalName)%20eq%20%27o%27%27x%27&z";
    const body = { value: [{ id: "1" }], "@odata.nextLink": `${gateway.emulator.url}/v1.0${collection}?${query}` };
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body }));
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body: { value: [] }, times: 2 }));

    const { pageInfo } = await pageOf(gateway, { first: 1 });
    await pageOf(gateway, { first: 1, after: pageInfo.endCursor });

    expect(gateway.emulator.requests.at(-1)?.query).toEqual(Object.fromEntries(new URLSearchParams(query)));
  });

  it.each([
    ["itself", [""]],
    ["the first page, from the second", ["$skiptoken=a", ""]],
    ["the second, from the third", ["$skiptoken=a", "$skiptoken=b", "$skiptoken=a"]],
  ])("back to %s fails with an error", async (_, queries) => {
    await using gateway = await startGateway();
    for (const query of queries) {
      const link = `${gateway.emulator.url}/v1.0${collection}${query && `?${query}`}`;
      const body = { value: [{ id: "1" }], "@odata.nextLink": link };
      gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body }));
    }
    const body = { value: [], "@odata.nextLink": `${gateway.emulator.url}/v1.0${collection}?$skiptoken=a` };
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body, times: Number.POSITIVE_INFINITY }));

    const answer = await list(gateway, { first: 1000 });

    expect(codesOf(answer)).toEqual(["UPSTREAM_INVALID_RESPONSE"]);
  });

  it("to its own page is detected even if that page is enough", async () => {
    await using gateway = await startGateway();
    const body = { value: [{ id: "1" }], "@odata.nextLink": `${gateway.emulator.url}/v1.0${collection}` };
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body, times: Number.POSITIVE_INFINITY }));

    const answer = await list(gateway, { first: 1 });

    expect(codesOf(answer)).toEqual(["UPSTREAM_INVALID_RESPONSE"]);
  });
});

describe("a list with a filter that Graph does not apply", () => {
  it("asks Graph no further once the page is full", async () => {
    await using gateway = await startGateway({ seed: seedRecords(3000), pageSize: 10, honouredFilters: "none" });
    const filter = { expiresBefore: "2040-01-01T00:00:00Z" };

    const { nodes, pageInfo } = await pageOf(gateway, { first: 5, filter });
    expect([nodes.length, pageInfo.hasNextPage, gateway.emulator.requests.length]).toEqual([5, true, 1]);

    // Only the first record matches: the next page may be empty, and only then the end is known.
    const thumbprint = gateway.emulator.records[9]?.thumbprint ?? "";
    gateway.emulator.reset();
    const last = await pageOf(gateway, { first: 1, filter: { thumbprint } });
    expect([last.nodes.length, last.pageInfo.hasNextPage, gateway.emulator.requests.length]).toEqual([1, true, 1]);
    const { data } = await list(gateway, { first: 1, filter: { thumbprint }, after: last.pageInfo.endCursor });
    expect(data?.userPfxCertificates).toMatchObject({ nodes: [], pageInfo: { hasNextPage: false } });
  });

  it("ends without a next page where Graph has none", async () => {
    await using gateway = await startGateway({ seed: seedRecords(20), pageSize: 20, honouredFilters: "none" });
    const thumbprint = gateway.emulator.records[3]?.thumbprint ?? "";

    const { nodes, pageInfo } = await pageOf(gateway, { first: 1, filter: { thumbprint } });

    expect([nodes.length, pageInfo.hasNextPage]).toEqual([1, false]);
  });
});

describe("an item of Graph's list that is no certificate", () => {
  it.each<[string, unknown]>([
    ["null", null],
    ["without an id", { keyName: "x" }],
    ["with an empty id", { id: "" }],
    ["with an id that is a number", { id: 5 }],
    ["with a thumbprint that is a number", { id: "3", thumbprint: 5 }],
    ["with a name that is a list", { id: "3", userPrincipalName: ["x"] }],
    ["text", "certificate"],
    ["a list", [{ id: "3" }]],
  ])("is left out, logged and counted, and does not hide the others: %s", async (_, odd) => {
    await using gateway = await startGateway({ config: { metricsPort: 0 } });
    const body = { value: [{ id: "1" }, odd, { id: "2" }] };
    gateway.emulator.faults.add(answerStatus("GET", collection, 200, { body }));

    expect(await walk(gateway, { first: 10 })).toEqual(["1", "2"]);

    const warnings = gateway.log.filter(({ level }) => level === 40);
    expect(warnings).toMatchObject([{ count: 1, msg: expect.stringContaining("left out") }]);
    expect(await gateway.metrics()).toMatch(/^graph_odd_items_total 1$/m);
  });
});
