/**
 * From a PFX file and its password to the input of `createUserPfxCertificate`. The steps stand in the order in which they are
 * done: open the file, choose certificate, purpose and user, protect the file, encrypt its password.
 */
import { toBase64 } from "./bytes.ts";
import type { CertificateFacts } from "./certificate/certificate.ts";
import type { KeyPair } from "./certificate/match-keys.ts";
import { isPurposeExcluded, purposeMismatch, purposeUnknown, suggestPurpose } from "./certificate/purpose.ts";
import { chooseCertificate } from "./choose-certificate.ts";
import { chooseUser, type UserSource } from "./choose-user.ts";
import { encryptPassword } from "./connector-key/encrypt-password.ts";
import { readPublicKey } from "./connector-key/read-public-key.ts";
import type { CreateUserPfxCertificateInput, UserPfxIntendedPurpose } from "./operations/documents.ts";
import {
  type CheckedOptions,
  checkFile,
  checkMaxIterations,
  checkOptions,
  checkSignal,
  type PrepareOptions,
} from "./options.ts";
import { Pace } from "./pace.ts";
import { PfxError } from "./pfx-error.ts";
import { maxBlobBytes, readPfxFile, tooLarge } from "./pkcs12/pfx-file.ts";
import { protect } from "./protect.ts";
import { readContents } from "./read-contents.ts";
import { dualUse, notDeployed, otherKeysDropped, type PfxWarning, unverifiedKey, warningsOf } from "./warnings.ts";

/** What `prepareUserPfxCertificate` returns. Logging it or turning it to JSON shows neither the file nor its password. */
export class PreparedUserPfxCertificate {
  /** What the chosen certificate says of itself. */
  readonly certificate: CertificateFacts;
  /** Where `input.userPrincipalName` is from. */
  readonly userSource: UserSource;
  readonly warnings: readonly PfxWarning[];
  readonly #input: CreateUserPfxCertificateInput;

  constructor(
    input: CreateUserPfxCertificateInput,
    certificate: CertificateFacts,
    userSource: UserSource,
    warnings: readonly PfxWarning[],
  ) {
    this.#input = input;
    this.certificate = certificate;
    this.userSource = userSource;
    this.warnings = warnings;
  }

  /** The variable of the mutation, to be sent as it is. */
  get input(): CreateUserPfxCertificateInput {
    return this.#input;
  }
}

/**
 * Turns a user's PFX file into the input of the mutation `createUserPfxCertificate`.
 *
 * @param pfx the file's bytes, at most 8 MiB
 * @param password the file's password; an empty text where it has none
 * @throws {PfxError} with a code for each thing that can be wrong with file, password, certificate, key or options
 * @throws the reason of `options.signal`, once it is aborted
 * @see https://learn.microsoft.com/mem/intune/protect/certificates-imported-pfx-configure
 */
export async function prepareUserPfxCertificate(
  pfx: Uint8Array | ArrayBuffer,
  password: string,
  options: PrepareOptions,
): Promise<PreparedUserPfxCertificate> {
  const bytes = checkFile(pfx, password);
  const checked = checkOptions(options);
  const maxIterations = checkMaxIterations(options);
  const pace = new Pace(checkSignal(options));
  const publicKey = await readPublicKey(options.publicKey);
  const file = readPfxFile(bytes);
  const allowMissingMac = options.allowMissingMac === true;
  const contents = await readContents(file, password, { maxIterations, allowMissingMac }, pace);
  try {
    const pair = chooseCertificate(contents, checked.thumbprint);
    const { facts, names } = pair.certificate.certificate;
    const { purpose, warnings: purposeWarnings } = choosePurpose(facts, checked, options.allowPurposeMismatch === true);
    const user = chooseUser(checked.userPrincipalName, names);
    refuseExpired(facts, purpose, checked, options.allowExpired === true);

    const sent = await protect({ file, contents, pair, password, protection: checked.protection }, pace);
    if (sent.file.length > maxBlobBytes) throw tooLarge(sent.file.length);
    const encryptedPfxPassword = await encryptPassword(sent.password, publicKey, checked.paddingScheme);
    await pace.pauseIfDue();
    const input: CreateUserPfxCertificateInput = {
      thumbprint: facts.thumbprint,
      intendedPurpose: purpose,
      userPrincipalName: user.userPrincipalName,
      startDateTime: facts.startDateTime,
      expirationDateTime: facts.expirationDateTime,
      providerName: checked.providerName,
      keyName: checked.keyName,
      paddingScheme: checked.paddingScheme,
      encryptedPfxBlob: toBase64(sent.file),
      encryptedPfxPassword,
    };
    return new PreparedUserPfxCertificate(input, facts, user.source, [
      ...warningsOf(facts, checked.now),
      ...purposeWarnings,
      ...user.warnings,
      ...keyWarnings(pair, contents.otherKeys, checked),
      ...sent.warnings,
    ]);
  } finally {
    contents.opened.erase();
  }
}

/** @throws {PfxError} `PURPOSE_UNKNOWN`, `PURPOSE_MISMATCH` */
function choosePurpose(
  facts: CertificateFacts,
  { intendedPurpose }: CheckedOptions,
  allowMismatch: boolean,
): { purpose: UserPfxIntendedPurpose; warnings: PfxWarning[] } {
  if (intendedPurpose === undefined) {
    const suggested = suggestPurpose(facts);
    if (suggested === undefined) throw purposeUnknown();
    return { purpose: suggested.purpose, warnings: suggested.isDualUse ? [dualUse()] : [] };
  }
  if (!allowMismatch && isPurposeExcluded(intendedPurpose, facts)) throw purposeMismatch(intendedPurpose, facts);
  return { purpose: intendedPurpose, warnings: intendedPurpose === "VPN" ? [notDeployed("VPN")] : [] };
}

/** Old mail needs encryption certificates, so that an expired one only brings a warning. */
function refuseExpired(
  { expirationDateTime }: CertificateFacts,
  purpose: UserPfxIntendedPurpose,
  { now }: CheckedOptions,
  allowExpired: boolean,
): void {
  if (allowExpired || purpose === "SMIME_ENCRYPTION" || Date.parse(expirationDateTime) > now.getTime()) return;
  const date = expirationDateTime.slice(0, 10);
  throw new PfxError("EXPIRED", `this certificate expired on ${date}`, { expirationDateTime });
}

function keyWarnings({ isVerified }: KeyPair, otherKeys: number, { protection }: CheckedOptions): PfxWarning[] {
  return [
    ...(isVerified ? [] : [unverifiedKey()]),
    ...(otherKeys > 0 && protection !== "keep" ? [otherKeysDropped(otherKeys)] : []),
  ];
}
