/** Prepares a file under all protections and holds what comes out against what OpenSSL finds in the original. */
import type { PrepareOptions, Protection } from "intune-pfx-client";
import { expect } from "vitest";
import { type OpenedFile, openByOpenssl } from "./open.ts";
import { prepare, protections, type Stored } from "./prepare.ts";
import { rewritten } from "./rewritten.ts";

interface Made {
  pfx: Uint8Array;
  password: string;
  thumbprint: string;
  options?: Partial<PrepareOptions>;
}

export async function expectOpened(
  { pfx, password, thumbprint, options }: Made,
  tried: readonly Protection[] = protections,
): Promise<Stored[]> {
  const original = await openByOpenssl(pfx, password);
  const all: Stored[] = [];
  for (const protection of tried) {
    const kept = protection === "keep" ? whyNotKept(password) : undefined;
    const prepared = prepare(pfx, password, { ...options, protection });
    if (kept !== undefined) {
      await expect(prepared, protection).rejects.toMatchObject({ name: "PfxError", code: kept });
      continue;
    }
    const stored = await prepared;
    all.push(stored);
    await expectStored(stored, { original, protection, thumbprint });
    if (protection === "keep") expect(stored.password).toBe(password);
  }
  return all;
}

async function expectStored(
  stored: Stored,
  { original, protection, thumbprint }: { original: OpenedFile; protection: Protection; thumbprint: string },
): Promise<void> {
  expect(stored.certificate.thumbprint).toBe(thumbprint);
  const isKept = protection === "keep";
  const opened = await openByOpenssl(stored.file, stored.password, isKept ? ["-legacy"] : []);
  expect(opened, protection).toEqual(isKept ? original : rewritten(original, thumbprint));
}

/** The connector's key of 2048 bits and OAEP with SHA-512 have room for 126 bytes. */
function whyNotKept(password: string): string | undefined {
  if (password === "") return "PASSWORD_EMPTY";
  if (!/^[\x20-\x7e]*$/.test(password)) return "PASSWORD_NOT_ASCII";
  return password.length > 126 ? "PASSWORD_TOO_LONG" : undefined;
}
