import { print } from "graphql";
import {
  CreateUserPfxCertificateDocument as CREATE,
  CreateUserPfxCertificatesDocument as CREATE_MANY,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { describe, expect, it, vi } from "vitest";
import { delayAnswer, dropAnswer, hangBeforeApplying } from "../../../src/emulator/faults.ts";
import { skippingClock } from "../../support/clock.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { anInput, thumbprintOf } from "../../support/input.ts";

const collection = "/userPfxCertificates";

/** Sends an operation and is gone as soon as `until` holds. */
async function sendAndLeave(
  gateway: TestGateway,
  document: Parameters<typeof print>[0],
  variables: object,
  until: () => boolean,
) {
  const gone = new AbortController();
  const answer = fetch(gateway.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer caller-token" },
    body: JSON.stringify({ query: print(document), variables }),
    signal: gone.signal,
  });
  await vi.waitUntil(until, { timeout: 5000, interval: 2 });
  gone.abort();
  await expect(answer).rejects.toThrow("abort");
}

const asked = (gateway: TestGateway) => gateway.log.filter(({ msg }) => msg === "request to Graph");
const sendings = (gateway: TestGateway) => gateway.emulator.requests.filter(({ method }) => method === "POST");

describe("a client that disconnects", () => {
  it("aborts a read at once", async () => {
    await using gateway = await startGateway({ faults: [hangBeforeApplying("GET", collection)] });

    await sendAndLeave(gateway, LIST, {}, () => gateway.emulator.requests.length === 1);

    await vi.waitUntil(() => asked(gateway).length > 0);
    expect(asked(gateway)).toMatchObject([{ operation: "read", silence: "disconnected" }]);
  });

  it("does not abort a create that was sent", async () => {
    await using gateway = await startGateway({ faults: [delayAnswer("POST", collection, 60)] });

    await sendAndLeave(gateway, CREATE, { input: anInput() }, () => gateway.emulator.ledger.length === 1);

    await vi.waitUntil(() => asked(gateway).length > 0);
    expect(asked(gateway)).toMatchObject([{ operation: "create", status: 201 }]);
  });

  it("still gets an audit line for a create that was sent, even if the gateway stops", async () => {
    await using gateway = await startGateway({ faults: [delayAnswer("POST", collection, 300)] });

    await sendAndLeave(gateway, CREATE, { input: anInput() }, () => gateway.emulator.ledger.length === 1);
    await gateway.stop();

    expect(gateway.log.filter(({ msg }) => msg === "audit")).toMatchObject([
      { operation: "create", outcome: "success" },
    ]);
  });

  it("does not prevent the look-up of a create whose response was lost", async () => {
    await using gateway = await startGateway({
      faults: [dropAnswer("POST", collection), delayAnswer("GET", collection, 30)],
    });

    await sendAndLeave(gateway, CREATE, { input: anInput() }, () => gateway.emulator.ledger.length === 1);

    await vi.waitUntil(() => asked(gateway).length === 2);
    expect(asked(gateway)[1]).toMatchObject({ operation: "read", status: 200 });
  });

  it("cancels a create that waits for the write quota", async () => {
    const clock = skippingClock(() => 0.5, 150);
    await using gateway = await startGateway({ clock, config: { graphWritesPer20s: 1 } });
    await gateway.send(CREATE, { input: anInput() });
    const next = anInput({ thumbprint: thumbprintOf(2) });

    await sendAndLeave(gateway, CREATE, { input: next }, () => clock.sleeps.length === 1);

    await new Promise((resolve) => setTimeout(resolve, 300)); // past its turn
    expect(sendings(gateway)).toHaveLength(1);
  });

  it("cancels the unsent items of a plural create", async () => {
    const clock = skippingClock(() => 0.5, 150);
    const config = { graphWritesPer20s: 20, requestDeadlineMs: 600_000, metricsPort: 0 };
    await using gateway = await startGateway({ clock, config });
    const inputs = Array.from({ length: 100 }, (_, index) => anInput({ thumbprint: thumbprintOf(index) }));

    await sendAndLeave(gateway, CREATE_MANY, { inputs }, () => gateway.emulator.ledger.length === 20);

    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(gateway.emulator.ledger).toHaveLength(20);
    const audit = gateway.log.filter(({ msg }) => msg === "audit");
    expect(audit.filter(({ outcome }) => outcome === "success")).toHaveLength(20);
    expect(audit.filter(({ outcome }) => outcome === "disconnected")).toHaveLength(80); // no fault of Graph's
    expect(await gateway.metrics()).not.toMatch(/^graphql_errors_total\{/m);
  });

  it("does not fail another caller that waits for the same create", async () => {
    const clock = skippingClock(() => 0.5, 150);
    await using gateway = await startGateway({ clock, config: { graphWritesPer20s: 1 } });
    await gateway.send(CREATE, { input: anInput() });
    const input = anInput({ thumbprint: thumbprintOf(2) });

    const leaving = sendAndLeave(gateway, CREATE, { input }, () => clock.sleeps.length === 1);
    await vi.waitUntil(() => clock.sleeps.length === 1);
    const staying = gateway.send(CREATE, { input });
    await leaving;

    const { data, errors } = await staying;
    expect(errors).toBeUndefined();
    expect(data?.createUserPfxCertificate.thumbprint).toBe(input.thumbprint);
    expect(gateway.emulator.ledger).toHaveLength(2);
  });

  it("leaves no timers or sockets behind", async () => {
    const count = () =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout" || name === "TCPSocketWrap").length;
    const before = count();
    {
      await using gateway = await startGateway({
        faults: [hangBeforeApplying("GET", collection, { times: 10 }), dropAnswer("POST", collection, { times: 3 })],
      });
      for (let time = 0; time < 10; time++) {
        await sendAndLeave(
          gateway,
          LIST,
          {},
          () => asked(gateway).length + 1 > time && gateway.emulator.requests.length > time,
        );
      }
      for (let number = 0; number < 3; number++) {
        await gateway.send(CREATE, { input: anInput({ thumbprint: thumbprintOf(number) }) });
      }
    }
    await vi.waitFor(() => expect(count()).toBeLessThanOrEqual(before + 2), { timeout: 8000, interval: 50 }); // fetch's own pool
  });
});
