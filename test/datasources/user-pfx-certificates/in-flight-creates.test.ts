/** What is remembered of a key, and for how long. Straight at the class: it takes thousands of creates to show. */
import { describe, expect, it } from "vitest";
import { InFlightCreates, type KeyHistory } from "../../../src/datasources/user-pfx-certificates/in-flight-creates.ts";
import { GatewayError } from "../../../src/errors.ts";
import { systemClock } from "../../../src/request/clock.ts";
import { Deadline } from "../../../src/request/deadline.ts";
import { RequestClosed } from "../../../src/request/request-closed.ts";
import type { UserPfxCertificate } from "../../../src/schema/user-pfx-certificate.ts";
import { UserPfxIntendedPurpose } from "../../../src/schema/user-pfx-intended-purpose.ts";
import { UserPfxPaddingScheme } from "../../../src/schema/user-pfx-padding-scheme.ts";
import { anInput } from "../../support/input.ts";

const createdDateTime = "2026-01-01T00:00:00Z";
const input = {
  ...anInput(),
  intendedPurpose: UserPfxIntendedPurpose.SMIME_ENCRYPTION,
  paddingScheme: UserPfxPaddingScheme.OAEP_SHA512,
};

function open() {
  const creates = new InFlightCreates();
  const caller = { deadline: new Deadline(60_000, systemClock), closed: new RequestClosed() };
  const run = (
    thumbprint: string,
    create: (history: KeyHistory) => Promise<UserPfxCertificate>,
    encryptedPfxBlob = input.encryptedPfxBlob,
  ) => creates.run({ ...input, thumbprint, encryptedPfxBlob }, "token", caller, create);
  /** So many creates of other keys. */
  const others = async (count: number, create: () => Promise<UserPfxCertificate>) => {
    for (let number = 0; number < count; number++)
      await run(number.toString(16).padStart(40, "0"), create).catch(() => {});
  };
  return { run, others };
}

const stored = async () => ({
  ...input,
  id: "id",
  userId: null,
  createdDateTime,
  lastModifiedDateTime: createdDateTime,
});
const refused = async () => {
  throw new GatewayError("FORBIDDEN", "no");
};
const unknown = async () => {
  throw new GatewayError("OUTCOME_UNKNOWN", "who knows");
};
/** A create that is under way until it is told to finish. */
function slow(outcome: () => Promise<UserPfxCertificate>) {
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return { finish: () => finish(), create: () => finished.then(outcome) };
}

const key = "f".repeat(40);
const otherFile = "b3RoZXI=";

describe("the history of a key", () => {
  it("is not evicted by any number of failed creates of other keys", async () => {
    const { run, others } = open();
    await run(key, unknown).catch(() => {});

    await others(25_000, refused);

    const pasts: KeyHistory["doubt"][] = [];
    await run(
      key,
      (history) => {
        pasts.push(history.doubt);
        return stored();
      },
      otherFile,
    );
    expect(pasts).toEqual(["settled by now"]);
  });

  it("is kept for the next 4,999 stored keys, then evicted", async () => {
    const { run, others } = open();
    await run(key, stored);

    await others(4999, stored);
    const pasts: (string | null)[] = [];
    await run(key, (history) => {
      pasts.push(history.createdDateTime);
      return stored();
    });
    await others(15_000, stored);
    await run(key, (history) => {
      pasts.push(history.createdDateTime);
      return stored();
    });

    expect(pasts).toEqual([createdDateTime, null]);
  });

  it("includes the create in flight, whatever else is stored meanwhile", async () => {
    const { run, others } = open();
    const { create, finish } = slow(stored);
    const first = run(key, create);

    await others(15_000, stored);
    let sentAgain = 0;
    const second = run(key, () => {
      sentAgain += 1;
      return stored();
    });
    finish();

    expect(await second).toBe(await first);
    expect(sentAgain).toBe(0);
  });

  it("counts as new when its create ends, however long the create took", async () => {
    const { run, others } = open();
    const { create, finish } = slow(unknown);
    const first = run(key, create);
    await others(9998, stored);
    finish();
    await first.catch(() => {});

    await others(4000, stored);

    const pasts: KeyHistory["doubt"][] = [];
    const later = (history: KeyHistory) => {
      pasts.push(history.doubt);
      return stored();
    };
    await run(key, later, otherFile);
    expect(pasts).toEqual(["settled by now"]);
  });

  it("says whether Graph may still apply a create, until one of the key is stored", async () => {
    const { run } = open();
    const pasts: KeyHistory["doubt"][] = [];
    const other = (outcome: () => Promise<UserPfxCertificate>) => (history: KeyHistory) => {
      pasts.push(history.doubt);
      return outcome();
    };
    const givenUp = (history: KeyHistory) => {
      history.mayStillBeApplied = true;
      return unknown();
    };

    await run(key, givenUp).catch(() => {});
    await run(key, other(unknown), otherFile).catch(() => {});
    await run(key, other(stored), otherFile);
    await run(key, other(stored));

    expect(pasts).toEqual(["may still be applied", "may still be applied", "none"]);
  });

  it("is checked again by callers that waited for a failed create, one after another", async () => {
    const { run } = open();
    const order: string[] = [];
    const first = run(key, async () => {
      await new Promise((done) => setTimeout(done, 5));
      return refused();
    });
    const waiting = ["b25l", "dHdv", "dGhyZWU="].map((file) =>
      run(
        key,
        async () => {
          order.push(`${file} begins`);
          await new Promise((done) => setTimeout(done, 5));
          order.push(`${file} ends`);
          return stored();
        },
        file,
      ),
    );

    await expect(first).rejects.toThrow("no");
    await Promise.all(waiting);
    expect(order.length).toBe(6);
    for (const [index, step] of order.entries()) expect(step).toMatch(index % 2 === 0 ? /begins$/ : /ends$/);
  });
});
