/**
 * Graph's collection `deviceManagement/userPfxCertificates`: one method for each operation: path, body, decoding.
 * One instance serves one GraphQL request.
 *
 * Permissions: `DeviceManagementConfiguration.Read.All` to read, `DeviceManagementConfiguration.ReadWrite.All` to write,
 * and for delegated callers an Intune role.
 */
import { asError, badUserInput, GatewayError, GraphError } from "../../errors.ts";
import type { CreateUserPfxCertificateInput } from "../../schema/create-user-pfx-certificate-input.ts";
import type { UpdateUserPfxCertificateInput } from "../../schema/update-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import type { UserPfxCertificatesArgs } from "../../schema/user-pfx-certificates-args.ts";
import { cleanThumbprint } from "../../schema/validation/thumbprint.ts";
import type { GraphClient } from "../graph/graph-client.ts";
import { fromGraphResponse } from "../graph/protocol/error.ts";
import { type Connection, pageOf } from "../graph/protocol/paging.ts";
import type { Batch, GraphCaller, GraphRequest } from "../graph/protocol/request.ts";
import { type AuditSubject, audited } from "./audited.ts";
import { UserPfxCertificateBody } from "./certificate-json.ts";
import { type CreateResult, createMany } from "./create-many.ts";
import { createOnce } from "./create-once.ts";
import { deleteOnce } from "./delete-once.ts";
import { matches } from "./filter.ts";
import type { InFlightCreates } from "./in-flight-creates.ts";
import { lookUpCaller } from "./look-up-caller.ts";
import { certificatePath, isCertificateId, isSameId, naturalKeyQuery, resource } from "./path.ts";
import { CertificateReader } from "./reader.ts";

const defaultFirst = 50;
/** Share of the deadline. With less time left a listing returns what it has, with a cursor to continue. */
const shortShare = 0.2;
/** Maximum number of certificates by id and lists in one GraphQL request: a page of a thousand users could request a thousand lists. */
const maxReads = 1000;
const tooManyReads = `One request may ask for at most ${maxReads} certificates by id and lists; request the rest separately.`;

export class UserPfxCertificates {
  readonly #client: GraphClient;
  readonly #caller: GraphCaller;
  readonly #creates: InFlightCreates;
  readonly #reader: CertificateReader;
  readonly #maxBatchItems: number;
  #reads: Batch | undefined;
  #readCount = 0;

  /** @param creates those of all requests. @param maxBatchItems most inputs of one plural create. */
  constructor(client: GraphClient, caller: GraphCaller, creates: InFlightCreates, maxBatchItems: number) {
    this.#client = client;
    this.#caller = caller;
    this.#creates = creates;
    this.#reader = new CertificateReader(client);
    this.#maxBatchItems = maxBatchItems;
  }

  /**
   * Import a certificate; at most one record exists afterwards, however often the network fails in between.
   *
   * @throws {GatewayError} `CONFLICT` if the user already has it; `OUTCOME_UNKNOWN` if the outcome could not be settled in
   * time.
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-create
   */
  create(input: CreateUserPfxCertificateInput): Promise<UserPfxCertificate> {
    return this.#create(input);
  }

  /**
   * Import many certificates, up to twenty in one request to Graph. The results have the order of the inputs. Each input succeeds
   * or fails independently.
   *
   * @throws {GatewayError} `UNAUTHENTICATED` or `CLAIMS_CHALLENGE` if every input failed with it.
   */
  createMany(inputs: readonly CreateUserPfxCertificateInput[]): Promise<CreateResult[]> {
    const batch = this.#client.batch(inputs.length);
    return createMany(this.#client, this.#caller, { inputs, max: this.#maxBatchItems }, (input) =>
      this.#create(input, batch),
    );
  }

  /**
   * One certificate, secrets redacted; null if it does not exist. Several reads of one operation share a `$batch`.
   *
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-get
   */
  get(id: unknown): Promise<UserPfxCertificate | null> {
    this.#countReads();
    return this.#reader.get(id, { caller: this.#caller, batch: this.#readBatch() });
  }

  /**
   * The certificates of those ids, in order: null if there is none, an error in the place of a certificate that can't be read. Up to
   * twenty share a `$batch`.
   *
   * @throws {GatewayError} `BAD_USER_INPUT` if the request has read too much.
   */
  async getAll(ids: readonly unknown[]): Promise<(UserPfxCertificate | null | Error)[]> {
    if (!ids.every(isCertificateId)) {
      return Promise.all(ids.map(async (id) => this.get(id)).map((read) => read.catch(asError)));
    }
    this.#countReads(ids.length);
    return this.#reader.getAll(ids, { caller: this.#caller, batch: this.#readBatch() });
  }

