/**
 * Graph's collection `deviceManagement/userPfxCertificates`: one method per operation, each a path, a body and a decoding.
 * One instance serves one GraphQL request.
 *
 * Permissions: `DeviceManagementConfiguration.Read.All` to read, `DeviceManagementConfiguration.ReadWrite.All` to write,
 * and for delegated callers an Intune role.
 */
import { badUserInput, GatewayError } from "../errors.ts";
import type { CreateUserPfxCertificateInput } from "../schema/create-user-pfx-certificate-input.ts";
import { isBefore } from "../schema/instant.ts";
import type { UpdateUserPfxCertificateInput } from "../schema/update-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../schema/user-pfx-certificate.ts";
import type { UserPfxCertificateFilter } from "../schema/user-pfx-certificate-filter.ts";
import type { UserPfxCertificatesArgs } from "../schema/user-pfx-certificates-args.ts";
import type { GraphClient } from "./graph-client.ts";
import { unreadableAnswer } from "./graph-error.ts";
import type { GraphCaller, GraphRequest, GraphResponse } from "./graph-request.ts";
import { isRecord } from "./json.ts";
import { certificatePath, collectionPath, filterQuery } from "./odata.ts";
import { type Connection, type GraphPage, pageOf, queryOfNextLink } from "./paging.ts";
import { userPfxCertificateOf } from "./user-pfx-certificate-json.ts";

const odataType = "#microsoft.graph.userPFXCertificate";
const defaultFirst = 50;

export class UserPfxCertificates {
  readonly #client: GraphClient;
  readonly #caller: GraphCaller;

  constructor(client: GraphClient, caller: GraphCaller) {
    this.#client = client;
    this.#caller = caller;
  }

  /**
   * Import a certificate.
   *
   * @throws {GraphError} `CONFLICT` where the user already has it; `OUTCOME_UNKNOWN` where it may have been stored or not.
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-create
   */
  async create(input: CreateUserPfxCertificateInput): Promise<UserPfxCertificate> {
    const request: GraphRequest = {
      method: "POST",
      path: collectionPath,
      body: bodyOf(input),
      secrets: [input.encryptedPfxBlob, input.encryptedPfxPassword],
      expects: [201],
      caller: this.#caller,
    };
    return this.#certificateOf(request, await this.#client.send(request));
  }

  /**
   * One certificate, secrets redacted; null where there is none of that id.
   *
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-get
   */
  async get(id: string): Promise<UserPfxCertificate | null> {
    const request: GraphRequest = {
      method: "GET",
      path: certificatePath(id),
      expects: [200, 404],
      caller: this.#caller,
    };
    const response = await this.#client.send(request);
    return response.status === 404 ? null : this.#certificateOf(request, response);
  }

  /**
   * A page of certificates. Graph is asked to filter by user and thumbprint, which it is known to honour; every condition
   * is then applied here, so that the answer is right either way.
   *
   * @param userPrincipalName only certificates of this user, besides what the filter says.
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-list
   */
  async list(
    { first, after, filter }: UserPfxCertificatesArgs,
    userPrincipalName?: string,
  ): Promise<Connection<UserPfxCertificate>> {
    const filters = [filter ?? {}, ...(userPrincipalName === undefined ? [] : [{ userPrincipalName }])];
    const conditions = filters.map((each) => Object.entries(each).filter(([, value]) => value != null));
    return pageOf({
      first: first ?? defaultFirst,
      after,
      firstQuery: filterQuery({ ...filter, ...(userPrincipalName !== undefined && { userPrincipalName }) }),
      filterKey: JSON.stringify(conditions.map((each) => each.sort())),
      matches: conditions.every((each) => each.length === 0)
        ? undefined
        : (certificate) => filters.every((each) => matches(certificate, each)),
      fetchPage: (query) => this.#fetchPage(query),
    });
  }

