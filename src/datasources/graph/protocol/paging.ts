/**
 * Builds Relay pages from Graph's pages. Graph's `@odata.nextLink` is opaque and absolute. A cursor keeps only the link's
 * query string and a position in that page, so every cursor leads to our collection on our host.
 */
import { createHash } from "node:crypto";
import { badUserInput, GatewayError } from "../../../errors.ts";

/** One page of Graph's. `nextQuery` is the query string of the next page. */
export interface GraphPage<Item> {
  readonly items: readonly Item[];
  readonly nextQuery: string | undefined;
  /** Items that are no entities, such as null or an object without an id. */
  readonly oddItems: readonly unknown[];
}

export interface Edge<Item> {
  readonly cursor: string;
  readonly node: Item;
}

/** Has the same structure as `UserPfxCertificateConnection` in the schema. */
export interface Connection<Item> {
  edges: Edge<Item>[];
  nodes: Item[];
  pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

interface PageCursor {
  /** Query string of the Graph page. */
  query: string;
  /**
   * The last items before the position, the nearest first. They help to find the position again if items were added or
   * deleted. Empty at the start.
   */
  afterIds: readonly string[];
}

/** The number of consecutive items that may be deleted between two requests without any item repeating. */
const maxAfterIds = 3;

interface Listing<Item> {
  /** 1 or more. */
  first: number;
  after: string | null | undefined;
  /** Query string of the first page. */
  firstQuery: string;
  /** The filter, in any form that is equal for equal filters. A cursor is valid only for the filter it was made with. */
  filterKey: string;
  /** Applied to every item, whether or not Graph applied the filter; absent without a filter. */
  matches?: ((item: Item) => boolean) | undefined;
  fetchPage: (query: string) => Promise<GraphPage<Item>>;
  /** Whether the time may not suffice for another page. */
  isTimeShort: () => boolean;
}

/** Maximum number of consecutive pages without a match: a million certificates with Graph's largest pages. */
const maxBarrenPages = 1000;

/**
 * Reads Graph's pages until `first` items are found. Then it asks Graph no further: if Graph has another page, `hasNextPage` is
 * true, although no item of that page may match. If the pages take too long, it returns fewer items, or none, and a cursor to
 * continue from. So every listing comes to an end.
 */
export async function pageOf<Item extends { id: string }>(listing: Listing<Item>): Promise<Connection<Item>> {
  const { first, after, firstQuery, matches, fetchPage } = listing;
  const filterHash = createHash("sha256").update(listing.filterKey).digest("base64url").slice(0, 12);
  let place: PageCursor = after == null ? { query: firstQuery, afterIds: [] } : decodeCursor(after, filterHash);
  const edges: Edge<Item>[] = [];
  const seen = new Set<string>();
  let hasNextPage = false;
  let barrenPages = 0;
  let reached: string | undefined;

  walk: for (;;) {
    const { query } = place;
    const found = edges.length;
    seen.add(query);
    const page = await fetchPage(query);
    const { items, nextQuery } = page;
    if (nextQuery !== undefined && seen.has(nextQuery)) {
      throw new GatewayError("UPSTREAM_INVALID_RESPONSE", "Microsoft Graph's next links form a loop.");
    }
    for (let index = startIn(items, place); index < items.length; index++) {
      const node = items[index];
      if (node === undefined || matches?.(node) === false) continue;
      if (edges.length === first) {
        hasNextPage = true;
        break walk;
      }
      edges.push(new ListedEdge(node, query, page, index, filterHash));
    }
    if (nextQuery === undefined) break;
    if (edges.length === first) {
      hasNextPage = true;
      break;
    }
    place = { query: nextQuery, afterIds: [] };
    barrenPages = edges.length > found ? 0 : barrenPages + 1;
    if (barrenPages === maxBarrenPages || listing.isTimeShort()) {
      hasNextPage = true;
      reached = encodeCursor(place, filterHash);
      break;
    }
  }

  return {
    edges,
    nodes: edges.map(({ node }) => node),
    pageInfo: new EdgesInfo(edges, hasNextPage, after != null, reached),
  };
}

/**
 * Getters of a class compute cursors on demand. An object literal with a getter would have a hidden class of its own, which V8
 * keeps until a major collection, together with everything that the getter refers to.
 */

class ListedEdge<Item extends { id: string }> implements Edge<Item> {
  readonly node: Item;
  readonly #query: string;
  readonly #page: GraphPage<Item>;
  readonly #index: number;
  readonly #filterHash: string;

