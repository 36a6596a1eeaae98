/** What page and worker tell each other. No password comes back, and of a file only what is shown or sent. */
import type { UserSource } from "intune-pfx-client";
import type { UserPfxIntendedPurpose } from "intune-pfx-client/operations";

/** A file as it was dropped: `path` has its folders, where a folder was dropped. */
export interface ChosenFile {
  readonly file: File;
  readonly path: string;
}

export interface Connector {
  readonly publicKey: Uint8Array;
  readonly keyName: string;
  readonly providerName: string;
}

export interface KeyFacts {
  readonly bits: number;
  readonly fingerprint: string;
}

/** Why a file can't be imported, in the words of the PFX library; `PASSWORD_NEEDED`: nobody has given one yet. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  /** With `SEVERAL_CERTIFICATES`: what to choose from. */
  readonly thumbprints?: readonly string[] | undefined;
}

/** A file, a row of a list, or an entry of a JSON file: what becomes a row of the table. */
export interface Described {
  readonly id: number;
  /** File, behind the list and its line where it is from a list. */
  readonly name: string;
  readonly user: string | undefined;
  readonly purpose: UserPfxIntendedPurpose | undefined;
  /** What is wrong with it before anybody opens it. */
  readonly problem: Problem | undefined;
}

export interface Added {
  /** All rows, those of earlier calls included. */
  readonly rows: readonly Described[];
  /** What people should know of the lists. */
  readonly notes: readonly string[];
}

/** What a person has changed in a row. */
export interface Changes {
  readonly user?: string | undefined;
  readonly purpose?: UserPfxIntendedPurpose | undefined;
  readonly thumbprint?: string | undefined;
}

/** Facts of a certificate that can be shown. */
export interface Facts {
  readonly user: string;
  readonly userSource: UserSource | "file name" | "list" | "JSON";
  readonly purpose: UserPfxIntendedPurpose;
  readonly thumbprint: string;
  readonly startDateTime: string;
  readonly expirationDateTime: string;
  readonly keyName: string;
  readonly providerName: string;
  readonly paddingScheme: string;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
}

export type Opened = { readonly facts: Facts } | { readonly problem: Problem };

export interface Call {
  readonly call: number;
  readonly action: string;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly call: number; readonly value: unknown }
  | { readonly call: number; readonly problem: Problem };
