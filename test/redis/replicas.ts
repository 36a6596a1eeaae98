/** Two gateways of one Graph and one Redis. */
import { CreateUserPfxCertificateDocument as CREATE } from "intune-pfx-client/operations";
import type { Config } from "../../src/config/config.ts";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../src/emulator/server.ts";
import { systemClock } from "../../src/request/clock.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { anInput, thumbprintOf } from "../support/input.ts";

/** The real time: Redis has its own. */
export const realClock = { ...systemClock, sleeps: [], skippedMs: 0 };

export const gatewayBefore = (emulator: Emulator, config: Partial<Config>): Promise<TestGateway> =>
  startGateway({ clock: realClock, through: async () => emulator, config });

export interface Replicas extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly one: TestGateway;
  readonly other: TestGateway;
}

export async function startReplicas(
  redisUrl: string,
  config: Partial<Config> = {},
  emulation: EmulatorOptions = {},
): Promise<Replicas> {
  const emulator = await startEmulator({ writeQuota: false, ...emulation });
  const [one, other] = await Promise.all(
    [1, 2].map(() => gatewayBefore(emulator, { graphWritesPer20s: 100_000, redisUrl, ...config })),
  );
  if (one === undefined || other === undefined) throw new Error("two gateways were started");
  return {
    emulator,
    one,
    other,
    async [Symbol.asyncDispose]() {
      await emulator.close();
      await one[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

/** Creates the certificate of that number. @param file which of several files for its key. @returns the answer in short. */
export async function create(gateway: TestGateway, number: number, file = "", headers: Record<string, string> = {}) {
  const input = anInput({
    thumbprint: thumbprintOf(number),
    ...(file !== "" && { encryptedPfxBlob: Buffer.from(`file ${file}`).toString("base64") }),
  });
  const { data, errors } = await gateway.send(CREATE, { input }, headers);
  return { certificate: data?.createUserPfxCertificate, code: errors?.[0]?.extensions?.code, error: errors?.[0] };
}

/** Lines of the log about Redis: what went wrong, or `back`. */
export const newsOf = ({ log }: TestGateway): unknown[] =>
  log.flatMap(({ msg, reason }) => {
    if (/^Redis answers again/.test(String(msg))) return ["back"];
    return /^Redis (?:does not answer|takes no writes)/.test(String(msg)) ? [reason] : [];
  });