  /** @param query the query of the page. @param index of the node in the page. */
  constructor(node: Item, query: string, page: GraphPage<Item>, index: number, filterHash: string) {
    this.node = node;
    this.#query = query;
    this.#page = page;
    this.#index = index;
    this.#filterHash = filterHash;
  }

  get cursor(): string {
    const { items, nextQuery } = this.#page;
    const isLast = this.#index === items.length - 1;
    const behind: PageCursor =
      isLast && nextQuery !== undefined
        ? { query: nextQuery, afterIds: [] }
        : { query: this.#query, afterIds: idsBefore(items, this.#index + 1) };
    return encodeCursor(behind, this.#filterHash);
  }
}

class EdgesInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly #edges: readonly Edge<unknown>[];
  readonly #reached: string | undefined;

  /** @param reached a cursor after the last edge's. */
  constructor(
    edges: readonly Edge<unknown>[],
    hasNextPage: boolean,
    hasPreviousPage: boolean,
    reached: string | undefined,
  ) {
    this.#edges = edges;
    this.#reached = reached;
    this.hasNextPage = hasNextPage;
    this.hasPreviousPage = hasPreviousPage;
  }

  get startCursor(): string | null {
    return this.#edges.at(0)?.cursor ?? null;
  }

  get endCursor(): string | null {
    return this.#reached ?? this.#edges.at(-1)?.cursor ?? null;
  }
}

function idsBefore(items: readonly { id: string }[], index: number): string[] {
  return items
    .slice(Math.max(0, index - maxAfterIds), index)
    .map(({ id }) => id)
    .reverse();
}

/**
 * Starts after the nearest item that still exists. If all of them are gone, the page starts again: items may repeat, but none
 * is missed.
 */
function startIn(items: readonly { id: string }[], { afterIds }: PageCursor): number {
  for (const afterId of afterIds) {
    const before = items.findIndex(({ id }) => id === afterId);
    if (before !== -1) return before + 1;
  }
  return 0;
}

/**
 * The query string of a next link; `undefined` unless the link leads to the same collection on the same host. The link may be
 * relative, to the collection or to any folder above it, and its path may end with `()` or have slashes too many.
 *
 * @param baseUrl Graph's root without the version. @param collectionPath below the version.
 */
export function queryOfNextLink(nextLink: string, baseUrl: URL, collectionPath: string): string | undefined {
  const { origin } = baseUrl;
  const prefix = baseUrl.pathname.replace(/\/$/, "");
  const collections = ["v1.0", "beta"].map((version) => `${prefix}/${version}${collectionPath}`);
  for (const collection of collections) {
    // A relative link may start at the collection, beside it, or at the version, as its `@odata.context` does.
    for (const base of [collection, collection.slice(0, 1 - collectionPath.length)]) {
      if (!URL.canParse(nextLink, `${origin}${base}`)) return undefined;
      const url = new URL(nextLink, `${origin}${base}`);
      if (url.origin !== origin || url.username !== "" || url.password !== "") return undefined;
      const path = url.pathname.replace(/\/{2,}/g, "/").replace(/(?:\(\)|\/)+$/, "");
      if (collections.some((known) => known.toLowerCase() === path.toLowerCase())) return url.search.slice(1);
    }
  }
  return undefined;
}

function encodeCursor({ query, afterIds }: PageCursor, filterHash: string): string {
  return Buffer.from(JSON.stringify([query, filterHash, ...afterIds])).toString("base64url");
}

function decodeCursor(cursor: string, filterHash: string): PageCursor {
  const [query, hash, ...afterIds] = parseCursor(cursor);
  const isPlace =
    typeof query === "string" &&
    isPageQuery(query) &&
    afterIds.length <= maxAfterIds &&
    afterIds.every((id) => typeof id === "string");
  if (!isPlace) throw badUserInput([{ path: "after", message: "must be a cursor from this gateway" }]);
  if (hash !== filterHash) {
    throw badUserInput([{ path: "after", message: "must be a cursor from a list with the same filter" }]);
  }
  return { query, afterIds };
}

function parseCursor(cursor: string): unknown[] {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return Array.isArray(parsed) ? parsed : [];
  } catch {
    return [];
  }
}

/** Graph's own token can have many kilobytes. A request line of more than about 64 KB is refused by proxies. */
const maxQueryCharacters = 60_000;

/**
 * Whether this is a query string as `URL` writes it, so that it can name no other host, path or fragment. Its options can only
 * change which certificates Graph lists, and how: the gateway reads the same properties whatever they say.
 */
function isPageQuery(query: string): boolean {
  return query.length <= maxQueryCharacters && new URL(`http://localhost/?${query}`).search.slice(1) === query;
}