  /**
   * A page of certificates. Graph filters by user and thumbprint, as it is known to do. The gateway then applies every
   * condition itself, so that the result is right either way. Several lists of one operation share a `$batch`.
   *
   * @param userPrincipalName only certificates of this user, in addition to the filter.
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-list
   */
  async list(
    { first, after, filter }: UserPfxCertificatesArgs,
    userPrincipalName?: string,
  ): Promise<Connection<UserPfxCertificate>> {
    this.#countReads();
    const { deadline } = this.#caller;
    if (filter?.thumbprint) filter.thumbprint = cleanThumbprint(filter.thumbprint);
    const filters = [filter ?? {}, ...(userPrincipalName === undefined ? [] : [{ userPrincipalName }])];
    const conditions = filters.map((each) => Object.entries(each).filter(([, value]) => value != null));
    let isBegun = false;
    return pageOf({
      first: first ?? defaultFirst,
      after,
      firstQuery: naturalKeyQuery({ ...filter, ...(userPrincipalName !== undefined && { userPrincipalName }) }),
      filterKey: JSON.stringify(conditions.map((each) => each.sort())),
      matches: conditions.every((each) => each.length === 0)
        ? undefined
        : (certificate) => filters.every((each) => matches(certificate, each)),
      fetchPage: async (query) => {
        const isOfCursor = after != null && !isBegun;
        isBegun = true;
        const page = this.#reader.page(query, { caller: this.#caller, batch: this.#readBatch() });
        return isOfCursor ? page.catch(throwIfCursorIsStale) : page;
      },
      isTimeShort: () => deadline.remainingMs < shortShare * deadline.budgetMs,
    });
  }

  /**
   * Change only the given properties.
   *
   * @throws {GraphError} `NOT_FOUND` if it does not exist.
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-update
   */
  async update(id: string, input: UpdateUserPfxCertificateInput): Promise<UserPfxCertificate> {
    const path = certificatePath(id);
    if (input.thumbprint !== undefined) input.thumbprint = cleanThumbprint(input.thumbprint);
    if (Object.values(input).every((value) => value === undefined)) {
      throw badUserInput([{ path: "input", message: "must give at least one property" }]);
    }
    const request: GraphRequest = {
      resource,
      operation: "update",
      method: "PATCH",
      path,
      body: new UserPfxCertificateBody(input),
      caller: this.#caller,
    };
    const updated = await audited(
      this.#client,
      this.#caller,
      { operation: "update", certificateId: id },
      async (last) => {
        const response = await this.#reader.expect(request, [200, 204]);
        last.response = response;
        if (response.status !== 200) return undefined;
        const certificate = await this.#reader.certificateOf(request, response);
        // Graph makes the id of the user and the thumbprint, so a change of these may change the id.
        const keepsId = input.thumbprint === undefined && input.userPrincipalName === undefined;
        if (keepsId && !isSameId(certificate.id, id)) throw await fromGraphResponse(request, response);
        return certificate;
      },
    );
    // Graph's documentation allows a response without content; the caller still gets the certificate.
    const certificate = updated ?? (await this.get(id).catch(throwUnread));
    if (certificate === null) throw new GatewayError("NOT_FOUND", "The certificate was deleted meanwhile.");
    // Graph keeps the id, which names the former user.
    if (input.userPrincipalName !== undefined && isSameId(certificate.id, id)) certificate.userId = null;
    return certificate;
  }

  /**
   * Delete a certificate and return its id.
   *
   * @throws {GraphError} `NOT_FOUND` if it does not exist.
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-delete
   */
  async delete(id: string): Promise<string> {
    const request: GraphRequest = {
      resource,
      operation: "delete",
      method: "DELETE",
      path: certificatePath(id),
      caller: this.#caller,
    };
    return audited(this.#client, this.#caller, { operation: "delete", certificateId: id }, async (last) => {
      await deleteOnce(this.#client, request, last, () =>
        this.#reader.get(id, { caller: lookUpCaller(this.#caller, this.#caller.span), isLookUp: true }),
      );
      return id;
    });
  }

  async #create(input: CreateUserPfxCertificateInput, batch?: Batch): Promise<UserPfxCertificate> {
    input.thumbprint = cleanThumbprint(input.thumbprint);
    const { thumbprint, userPrincipalName } = input;
    const subject: AuditSubject = { operation: "create", thumbprint, userPrincipalName };
    return audited(this.#client, this.#caller, subject, async (last, token) => {
      const certificate = await this.#creates.run(input, token, this.#caller, (history) =>
        createOnce({ client: this.#client, caller: this.#caller, reader: this.#reader, batch, last }, input, history),
      );
      subject.certificateId = certificate.id;
      return certificate;
    });
  }

  /** Reads of one request share a `$batch`. */
  #readBatch(): Batch {
    this.#reads ??= this.#client.batch();
    return this.#reads;
  }

  #countReads(count = 1): void {
    this.#caller.authorize("read");
    this.#readCount += count;
    if (this.#readCount > maxReads) throw new GatewayError("BAD_USER_INPUT", tooManyReads);
  }
}

/** Graph's paging tokens do not last for ever. */
function throwIfCursorIsStale(error: unknown): never {
  const isRefused = error instanceof GraphError && (error.graph.status === 400 || error.graph.status === 410);
  if (!isRefused || error.code !== "UPSTREAM_INVALID_RESPONSE") throw error;
  const message = "is a cursor that Microsoft Graph no longer accepts; list from the first page again";
  throw badUserInput([{ path: "after", message }]);
}

/** The change was accepted; a failed read says nothing about it. */
function throwUnread(error: unknown): never {
  if (!(error instanceof GatewayError)) throw error;
  const message = "Microsoft Graph accepted the change, but it could not be read back; repeating it is safe.";
  const { retryAfterSeconds } = error;
  throw new GatewayError("OUTCOME_UNKNOWN", message, { retryAfterSeconds, cause: error });
}
