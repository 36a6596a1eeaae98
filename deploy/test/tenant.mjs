/** Tenants for the tests of deploy/azure: Entra's objects behind a fake of Azure CLI. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process, { env } from "node:process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { azProgram, serveAz } from "./fake-az.mjs";

export const script = fileURLToPath(new URL("../azure/register.sh", import.meta.url));

export const graph = {
  id: "6c1a0000-0000-4000-8000-000000000001",
  appId: "00000003-0000-0000-c000-000000000000",
  oauth2PermissionScopes: [
    { id: "0883f392-0a7a-443d-8c76-16a6d39c7b63", value: "DeviceManagementConfiguration.ReadWrite.All" },
  ],
  appRoles: [{ id: "9241abd9-d0e6-425a-bd4f-47ba86e767a4", value: "DeviceManagementConfiguration.ReadWrite.All" }],
};
/** A client secret that the fake hands out. */
export const canary = "canary-of-the-fake-az";

/** Of this test file; it has the fake `az`, and goes with the process. */
export const folder = mkdtempSync(join(tmpdir(), "register-"));
writeFileSync(join(folder, "az"), azProgram, { mode: 0o755 });
process.once("exit", () => rmSync(folder, { recursive: true }));

/** A tenant with nothing but Microsoft Graph in it. */
export function aTenant(more = {}) {
  const tenant = {
    tenantId: "7e4a4700-0000-4000-8000-000000000001",
    canary,
    hideNewFor: 0,
    applications: [],
    principals: [graph],
    grants: [],
    assignments: [],
    directoryRoles: [],
    calls: [],
    ...more,
  };
  return {
    ...tenant,
    app: (name) => tenant.applications.find(({ displayName }) => displayName === name),
    /** Runs the script, or other commands of a file; the calls are those of this run. */
    async register(variables, commands = script) {
      tenant.calls.length = 0;
      const az = await serveAz(tenant);
      const running = spawn("bash", [commands], {
        cwd: mkdtempSync(join(folder, "run-")),
        env: { PATH: `${folder}:${env.PATH}`, HOME: folder, FAKE_AZ_PORT: az.port, PAUSE_SECONDS: "0", ...variables },
      });
      const [[status], stdout, stderr] = await Promise.all([
        once(running, "close"),
        text(running.stdout),
        text(running.stderr),
      ]);
      az.close();
      const calls = [...tenant.calls];
      const writes = calls
        .filter(({ isWrite }) => isWrite)
        .map(({ command }) => command.replaceAll(/[0-9a-f-]{36}/g, "ID"));
      return { status, stdout, stderr, calls, writes };
    },
  };
}
