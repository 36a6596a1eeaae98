import process from "node:process";
import { expect, it } from "vitest";
import { keyFile } from "../../client/vectors.ts";
import { TestFolder } from "../../support/cli.ts";
import { startGateway } from "../../support/gateway.ts";
import { pfxOf } from "../../support/many-pfx.ts";
import { startCli } from "./cli-process.ts";

/** Makes a process tell its peak memory, in kilobytes, on standard error when it ends. */
const tellsPeak = `--import data:text/javascript,${encodeURIComponent(
  `process.on("exit", () => console.error("peak " + process.resourceUsage().maxRSS));`,
)}`;

/** Later versions of Node.js hold more from the start. */
const mostMb = Number(process.versions.node.split(".")[0]) < 22 ? 110 : 135;

it(`an import of 100 files holds less than ${mostMb} MB`, async () => {
  await using gateway = await startGateway({ writeQuota: false });
  using folder = new TestFolder();
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  for (let index = 0; index < 100; index += 1) {
    const user = `user${index}@contoso.example`;
    folder.write(`pfx/${user}.pfx`, pfxOf(user));
  }

  const { stderr } = await startCli(
    ["import", "pfx", "--key", "key.pub", "--key-name", "K", "--gateway", gateway.url],
    folder.path,
    { INTUNE_PFX_TOKEN: "caller-token", INTUNE_PFX_PASSWORD: "secret", NODE_OPTIONS: tellsPeak },
  ).ended;

  expect(stderr).toContain("100 created");
  const peakMb = (Number(/^peak (\d+)$/m.exec(stderr)?.[1]) * 1024) / 1e6;
  // V8 would take up to 30 MB more to optimize undici's HTTP parser.
  expect(peakMb).toBeLessThan(mostMb);
  expect(peakMb).toBeGreaterThan(50);
});
