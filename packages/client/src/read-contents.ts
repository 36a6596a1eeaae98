/** Opens a file and says which of its certificates belong to which of its keys. */
import { Asn1Error, NodeBudget } from "./asn1/read.ts";
import { readCertificate } from "./certificate/certificate.ts";
import { type CertificateInFile, type Matches, matchKeys } from "./certificate/match-keys.ts";
import type { Pace } from "./pace.ts";
import { damaged, type OpenedPfx, type OpenOptions, openPfx } from "./pkcs12/open-pfx.ts";
import type { PfxFile } from "./pkcs12/pfx-file.ts";

export interface Contents extends Matches {
  readonly opened: OpenedPfx;
  readonly certificates: readonly CertificateInFile[];
}

/** Whoever calls this erases `opened`. */
export async function readContents(
  file: PfxFile,
  password: string,
  options: OpenOptions,
  pace: Pace,
): Promise<Contents> {
  const opened = await openPfx(file, password, options, pace);
  try {
    const budget = new NodeBudget();
    const certificates: CertificateInFile[] = [];
    for (const entry of opened.certificates) {
      certificates.push({ ...entry, certificate: await readCertificate(entry.der, budget) });
      await pace.pauseIfDue();
    }
    return { opened, certificates, ...(await matchKeys(opened.keys, certificates, budget, pace)) };
  } catch (error) {
    opened.erase();
    throw error instanceof Asn1Error ? damaged() : error;
  }
}
