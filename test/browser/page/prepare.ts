/** One file, prepared in the thread that calls. */
import { PfxError, type PrepareOptions, prepareUserPfxCertificate } from "intune-pfx-client";
import type { CreateUserPfxCertificateInput } from "intune-pfx-client/operations";

export interface Task {
  readonly pfx: ArrayBuffer;
  readonly password: string;
  /** Has come through JSON. */
  readonly options: Omit<PrepareOptions, "now" | "signal">;
}

export interface Answer {
  readonly input?: CreateUserPfxCertificateInput;
  readonly error?: { readonly code: string; readonly message: string };
  /** How often a timer ran in this thread meanwhile. */
  readonly ticks: number;
}

/** When the vectors' files are neither expired nor about to be. */
const now = new Date("2026-11-29T12:00:00Z");

export async function prepare({ pfx, password, options }: Task): Promise<Answer> {
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, 0);
  try {
    const { input } = await prepareUserPfxCertificate(pfx, password, { ...options, now });
    return { input, ticks };
  } catch (error) {
    const code = error instanceof PfxError ? error.code : "no PfxError";
    return { error: { code, message: String(error) }, ticks };
  } finally {
    clearInterval(timer);
  }
}
