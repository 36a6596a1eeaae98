/** What an import deals with: entries become prepared certificates, and each ends with a result. */
import type { UserSource } from "intune-pfx-client";
import type { CreateUserPfxCertificateInput, UserPfxIntendedPurpose } from "intune-pfx-client/operations";

/** A file to import, and what the command line or a list says of it. */
export interface Entry {
  /** How messages name it: the file, behind the list and its line where it is from a list. */
  readonly source: string;
  /** The file's absolute path. */
  readonly path: string;
  readonly user: string | undefined;
  /** Where `user` is from. */
  readonly userFrom: "list" | "option" | "file name" | undefined;
  readonly purpose: UserPfxIntendedPurpose | undefined;
  readonly thumbprint: string | undefined;
  /** From a list: the password itself, or the file that has it. */
  readonly password: string | undefined;
  readonly passwordFile: string | undefined;
  /** What is wrong with the row of the list. */
  readonly problem: { readonly code: string; readonly message: string } | undefined;
}

/** The library's warnings, and this program's own. */
export interface ItemWarning {
  readonly code: string;
  readonly message: string;
}

/** Facts of a certificate that can be shown and written to reports. */
export interface ItemFacts {
  readonly user: string;
  readonly thumbprint: string;
  readonly purpose: UserPfxIntendedPurpose;
  readonly startDateTime: string;
  readonly expirationDateTime: string;
  readonly userSource: UserSource | "file name" | "list";
  readonly warnings: readonly ItemWarning[];
}

export interface Item {
  readonly entry: Entry;
  readonly facts: ItemFacts;
  readonly input: CreateUserPfxCertificateInput;
}

export type OutcomeName = "created" | "replaced" | "alreadyThere" | "skipped" | "failed" | "notTried";

export interface Result {
  readonly source: string;
  readonly outcome: OutcomeName;
  readonly facts: ItemFacts | undefined;
  /** Also where the file could not be opened, but its name or its list says whose it is. */
  readonly user: string | undefined;
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly graphRequestId: string | undefined;
  /** The record in Intune. */
  readonly id: string | undefined;
}

export function resultOf(
  { entry, facts }: { readonly entry: Entry; readonly facts?: ItemFacts },
  outcome: OutcomeName,
  more: Partial<Pick<Result, "code" | "message" | "graphRequestId" | "id">> = {},
): Result {
  return {
    source: entry.source,
    outcome,
    facts,
    user: facts?.user ?? entry.user,
    code: undefined,
    message: undefined,
    graphRequestId: undefined,
    id: undefined,
    ...more,
  };
}
