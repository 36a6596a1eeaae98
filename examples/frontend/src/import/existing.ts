/** What Intune has already: asked before anything is sent, so that a second import of the same files sends nothing. */
import type { ApolloClient } from "@apollo/client";
import {
  UserPfxCertificatesDocument,
  type UserPfxCertificatesQuery,
  type UserPfxCertificatesQueryVariables,
} from "intune-pfx-client/operations";
import { purposes } from "../words.ts";
import type { Facts } from "./protocol.ts";

type Page = UserPfxCertificatesQuery["userPfxCertificates"];
type Certificate = Page["edges"][number]["node"];

/** More users than this, and the whole collection is read instead. */
const fewUsers = 20;
const pageSize = 1000;

/** `same`: nothing is to be sent. Otherwise the record is for another key or purpose, and sending would change nothing. */
export type Presence = "absent" | "same" | { readonly code: "OTHER_KEY" | "OTHER_PURPOSE"; readonly message: string };

export class Existing {
  readonly #byUser = new Map<string, Certificate[]>();
  readonly #keyNames = new Set<string>();
  #isWhole = false;
  readonly #client: ApolloClient;

  constructor(client: ApolloClient) {
    this.#client = client;
  }

  /** Reads what it has not read yet of these users. */
  async read(users: readonly string[], signal: AbortSignal): Promise<void> {
    const unknown = [...new Set(users.map((user) => user.toLowerCase()))].filter((user) => !this.#byUser.has(user));
    if (this.#isWhole || unknown.length === 0) return;
    if (unknown.length > fewUsers) {
      await this.#readPages(null, signal);
      this.#isWhole = true;
      return;
    }
    for (const user of unknown) {
      this.#byUser.set(user, []);
      try {
        await this.#readPages({ userPrincipalName: user }, signal);
      } catch (error) {
        this.#byUser.delete(user);
        throw error;
      }
    }
  }

  async #readPages(filter: { userPrincipalName: string } | null, signal: AbortSignal): Promise<void> {
    if (filter === null) this.#byUser.clear();
    let after: string | null = null;
    do {
      signal.throwIfAborted();
      const page: Page | undefined = await this.#readPage({ first: pageSize, after, filter }, signal);
      for (const { node } of page?.edges ?? []) this.#note(node);
      after = page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
  }

  async #readPage(variables: UserPfxCertificatesQueryVariables, signal: AbortSignal): Promise<Page | undefined> {
    const { data } = await this.#client.query({
      query: UserPfxCertificatesDocument,
      variables,
      fetchPolicy: "no-cache",
      context: { fetchOptions: { signal } },
    });
    return data?.userPfxCertificates;
  }

  #note(certificate: Certificate): void {
    const user = (certificate.userPrincipalName ?? "").toLowerCase();
    const known = this.#byUser.get(user);
    if (known === undefined) this.#byUser.set(user, [certificate]);
    else known.push(certificate);
    if (certificate.keyName !== null) this.#keyNames.add(certificate.keyName);
  }

  /** Whether a certificate of the tenant names this key; `undefined` where the tenant has not been read. */
  namesKey(keyName: string): boolean | undefined {
    return this.#isWhole ? this.#keyNames.has(keyName) : undefined;
  }

  /** `undefined` where this user has not been read. */
  find(facts: Facts): Presence | undefined {
    const certificates = this.#byUser.get(facts.user.toLowerCase());
    if (certificates === undefined) return this.#isWhole ? "absent" : undefined;
    const stored = certificates.find(({ thumbprint }) => thumbprint?.toLowerCase() === facts.thumbprint.toLowerCase());
    if (stored === undefined) return "absent";
    const { keyName, providerName, paddingScheme, intendedPurpose } = stored;
    // What Graph leaves out can't differ.
    if (keyName !== null && keyName !== facts.keyName) return other("OTHER_KEY", `the key "${keyName}"`);
    if (providerName !== null && providerName !== facts.providerName) {
      return other("OTHER_KEY", `the provider "${providerName}"`);
    }
    if (paddingScheme !== null && paddingScheme !== facts.paddingScheme) {
      return other("OTHER_KEY", `the padding ${paddingScheme}`);
    }
    if (intendedPurpose !== null && intendedPurpose !== facts.purpose) {
      return other("OTHER_PURPOSE", `the purpose ${purposes[intendedPurpose]}`);
    }
    return "same";
  }
}

function other(code: "OTHER_KEY" | "OTHER_PURPOSE", what: string): Presence {
  return { code, message: `already in Intune, but for ${what}; to send it anew, delete it from the list first` };
}