  /**
   * Change what is given, and only that.
   *
   * @throws {GraphError} `NOT_FOUND` where there is none of that id.
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-update
   */
  async update(id: string, input: UpdateUserPfxCertificateInput): Promise<UserPfxCertificate> {
    const path = certificatePath(id);
    if (Object.values(input).every((value) => value === undefined)) {
      throw badUserInput([{ path: "input", message: "must give at least one property" }]);
    }
    const secrets = [input.encryptedPfxBlob, input.encryptedPfxPassword].filter((value) => value !== undefined);
    const request: GraphRequest = {
      method: "PATCH",
      path,
      body: bodyOf(input),
      secrets,
      expects: [200, 204],
      caller: this.#caller,
    };
    const response = await this.#client.send(request);
    if (response.status === 200) return this.#certificateOf(request, response);
    // Graph's own description allows an answer without content; the caller still gets the certificate.
    const certificate = await this.get(id);
    if (certificate === null) throw new GatewayError("NOT_FOUND", "The certificate was deleted meanwhile.");
    return certificate;
  }

  /**
   * Delete a certificate and return its id.
   *
   * @throws {GraphError} `NOT_FOUND` where there is none of that id.
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-delete
   */
  async delete(id: string): Promise<string> {
    const path = certificatePath(id);
    await this.#client.send({ method: "DELETE", path, expects: [204], caller: this.#caller });
    return id;
  }

  #certificateOf(request: GraphRequest, response: GraphResponse): UserPfxCertificate {
    const certificate = this.#decode(response.body);
    if (certificate === undefined) throw unreadableAnswer(request, response);
    return certificate;
  }

  #decode(value: unknown): UserPfxCertificate | undefined {
    return userPfxCertificateOf(value, (property) => this.#client.log.unknownEnumMember({ property }));
  }

  async #fetchPage(query: string): Promise<GraphPage<UserPfxCertificate>> {
    const request: GraphRequest = { method: "GET", path: collectionPath, query, expects: [200], caller: this.#caller };
    const response = await this.#client.send(request);
    const { body } = response;
    if (!isRecord(body) || !Array.isArray(body.value)) throw unreadableAnswer(request, response);
    const items = body.value.map((value: unknown) => {
      const certificate = this.#decode(value);
      if (certificate === undefined) throw unreadableAnswer(request, response);
      return certificate;
    });
    const nextLink = body["@odata.nextLink"];
    if (nextLink === undefined || nextLink === null) return { items, nextQuery: undefined };
    const nextQuery = typeof nextLink === "string" ? queryOfNextLink(nextLink, this.#client.baseUrl) : undefined;
    if (nextQuery === undefined) throw unreadableAnswer(request, response);
    return { items, nextQuery };
  }
}

/** Graph keeps thumbprints in lower case, and its natural key is made of them. */
function bodyOf(input: UpdateUserPfxCertificateInput): Record<string, unknown> {
  const { thumbprint } = input;
  return { "@odata.type": odataType, ...input, ...(thumbprint && { thumbprint: thumbprint.toLowerCase() }) };
}

function matches(certificate: UserPfxCertificate, filter: UserPfxCertificateFilter): boolean {
  const { userPrincipalName, thumbprint, intendedPurpose, expiresBefore, expiresAfter } = filter;
  const { expirationDateTime } = certificate;
  return (
    (userPrincipalName == null || equalsInAnyCase(certificate.userPrincipalName, userPrincipalName)) &&
    (thumbprint == null || equalsInAnyCase(certificate.thumbprint, thumbprint)) &&
    (intendedPurpose == null || certificate.intendedPurpose === intendedPurpose) &&
    (expiresBefore == null || (expirationDateTime !== null && isBefore(expirationDateTime, expiresBefore))) &&
    (expiresAfter == null || (expirationDateTime !== null && isBefore(expiresAfter, expirationDateTime)))
  );
}

function equalsInAnyCase(stored: string | null, wanted: string): boolean {
  return stored !== null && stored.toLowerCase() === wanted.toLowerCase();
}
