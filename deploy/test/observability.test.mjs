/** Dashboard, alerts, scrape settings and runbook against what a running gateway exports, and against each other. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { importBuilt, startGateway } from "../../examples/program.mjs";

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const read = (name) => readFileSync(path(name), "utf8");
const dashboard = JSON.parse(read("helm/intune-pfx-gateway/files/dashboard.json"));
const alerts = parse(read("helm/intune-pfx-gateway/files/alerts.yaml")).groups.flatMap(({ rules }) => rules);
const runbook = read("../docs/troubleshooting.md");
const expressions = [
  ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ...alerts.map(({ expr }) => expr),
];

/** Names in a PromQL expression that are no functions, labels, keywords or values. */
function metricsIn(expression) {
  const bare = expression
    .replace(/\{[^}]*\}/g, "")
    .replace(/\[[^\]]*\]/g, "")
    .replace(/\b(?:by|without)\s*\([^)]*\)/g, "");
  return [...bare.matchAll(/\b[a-z_]\w*\b(?!\s*\()/g)].map(([name]) => name);
}

/** The metrics of an expression that are not selected by this label and value. */
const withoutJob = (expression, job) =>
  metricsIn(expression).filter((name) =>
    [...expression.matchAll(new RegExp(`\\b${name}\\b(\\{[^}]*\\})?`, "g"))].some(
      ([, selector]) => !selector?.includes(job),
    ),
  );

/** Of one metric of one expression: the labels that it is selected and grouped by. */
const labelsIn = (expression) => [
  ...[...expression.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label),
  ...[...expression.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, list]) => list.split(",").map((each) => each.trim())),
];

describe("dashboard and alerts", () => {
  let exported;
  let gateway;
  let emulator;
  before(async () => {
    const { startEmulator } = await importBuilt("emulator/server.js");
    emulator = await startEmulator({});
    gateway = await startGateway({
      PORT: "0",
      METRICS_PORT: "0",
      GRAPH_BASE_URL: emulator.url,
      ALLOW_LOOPBACK_UPSTREAM: "true",
      AUTH_MODE: "none",
    });
    await fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"query":"{ userPfxCertificates { nodes { id } } nothing }"}',
    });
    await fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"query":"{ userPfxCertificates { nodes { id } } }"}',
    });
    exported = await (await fetch(/"metricsUrl":"([^"]+)"/.exec(gateway.output())[1])).text();
  });
  after(async () => {
    await gateway?.close();
    await emulator?.close();
  });

  it("ask only for metrics that the gateway exports", () => {
    const names = new Set(
      [...exported.matchAll(/^# TYPE (\w+) (\w+)/gm)].flatMap(([, name, type]) =>
        type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
      ),
    );
    const unknown = expressions.flatMap(metricsIn).filter((name) => !names.has(name) && name !== "up");

    assert.ok(expressions.length > 25);
    assert.deepEqual(unknown, []);
  });

  it("would not get away with another name", () => {
    assert.deepEqual(metricsIn('sum by (a) (rate(graphql_requests{b="c"}[5m])) > 0.05'), ["graphql_requests"]);
  });

  it("select every metric by the job, so that another service's metrics of the same names count for nothing", () => {
    const panels = dashboard.panels.flatMap(({ targets = [] }) => targets);

    assert.deepEqual(
      alerts.flatMap(({ expr }) => withoutJob(expr, 'job="intune-pfx-gateway"')),
      [],
    );
    assert.deepEqual(
      panels.flatMap(({ expr }) => withoutJob(expr, 'job="$job"')),
      [],
    );
    const variables = dashboard.templating.list.filter(({ type }) => type === "query");
    assert.deepEqual(
      variables.map(({ name }) => name),
      ["job", "instance"],
    );
    assert.deepEqual(withoutJob(variables[1].query.replace("label_values", ""), 'job="$job"'), ["instance"]);
    assert.deepEqual(withoutJob('sum(a_total{job="$job"}) / sum(b_total)', 'job="$job"'), ["b_total"]);
  });

  it("ask for the job that compose.yaml's Prometheus scrapes under", () => {
    const [{ job_name: job }] = parse(read("prometheus/prometheus.yaml")).scrape_configs;

    assert.equal(job, "intune-pfx-gateway");
    assert.equal(dashboard.templating.list.find(({ name }) => name === "job").current.value, job);
  });

  it("lead from each alert to its section of the runbook", () => {
    const anchors = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, heading]) => heading.toLowerCase());

    for (const { alert, annotations } of alerts) {
      assert.equal(annotations.runbook_url, `docs/troubleshooting.md#${alert.toLowerCase()}`);
      assert.ok(anchors.includes(alert.toLowerCase()), alert);
    }
  });

  it("go by labels that are documented or Prometheus's own", () => {
    const documented = [...read("../docs/observability.md").matchAll(/`([a-z_]+)`/g)].map(([, name]) => name);
    const known = new Set([...documented, "instance", "job", "le"]);

    assert.deepEqual(
      expressions.flatMap(labelsIn).filter((label) => !known.has(label)),
      [],
    );
  });

  it("have a paragraph in the runbook for each alert, and for each error code", async () => {
    const headings = [...runbook.matchAll(/^### `?(\w+)`?/gm)].map(([, name]) => name);
    const errors = /^## Codes\n(.*?)^These codes /ms.exec(read("../docs/errors.md"))?.[1] ?? "";
    const codes = [...errors.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);

    assert.ok(codes.length > 12);
    assert.deepEqual(
      alerts.map(({ alert }) => alert).filter((alert) => !headings.includes(alert)),
      [],
    );
    assert.deepEqual(
      codes.filter((code) => !headings.includes(code)),
      [],
    );
  });
});

describe("the alert rules", () => {
  const promtool = (...args) => execFileSync("promtool", args, { encoding: "utf8", cwd: path("prometheus") });

  it("are well-formed, and fire on what they are for", () => {
    assert.match(promtool("check", "rules", "../helm/intune-pfx-gateway/files/alerts.yaml"), /SUCCESS: 13 rules/);
    assert.match(promtool("test", "rules", "alerts.test.yaml"), /SUCCESS/);
  });

  it("are each tested", () => {
    const tested = read("prometheus/alerts.test.yaml");

    assert.deepEqual(
      alerts.map(({ alert }) => alert).filter((alert) => !tested.includes(`alertname: ${alert}`)),
      [],
    );
  });
});

describe("compose.yaml", () => {
  it("mounts files that are there, and gives the gateway longer to stop than a request may take", () => {
    const { services } = parse(read("../compose.yaml"), { merge: true });
    const mounts = Object.values(services).flatMap(({ volumes = [] }) => volumes.map((each) => each.split(":")[0]));

    assert.ok(mounts.length >= 4);
    assert.deepEqual(
      mounts.filter((mount) => !existsSync(path(`../${mount}`))),
      [],
    );
    assert.ok(Number.parseInt(services.gateway.stop_grace_period, 10) > 26);
    assert.equal(services.gateway.read_only, true);
  });
});
