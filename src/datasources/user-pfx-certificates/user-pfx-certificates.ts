/**
 * Graph's collection `deviceManagement/userPfxCertificates`: one method per operation, each a path, a body and a decoding.
 * One instance serves one GraphQL request.
 *
 * Permissions: `DeviceManagementConfiguration.Read.All` to read, `DeviceManagementConfiguration.ReadWrite.All` to write,
 * and for delegated callers an Intune role.
 */
import { badUserInput, GatewayError } from "../../errors.ts";
import type { CreateUserPfxCertificateInput } from "../../schema/create-user-pfx-certificate-input.ts";
import type { UpdateUserPfxCertificateInput } from "../../schema/update-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import type { UserPfxCertificatesArgs } from "../../schema/user-pfx-certificates-args.ts";
import type { GraphClient } from "../graph/graph-client.ts";
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
import { certificatePath, naturalKeyQuery, resource } from "./path.ts";
import { CertificateReader } from "./reader.ts";

const defaultFirst = 50;
/** Of a request's time: with less left a listing stops where it is, rather than at the deadline with nothing to show. */
const shortShare = 0.2;
/** Certificates by id and lists, of one GraphQL request: a page of a thousand could ask for a list of every user's. */
const maxReads = 1000;
const tooManyReads = `One request may ask for at most ${maxReads} certificates by id and lists; ask for the rest in another one.`;

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
   * @throws {GatewayError} `CONFLICT` where the user already has it; `OUTCOME_UNKNOWN` where that could not be settled in
   * time.
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-create
   */
  create(input: CreateUserPfxCertificateInput): Promise<UserPfxCertificate> {
    return this.#create(input);
  }

  /**
   * Import many certificates, up to twenty in one request to Graph. Answers in the order of the inputs; what one of them
   * meets with is only its own.
   *
   * @throws {GatewayError} `UNAUTHENTICATED` or `CLAIMS_CHALLENGE` where that is the answer to all of them.
   */
  createMany(inputs: readonly CreateUserPfxCertificateInput[]): Promise<CreateResult[]> {
    const batch = this.#client.batch(inputs.length);
    return createMany(this.#client, this.#caller, { inputs, max: this.#maxBatchItems }, (input) =>
      this.#create(input, batch),
    );
  }

  /**
   * One certificate, secrets redacted; null where there is none of that id. Several of one operation travel together.
   *
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-get
   */
  get(id: string): Promise<UserPfxCertificate | null> {
    this.#countRead();
    return this.#reader.get(id, { caller: this.#caller, batch: this.#readBatch() });
  }

  /**
   * A page of certificates. Graph is asked to filter by user and thumbprint, which it is known to honour; every condition
   * is then applied here, so that the answer is right either way. Several of one operation travel together.
   *
   * @param userPrincipalName only certificates of this user, besides what the filter says.
   * @see https://learn.microsoft.com/graph/api/intune-raimportcerts-userpfxcertificate-list
   */
  async list(
    { first, after, filter }: UserPfxCertificatesArgs,
    userPrincipalName?: string,
  ): Promise<Connection<UserPfxCertificate>> {
    this.#countRead();
    const { deadline } = this.#caller;
    const filters = [filter ?? {}, ...(userPrincipalName === undefined ? [] : [{ userPrincipalName }])];
    const conditions = filters.map((each) => Object.entries(each).filter(([, value]) => value != null));
    return pageOf({
      first: first ?? defaultFirst,
      after,
      firstQuery: naturalKeyQuery({ ...filter, ...(userPrincipalName !== undefined && { userPrincipalName }) }),
      filterKey: JSON.stringify(conditions.map((each) => each.sort())),
      matches: conditions.every((each) => each.length === 0)
        ? undefined
        : (certificate) => filters.every((each) => matches(certificate, each)),
      fetchPage: (query) => this.#reader.page(query, { caller: this.#caller, batch: this.#readBatch() }),
      isTimeShort: () => deadline.remainingMs < shortShare * deadline.budgetMs,
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
        return response.status === 200 ? this.#reader.certificateOf(request, response) : undefined;
      },
    );
    // Graph's own description allows an answer without content; the caller still gets the certificate.
    const certificate = updated ?? (await this.get(id).catch(throwUnread));
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
    const { thumbprint, userPrincipalName } = input;
    const subject: AuditSubject = { operation: "create", thumbprint: thumbprint.toLowerCase(), userPrincipalName };
    return audited(this.#client, this.#caller, subject, async (last, token) => {
      const certificate = await this.#creates.run(input, token, this.#caller, (history) =>
        createOnce({ client: this.#client, caller: this.#caller, reader: this.#reader, batch, last }, input, history),
      );
      subject.certificateId = certificate.id;
      return certificate;
    });
  }

  /** Reads of one request travel together. */
  #readBatch(): Batch {
    this.#reads ??= this.#client.batch();
    return this.#reads;
  }

  #countRead(): void {
    this.#caller.authorize("read");
    this.#readCount += 1;
    if (this.#readCount > maxReads) throw new GatewayError("BAD_USER_INPUT", tooManyReads);
  }
}

/** Whatever the read failed of says nothing about the change. */
function throwUnread(error: unknown): never {
  if (!(error instanceof GatewayError)) throw error;
  const message = "Microsoft Graph accepted the change, but it could not be read back; repeating it is safe.";
  const { retryAfterSeconds } = error;
  throw new GatewayError("OUTCOME_UNKNOWN", message, { retryAfterSeconds, cause: error });
}
