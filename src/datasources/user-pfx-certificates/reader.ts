/** Reads certificates: requests to the collection, and their responses decoded and checked. One instance serves one GraphQL request. */
import { GatewayError, GraphError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { TraceSpan } from "../../observability/span.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import type { GraphClient } from "../graph/graph-client.ts";
import { fromGraphResponse, fromOutcome, fromTransportFailure } from "../graph/protocol/error.ts";
import type { GraphPage } from "../graph/protocol/paging.ts";
import type { Batch, GraphCaller, GraphRequest, GraphResponse, Outcome } from "../graph/protocol/request.ts";
import { isNotFound } from "../graph/protocol/response.ts";
import { pageOfUserPfxCertificates, userPfxCertificateOf } from "./certificate-json.ts";
import { matches } from "./filter.ts";
import { lookUpCaller } from "./look-up-caller.ts";
import { certificatePath, collectionPath, isSameId, type NaturalKey, naturalKeyQuery, resource } from "./path.ts";

const oddRecord = "Microsoft Graph lists a record that may be the certificate, but the record cannot be read.";

type ReadOptions = Pick<GraphRequest, "caller" | "batch" | "isLookUp">;

export class CertificateReader {
  readonly #client: GraphClient;
  /** Properties with an enum member that this build does not know: each is logged once. */
  #unknownMembers: Set<string> | undefined;

  constructor(client: GraphClient) {
    this.#client = client;
  }

  /** The certificate of that id; null if there is none. @throws {GatewayError} */
  async get(id: unknown, options: ReadOptions): Promise<UserPfxCertificate | null> {
    const request = readOf(id, options);
    const found = await this.#resultOf(request, await this.#client.send(request));
    if (found instanceof Error) throw found;
    return found;
  }

  /** The certificates of those ids, in order: null if there is none, an error if it can't be read. Never rejects. */
  async getAll(
    ids: readonly string[],
    options: ReadOptions & { batch: Batch },
  ): Promise<(UserPfxCertificate | null | Error)[]> {
    const requests = ids.map((id) => readOf(id, options));
    const reads = await this.#client.sendReads(requests, options.batch);
    return Promise.all(
      reads.map(({ request, outcome }) => (outcome instanceof Error ? outcome : this.#resultOf(request, outcome))),
    );
  }

  /** The certificate that a read by id found; null if there is none. */
  #resultOf(request: GraphRequest, outcome: Outcome): UserPfxCertificate | null | Promise<GatewayError> {
    if ("error" in outcome) return fromOutcome(request, outcome);
    const { response } = outcome;
    if (isNotFound(response)) return null;
    const certificate = response.status === 200 ? this.decode(response.body) : undefined;
    const isAsked = certificate !== undefined && isSameId(`${collectionPath}/${certificate.id}`, request.path);
    return isAsked ? certificate : fromOutcome(request, outcome);
  }

  /** One of Graph's pages. @param query encoded, without the question mark. @throws {GatewayError} */
  async page(query: string, options: ReadOptions): Promise<GraphPage<UserPfxCertificate>> {
    const request: GraphRequest = {
      resource,
      operation: "read",
      method: "GET",
      path: collectionPath,
      query,
      ...options,
    };
    const response = await this.expect(request, [200]);
    const page = pageOfUserPfxCertificates(response.body, this.#client.baseUrl, (value) => this.decode(value));
    if (page === undefined) throw await fromGraphResponse(request, response);
    if (page.oddItems.length > 0) {
      this.#client.log.oddItems({ count: page.oddItems.length });
      this.#client.metrics?.oddItems(page.oddItems.length);
    }
    return page;
  }

  /**
   * The record of that user and thumbprint, of which Graph keeps one; null if there is none. The look-up goes on when the client
   * disconnects: a create that was sent is accounted for.
   *
   * @param span parent of the look-up's requests.
   * @throws {GatewayError} if it can't be found out.
   */
  async findByNaturalKey(
    { userPrincipalName, thumbprint }: NaturalKey,
    onBehalfOf: GraphCaller,
    span: TraceSpan,
  ): Promise<UserPfxCertificate | null> {
    const caller = lookUpCaller(onBehalfOf, span);
    const key = { userPrincipalName, thumbprint };
    const asked = new Set<string>();
    for (let query = naturalKeyQuery(key); !asked.has(query); ) {
      asked.add(query);
      const page = await this.page(query, { caller, isLookUp: true }).catch((error: unknown) => {
        // A Graph that does not take the filter is asked for everything.
        if (asked.size === 1 && error instanceof GraphError && error.graph.status === 400) return null;
        throw error;
      });
      const found = page?.items.find((certificate) => matches(certificate, key));
      if (found !== undefined) return found;
      if (page?.oddItems.some((item) => mayBeOfKey(item, key)))
        throw new GatewayError("UPSTREAM_INVALID_RESPONSE", oddRecord);
      if (page !== null && page.nextQuery === undefined) return null;
      query = page?.nextQuery ?? "";
    }
    throw new GatewayError("UPSTREAM_INVALID_RESPONSE", "Microsoft Graph's pages go in a circle.");
  }

  /** The response, if it has one of the statuses. @throws {GatewayError} the error of any other outcome. */
  async expect(request: GraphRequest, statuses: readonly number[]): Promise<GraphResponse> {
    const outcome = await this.#client.send(request);
    if ("error" in outcome) throw fromTransportFailure(request, outcome.error);
    if (!statuses.includes(outcome.response.status)) throw await fromGraphResponse(request, outcome.response);
    return outcome.response;
  }

  /** The certificate in a response. @throws {GraphError} if the body is no certificate. */
  async certificateOf(request: GraphRequest, response: GraphResponse): Promise<UserPfxCertificate> {
    const certificate = this.decode(response.body);
    if (certificate === undefined) throw await fromGraphResponse(request, response);
    return certificate;
  }

  /** The certificate in Graph's JSON; `undefined` if it is none. */
  decode(value: unknown): UserPfxCertificate | undefined {
    return userPfxCertificateOf(value, (property) => {
      this.#unknownMembers ??= new Set();
      if (this.#unknownMembers.has(property)) return; // a page of a thousand would log it a thousand times
      this.#unknownMembers.add(property);
      this.#client.log.unknownEnumMember({ property });
    });
  }
}

/** @throws {GatewayError} `BAD_USER_INPUT` if the id is none. */
function readOf(id: unknown, options: ReadOptions): GraphRequest {
  return { resource, operation: "read", method: "GET", path: certificatePath(id), ...options };
}

/** Whether an item that is no certificate may be the record of that thumbprint. */
function mayBeOfKey(item: unknown, { thumbprint }: NaturalKey): boolean {
  return isRecord(item) && String(item.thumbprint).toLowerCase() === thumbprint.toLowerCase();
}
