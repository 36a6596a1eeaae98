/**
 * What Intune has already. A few users are asked for one by one; more than that, and the whole collection is read once, which
 * takes less than a second for 5,000 certificates.
 */
import {
  UserPfxCertificatesDocument,
  type UserPfxCertificatesQuery,
  type UserPfxCertificatesQueryVariables,
} from "intune-pfx-client/operations";
import { CliError, ExitCode } from "../cli-error.ts";
import type { Session } from "../gateway/session.ts";

export type ExistingCertificate = UserPfxCertificatesQuery["userPfxCertificates"]["edges"][number]["node"];

const pageSize = 1000;

/** All certificates that `filter` lets through, page by page. */
export async function* readCertificates(
  session: Session,
  filter: UserPfxCertificatesQueryVariables["filter"] = null,
): AsyncGenerator<ExistingCertificate> {
  let after: string | null = null;
  for (;;) {
    const outcome: Awaited<ReturnType<typeof readPage>> = await readPage(session, { first: pageSize, after, filter });
    for (const { node } of outcome.edges) yield node;
    if (!outcome.pageInfo.hasNextPage) return;
    const next: string | null = outcome.pageInfo.endCursor ?? null;
    if (next === null || next === after) throw unreadable("the gateway's pages do not end");
    after = next;
  }
}

async function readPage(session: Session, variables: UserPfxCertificatesQueryVariables) {
  const outcome = await session.call("UserPfxCertificates", UserPfxCertificatesDocument, variables);
  if ("failure" in outcome) throw unreadable(outcome.failure.message, outcome.failure.code);
  const page = outcome.data.userPfxCertificates;
  const edges: unknown = page?.edges;
  const isPage = Array.isArray(edges) && edges.every((edge) => typeof edge?.node === "object" && edge.node !== null);
  if (!isPage || typeof page.pageInfo !== "object") throw unreadable("the gateway's answer is no list");
  return page;
}

function unreadable(reason: string, code = "UPSTREAM_INVALID_RESPONSE"): CliError {
  return new CliError(ExitCode.STOPPED, code, `the certificates in Intune can't be read: ${reason}`);
}

export interface Existing {
  /** The certificates of a user, in whatever case the name is written. */
  ofUser(user: string): Promise<readonly ExistingCertificate[]>;
  /** Whether any certificate of the tenant names this key. */
  namesKey(keyName: string): Promise<boolean>;
}

/** Reads the whole collection at once. */
export async function readAllExisting(session: Session): Promise<Existing> {
  const byUser = new Map<string, ExistingCertificate[]>();
  const keyNames = new Set<string>();
  for await (const certificate of readCertificates(session)) {
    const user = (certificate.userPrincipalName ?? "").toLowerCase();
    const known = byUser.get(user);
    if (known === undefined) byUser.set(user, [certificate]);
    else known.push(certificate);
    if (certificate.keyName != null) keyNames.add(certificate.keyName);
  }
  return {
    ofUser: async (user) => byUser.get(user.toLowerCase()) ?? [],
    namesKey: async (keyName) => keyNames.has(keyName),
  };
}

/** Reads each user when that user is asked for, once. */
export function readExistingByUser(session: Session): Existing {
  const byUser = new Map<string, ExistingCertificate[]>();
  return {
    async ofUser(user) {
      const known = byUser.get(user.toLowerCase());
      if (known !== undefined) return known;
      const certificates: ExistingCertificate[] = [];
      for await (const certificate of readCertificates(session, { userPrincipalName: user }))
        certificates.push(certificate);
      byUser.set(user.toLowerCase(), certificates);
      return certificates;
    },
    async namesKey(keyName) {
      for await (const certificate of readCertificates(session)) {
        if (certificate.keyName === keyName) return true;
      }
      return false;
    },
  };
}
