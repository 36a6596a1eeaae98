/** The Helm chart: its manifests before Kubernetes' schemas, and against the gateway, the Dockerfile and the alert rules. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { parse, stringify } from "yaml";
import { importBuilt, startGateway } from "../../examples/program.mjs";
import { buildRenderer, chartFolder } from "../helm-chart.mjs";
import { problemsOf } from "../kubernetes.mjs";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const schema = JSON.parse(readFileSync(join(chartFolder, "values.schema.json"), "utf8"));
const defaults = parse(readFileSync(join(chartFolder, "values.yaml"), "utf8"));
const tenant = "0d7b0f0e-6d3c-4d3a-9b1e-6c1c6f1f5a11";
const client = "5b0f4b5e-1f0a-4a39-8f0e-2f6a7c9d3b22";

const image = { repository: "registry.example/intune-pfx-gateway" };
const identity = { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client };
const inSecret = (key) => ({ secret: "intune-pfx-gateway", key });

/** The gateway's own development dependencies, which are there wherever it was built. */
const { generate } = createRequire(new URL("../../package.json", import.meta.url))("selfsigned");
const { private: key, cert } = await generate([{ name: "commonName", value: "gateway" }], { algorithm: "sha256" });
/** What the gateway would not start with anything else in the place of. */
const contents = {
  REDIS_URL_FILE: "rediss://:secret@redis.example",
  AZURE_CLIENT_CERTIFICATE_PATH: `${key}\n${cert}`,
};

/** What people set, and what is derived from it: replicas at the most, and each one's share of the write quota. */
const installations = {
  passthrough: { values: { image, config: { AUTH_MODE: "passthrough" } }, replicas: 2, writes: "50" },
  "obo with a client secret": {
    values: {
      image,
      replicaCount: 3,
      config: { AUTH_MODE: "obo", ...identity, REQUEST_DEADLINE_MS: 40_001, CORS_ORIGINS: "https://portal.example" },
      files: { AZURE_CLIENT_SECRET_FILE: inSecret("client"), ROUTER_SECRET_FILE: inSecret("router") },
    },
    replicas: 3,
    writes: "33",
  },
  "obo with a certificate, behind a TLS-inspecting proxy": {
    values: {
      image,
      config: { AUTH_MODE: "obo", ...identity, MAX_BODY_BYTES: 1_000_000, OTEL_TRACES_SAMPLER_ARG: 0.25 },
      files: {
        AZURE_CLIENT_CERTIFICATE_PATH: inSecret("both.pem"),
        NODE_EXTRA_CA_CERTS: { configMap: "company-ca", key: "ca.crt" },
      },
      networkPolicy: { httpFrom: [{ podSelector: { matchLabels: { app: "router" } } }], metricsFrom: [] },
      topologySpreadConstraints: [],
    },
    replicas: 2,
    writes: "50",
  },
  "app with workload identity, Redis, autoscaling and everything else": {
    values: {
      image: { ...image, digest: `sha256:${"0123456789abcdef".repeat(4)}`, tag: "not-this" },
      imagePullSecrets: [{ name: "registry" }],
      fullnameOverride: "pfx",
      config: { AUTH_MODE: "app", ...identity, OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.tracing:4318" },
      files: {
        REDIS_URL_FILE: inSecret("redis"),
        PERSISTED_OPERATIONS_FILE: { configMap: "operations", key: "manifest.json" },
      },
      workloadIdentity: { enabled: true },
      extraEnv: [
        { name: "NODE_OPTIONS", value: "--max-old-space-size=700" },
        { name: "OTEL_EXPORTER_OTLP_HEADERS", valueFrom: { secretKeyRef: { name: "collector", key: "headers" } } },
      ],
      autoscaling: { enabled: true, maxReplicas: 8 },
      podDisruptionBudget: { maxUnavailable: "25%" },
      metrics: {
        job: "pfx-production",
        serviceMonitor: { enabled: true, labels: { release: "prometheus" } },
        prometheusRule: {
          enabled: true,
          labels: { release: "prometheus" },
          docsUrl: "https://git.example/intune-pfx/docs",
        },
        dashboard: { enabled: true, annotations: { grafana_folder: "Intune" } },
      },
      ingress: {
        enabled: true,
        className: "nginx",
        host: "pfx.example",
        paths: ["/graphql", "/graphiql"],
        tlsSecret: "pfx-tls",
        annotations: { "nginx.ingress.kubernetes.io/proxy-read-timeout": "30" },
      },
      httpRoute: {
        enabled: true,
        parentRefs: [{ name: "shared", namespace: "gateways", sectionName: "https" }],
        hostnames: ["pfx.example"],
        annotations: { note: "x" },
      },
      networkPolicy: {
        redisPort: 10_000,
        extraEgress: [{ to: [{ podSelector: {} }], ports: [{ port: 4318, protocol: "TCP" }] }],
      },
      serviceAccount: { annotations: { team: "identity" } },
      service: { annotations: { note: "x" }, port: 8080 },
      podAnnotations: { note: "x" },
      podLabels: { team: "identity" },
      nodeSelector: { "kubernetes.io/os": "linux" },
      tolerations: [{ key: "dedicated", operator: "Exists", effect: "NoSchedule" }],
      affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } },
    },
    replicas: 8,
    writes: "100",
  },
  "obo with a managed identity that the application trusts": {
    values: { image, config: { AUTH_MODE: "obo", ...identity, AZURE_FEDERATED_IDENTITY_CLIENT_ID: tenant } },
    replicas: 2,
    writes: "50",
  },
  "app with a managed identity, alone and without extras": {
    values: {
      image: { ...image, tag: "1.2.3" },
      replicaCount: 1,
      config: { AUTH_MODE: "app", ...identity, AZURE_USE_MANAGED_IDENTITY: true, GRAPH_WRITES_PER_20S: 1 },
      metrics: { enabled: false },
      podDisruptionBudget: { enabled: false },
      serviceAccount: { create: false },
    },
    replicas: 1,
    writes: "1",
  },
};

let renderer;
let gateway;
const render = (values) => renderer.render(values);
before(async () => {
  renderer = buildRenderer();
  const { readConfig } = await importBuilt("config/config.js");
  const { variables } = await importBuilt("config/variables.js");
  gateway = { readConfig, variables };
});
after(() => renderer?.remove());

const watched = { serviceMonitor: { enabled: true }, prometheusRule: { enabled: true }, dashboard: { enabled: true } };
const chartFile = (name) => readFileSync(join(chartFolder, "files", name), "utf8");
const podOf = ({ Deployment }) => Deployment.spec.template;
const containerOf = (manifests) => podOf(manifests).spec.containers[0];
const plainEnvironmentOf = (manifests) =>
  Object.fromEntries(
    containerOf(manifests)
      .env.filter(({ value }) => value !== undefined)
      .map(({ name, value }) => [name, value]),
  );
const defaultOf = (variable) => gateway.variables.find(({ name }) => name === variable).default;
const isPartOf = (part, whole) => Object.entries(part).every(([name, value]) => whole[name] === value);

for (const [name, { values, replicas, writes }] of Object.entries(installations)) {
  describe(`the chart, ${name}`, () => {
    let problems;
    let manifests;
    let notes;
    let text;
    before(() => {
      ({ problems, manifests, notes, text } = render(values));
    });

    it("has values that keep to the schema", () => {
      assert.deepEqual(problems, []);
    });

    it("has no manifest that Kubernetes' schemas find anything wrong with", () => {
      assert.ok(Object.keys(manifests).length >= 3);
      assert.deepEqual(Object.values(manifests).flatMap(problemsOf), []);
    });

    it("points everything at its own pods", () => {
      const { Deployment, Service, HorizontalPodAutoscaler, PodDisruptionBudget, NetworkPolicy, ServiceMonitor } =
        manifests;
      const selectors = [
        Deployment.spec.selector.matchLabels,
        Service.spec.selector,
        PodDisruptionBudget?.spec.selector.matchLabels,
        NetworkPolicy?.spec.podSelector.matchLabels,
        ...(podOf(manifests).spec.topologySpreadConstraints ?? []).map((each) => each.labelSelector.matchLabels),
      ].filter((selector) => selector !== undefined);

      for (const selector of selectors) {
        assert.deepEqual(Object.keys(selector), ["app.kubernetes.io/name", "app.kubernetes.io/instance"]);
        assert.ok(isPartOf(selector, podOf(manifests).metadata.labels));
      }
      if (HorizontalPodAutoscaler) {
        const { name, kind } = HorizontalPodAutoscaler.spec.scaleTargetRef;
        assert.deepEqual([name, kind], [Deployment.metadata.name, Deployment.kind]);
      }
      if (ServiceMonitor) assert.ok(isPartOf(ServiceMonitor.spec.selector.matchLabels, Service.metadata.labels));
      const { ServiceAccount } = manifests;
      assert.equal(podOf(manifests).spec.serviceAccountName, ServiceAccount?.metadata.name ?? "default");
    });

    it("has ports that lead from service, probes and policy to the gateway's", () => {
      const { Service, NetworkPolicy, ServiceMonitor } = manifests;
      const { ports, startupProbe, livenessProbe, readinessProbe } = containerOf(manifests);
      const isWatched = values.metrics?.enabled !== false;
      const numbers = Object.fromEntries(ports.map(({ name, containerPort }) => [name, containerPort]));
      const served = /PORT=(\d+)/.exec(read("Dockerfile"))[1];

      assert.deepEqual(numbers, { http: Number(served), ...(isWatched && { metrics: 9464 }) });
      assert.equal(plainEnvironmentOf(manifests).METRICS_PORT, isWatched ? "9464" : undefined);
      for (const { targetPort } of Service.spec.ports) assert.ok(targetPort in numbers);
      for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) assert.equal(httpGet.port, "http");
      for (const { port } of ServiceMonitor?.spec.endpoints ?? []) {
        assert.ok(Service.spec.ports.some(({ name }) => name === port));
      }
      const [http, ...others] = NetworkPolicy.spec.ingress;
      assert.deepEqual(http.ports, [{ port: numbers.http }]);
      assert.deepEqual(http.from, values.networkPolicy?.httpFrom);
      // Metrics are for nobody, or for those who are named: an empty list of peers would be everybody.
      const mayRead = values.networkPolicy?.metricsFrom ?? defaults.networkPolicy.metricsFrom;
      const expected = isWatched && mayRead.length > 0 ? [{ ports: [{ port: 9464 }], from: mayRead }] : [];
      assert.deepEqual(others, expected);
    });

    it("lets out DNS and HTTPS, and only what else is used", () => {
      const { egress } = manifests.NetworkPolicy.spec;
      const { redisPort, extraEgress = [] } = values.networkPolicy ?? {};

      assert.deepEqual(egress, [
        { ports: [{ port: 53, protocol: "UDP" }, { port: 53 }] },
        { ports: [{ port: 443 }] },
        ...(values.files?.REDIS_URL_FILE ? [{ ports: [{ port: redisPort }] }] : []),
        ...(values.config.AZURE_USE_MANAGED_IDENTITY || values.config.AZURE_FEDERATED_IDENTITY_CLIENT_ID
          ? [{ to: [{ ipBlock: { cidr: "169.254.169.254/32" } }], ports: [{ port: 80 }] }]
          : []),
        ...extraEgress,
      ]);
    });

    it("has an environment that the gateway starts with", () => {
      const place = mkdtempSync(join(tmpdir(), "helm-files-"));
      try {
        const environment = { NODE_ENV: "production", ...plainEnvironmentOf(manifests) };
        const files = Object.keys(values.files ?? {});
        const { volumes = [] } = podOf(manifests).spec;
        const sources = volumes.flatMap(({ projected }) => projected.sources);
        for (const [index, file] of files.sort().entries()) {
          const { items, name: from } = sources[index].secret ?? sources[index].configMap;
          const { mountPath } = containerOf(manifests).volumeMounts[0];
          const { secret, configMap, key } = values.files[file];
          assert.deepEqual([from, items[0].key], [secret ?? configMap, key]);
          assert.equal(environment[file], `${mountPath}/${items[0].path}`);
          environment[file] = join(place, file);
          writeFileSync(environment[file], contents[file] ?? "secret");
        }
        if (values.workloadIdentity?.enabled) {
          environment.AZURE_FEDERATED_TOKEN_FILE = join(place, "as-the-webhook-sets-it");
          writeFileSync(environment.AZURE_FEDERATED_TOKEN_FILE, "token");
        }

        const config = gateway.readConfig(environment);

        assert.equal(config.authMode, values.config.AUTH_MODE);
        assert.equal(config.graphWritesPer20s, Number(writes));
        assert.equal(config.maxBodyBytes, values.config.MAX_BODY_BYTES ?? Number(defaultOf("MAX_BODY_BYTES")));
        assert.equal(sources.length, files.length);
      } finally {
        rmSync(place, { recursive: true });
      }
    });

    it("sets no variable twice, and none but the gateway's, OpenTelemetry's and Node.js's", () => {
      const names = containerOf(manifests).env.map(({ name }) => name);
      const known = new Set(gateway.variables.flatMap(({ name }) => [name, `${name}_FILE`]));

      assert.deepEqual([...new Set(names)], names);
      assert.deepEqual(
        names.filter((name) => !known.has(name) && !/^(OTEL_[A-Z_]+|NODE_EXTRA_CA_CERTS|NODE_OPTIONS)$/.test(name)),
        [],
      );
    });

    it("divides the write quota among replicas that have no Redis, and says so", () => {
      const { Deployment, HorizontalPodAutoscaler } = manifests;

      assert.equal(HorizontalPodAutoscaler?.spec.maxReplicas ?? Deployment.spec.replicas, replicas);
      assert.equal("replicas" in Deployment.spec, HorizontalPodAutoscaler === undefined);
      assert.equal(plainEnvironmentOf(manifests).GRAPH_WRITES_PER_20S, writes);
      const says = new RegExp(`may send ${writes} writes.*\n.* divided by ${replicas} replicas`);
      if (values.files?.REDIS_URL_FILE || replicas === 1) assert.doesNotMatch(notes, says);
      else assert.match(notes, says);
    });

    it("gives a pod time for the sleep, the longest request and the end", () => {
      const { terminationGracePeriodSeconds } = podOf(manifests).spec;
      const { seconds } = containerOf(manifests).lifecycle.preStop.sleep;
      const deadlineMs = values.config.REQUEST_DEADLINE_MS ?? Number(defaultOf("REQUEST_DEADLINE_MS"));

      assert.ok(seconds >= 5);
      assert.equal(plainEnvironmentOf(manifests).REQUEST_DEADLINE_MS, String(deadlineMs));
      assert.equal(terminationGracePeriodSeconds, seconds + Math.ceil(deadlineMs / 1000) + 10);
    });

    it("runs as the image's user, who can do nothing", () => {
      const [uid, gid] = /^USER (\d+):(\d+)$/m.exec(read("Dockerfile")).slice(1).map(Number);
      const { spec } = podOf(manifests);

      assert.deepEqual(spec.securityContext, {
        runAsNonRoot: true,
        runAsUser: uid,
        runAsGroup: gid,
        fsGroup: gid,
        seccompProfile: { type: "RuntimeDefault" },
      });
      assert.deepEqual(containerOf(manifests).securityContext, {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      assert.equal(spec.containers.length, 1);
      assert.equal(spec.automountServiceAccountToken, false);
      assert.equal(manifests.ServiceAccount?.automountServiceAccountToken ?? false, false);
      assert.equal(spec.enableServiceLinks, false);
      for (const { projected } of spec.volumes ?? []) assert.equal(projected.defaultMode, 0o440);
    });

    it("holds no secret, only where secrets are", () => {
      assert.doesNotMatch(text, /kind: Secret\b|stringData|secretRef/);
      for (const { name, value } of containerOf(manifests).env) {
        if (/SECRET|REDIS|HEADERS|CERTIFICATE/.test(name))
          assert.ok(value === undefined || value === `/run/gateway/${name}`);
      }
    });
  });
}

describe("the chart", () => {
  it("takes an image by tag, by digest, and else by its own version, which is the gateway's", () => {
    const imageOf = (more) =>
      containerOf(render({ image: { ...image, ...more }, config: { AUTH_MODE: "passthrough" } }).manifests).image;
    const { version } = JSON.parse(read("package.json"));
    const digest = `sha256:${"a".repeat(64)}`;

    assert.equal(imageOf({}), `${image.repository}:${version}`);
    assert.equal(imageOf({ tag: "1.2.3" }), `${image.repository}:1.2.3`);
    assert.equal(imageOf({ tag: "1.2.3", digest }), `${image.repository}@${digest}`);
  });

  it("marks pods and account for workload identity, and only then", () => {
    const { values } = installations["app with workload identity, Redis, autoscaling and everything else"];
    const { ServiceAccount, ...withIdentity } = render(values).manifests;
    const without = render(installations.passthrough.values).manifests;

    assert.equal(podOf(withIdentity).metadata.labels["azure.workload.identity/use"], "true");
    assert.deepEqual(ServiceAccount.metadata.annotations, {
      team: "identity",
      "azure.workload.identity/client-id": client,
      "azure.workload.identity/tenant-id": tenant,
    });
    assert.doesNotMatch(JSON.stringify(without), /azure\.workload/);
  });

  it("wants one credential in obo and app, and says which there are", () => {
    const obo = (files, more) => () => render({ image, config: { AUTH_MODE: "obo", ...identity }, files, ...more });
    const secret = { AZURE_CLIENT_SECRET_FILE: inSecret("client") };

    assert.throws(obo({}), /needs exactly one credential.*given: none/);
    assert.throws(
      obo(secret, { workloadIdentity: { enabled: true } }),
      /given: files.AZURE_CLIENT_SECRET_FILE, workloadIdentity.enabled/,
    );
    assert.doesNotThrow(obo(secret));
    const nameless = { AUTH_MODE: "app", AZURE_TENANT_ID: tenant };
    assert.throws(
      () => render({ image, config: nameless, workloadIdentity: { enabled: true } }),
      /workloadIdentity needs config.AZURE_CLIENT_ID/,
    );
  });

  it("uses every value that it declares, and declares every value that it uses", () => {
    const templates = readdirSync(join(chartFolder, "templates")).map((file) =>
      readFileSync(join(chartFolder, "templates", file), "utf8"),
    );
    const used = new Set(
      templates.flatMap((text) => [...text.matchAll(/\.Values((?:\.\w+)+)/g)].map(([, path]) => path)),
    );
    const isKnown = (path) => {
      let below = schema;
      for (const name of path.split(".").slice(1)) below = below.properties?.[name] ?? {};
      return below.type !== undefined || below.enum !== undefined || "$ref" in below || "anyOf" in below;
    };
    const leaves = (value, path = "") =>
      typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0
        ? Object.entries(value).flatMap(([name, below]) => leaves(below, `${path}.${name}`))
        : [path];
    const isUsed = (path) => path !== "" && (used.has(path) || isUsed(path.slice(0, path.lastIndexOf("."))));

    assert.ok(used.size > 30);
    assert.deepEqual(
      [...used].filter((path) => !isKnown(path)),
      [],
    );
    assert.deepEqual(
      leaves(defaults).filter((path) => !isUsed(path)),
      [],
    );
  });

  it("takes what docs/deployment.md sets", () => {
    const settings = [...read("docs/deployment.md").matchAll(/--set (\S+)/g)].flatMap(([, list]) => list.split(","));
    const values = {};
    for (const [path, value] of settings.map((each) => each.split("="))) {
      const names = path.split(".");
      let below = values;
      for (const name of names.slice(0, -1)) below = below[name] ??= {};
      below[names.at(-1)] = value.replace("…", "x");
    }

    assert.ok(settings.length > 4);
    assert.deepEqual(render(values).problems, []);
  });

  it("takes the values file of docs/deployment.md", () => {
    const [, text] = /^```yaml\n([\s\S]*?)^```$/m.exec(read("docs/deployment.md"));
    const { problems, manifests } = render({ ...installations.passthrough.values, ...parse(text) });

    assert.deepEqual(problems, []);
    assert.deepEqual(Object.values(manifests).flatMap(problemsOf), []);
    assert.equal(Object.keys(manifests).length, 9);
  });

  it("has the defaults that the gateway has, where it reckons with them", () => {
    for (const [name, value] of Object.entries(defaults.config)) assert.equal(String(value), defaultOf(name));
  });
});

describe("the chart's monitoring", () => {
  const { values: everything } = installations["app with workload identity, Redis, autoscaling and everything else"];
  const passthrough = (metrics) => ({ ...installations.passthrough.values, metrics });
  const jobs = [
    ["the Service's name", passthrough(watched), "gateway-intune-pfx-gateway"],
    ["metrics.job", everything, "pfx-production"],
  ];
  const rulesOf = ({ PrometheusRule }) => PrometheusRule.spec.groups.flatMap(({ rules }) => rules);
  const dashboardOf = ({ ConfigMap }) => JSON.parse(Object.values(ConfigMap.data)[0]);

  for (const [source, values, job] of jobs) {
    it(`scrapes under the job that alert rules and dashboard ask for: ${source}`, () => {
      const { manifests } = render(values);
      const { Service, ServiceMonitor, ConfigMap } = manifests;
      const { relabelings } = ServiceMonitor.spec.endpoints[0];

      assert.deepEqual(relabelings, [{ targetLabel: "job", replacement: job }]);
      if (values.metrics.job === undefined) assert.equal(Service.metadata.name, job);
      for (const { alert, expr } of rulesOf(manifests)) {
        const named = [...expr.matchAll(/job="([^"]*)"/g)].map(([, name]) => name);
        assert.deepEqual([...new Set(named)], [job], alert);
      }
      const { uid, templating } = dashboardOf(manifests);
      assert.equal(uid, job);
      assert.deepEqual(templating.list.find(({ name }) => name === "job").current, { text: job, value: job });
      assert.deepEqual(Object.keys(ConfigMap.data), [`${job}.json`]);
    });

    it(`has rules that promtool takes: ${source}`, () => {
      const place = mkdtempSync(join(tmpdir(), "helm-rules-"));
      try {
        writeFileSync(join(place, "rules.yaml"), stringify(render(values).manifests.PrometheusRule.spec));
        const output = execFileSync("promtool", ["check", "rules", "rules.yaml"], { cwd: place, encoding: "utf8" });
        assert.match(output, /SUCCESS: 13 rules/);
      } finally {
        rmSync(place, { recursive: true });
      }
    });
  }

  it("has the rules and the dashboard of the chart's files, and nothing else changed", () => {
    const { manifests } = render(passthrough({ ...watched, job: "intune-pfx-gateway" }));

    assert.deepEqual(manifests.PrometheusRule.spec, parse(chartFile("alerts.yaml")));
    assert.deepEqual(dashboardOf(manifests), JSON.parse(chartFile("dashboard.json")));
  });

  it("gives the dashboard a uid that Grafana takes, however long the release's name", () => {
    const { manifests } = render({ ...passthrough(watched), fullnameOverride: "x".repeat(63) });

    assert.equal(dashboardOf(manifests).uid, "x".repeat(40));
    assert.ok(manifests.ConfigMap.metadata.name.length <= 63);
  });

  it("leads from an alert to the runbook, where people read it", () => {
    const urlsOf = (values) => rulesOf(render(values).manifests).map(({ annotations }) => annotations.runbook_url);

    assert.match(urlsOf(passthrough(watched))[0], /^docs\/troubleshooting\.md#gatewaydown$/);
    for (const url of urlsOf(everything)) {
      assert.match(url, /^https:\/\/git\.example\/intune-pfx\/docs\/troubleshooting\.md#[a-z]+$/);
    }
  });

  it("is found by its labels", () => {
    const { ServiceMonitor, PrometheusRule, ConfigMap } = render(everything).manifests;

    assert.equal(ServiceMonitor.metadata.labels.release, "prometheus");
    assert.equal(PrometheusRule.metadata.labels.release, "prometheus");
    assert.equal(ConfigMap.metadata.labels.grafana_dashboard, "1");
    assert.deepEqual(ConfigMap.metadata.annotations, { grafana_folder: "Intune" });
  });

  it("is off by default, with all else that needs more than Kubernetes", () => {
    const kinds = Object.keys(render(installations.passthrough.values).manifests).sort();

    assert.deepEqual(kinds, ["Deployment", "NetworkPolicy", "PodDisruptionBudget", "Service", "ServiceAccount"]);
  });

  it("is refused without metrics", () => {
    for (const name of ["serviceMonitor", "prometheusRule"]) {
      assert.throws(
        () => render(passthrough({ enabled: false, [name]: { enabled: true } })),
        new RegExp(`metrics.${name}.enabled needs metrics.enabled`),
      );
    }
  });
});

describe("the chart's routes", () => {
  const { values } = installations["app with workload identity, Redis, autoscaling and everything else"];

  it("lead from host and path to the Service's port, and end TLS", () => {
    const { Ingress, Service } = render(values).manifests;
    const [{ host, http }] = Ingress.spec.rules;

    assert.equal(host, "pfx.example");
    assert.deepEqual(Ingress.spec.tls, [{ hosts: ["pfx.example"], secretName: "pfx-tls" }]);
    assert.equal(Ingress.spec.ingressClassName, "nginx");
    assert.deepEqual(Ingress.metadata.annotations, values.ingress.annotations);
    assert.deepEqual(
      http.paths.map(({ path }) => path),
      ["/graphql", "/graphiql"],
    );
    for (const { backend } of http.paths) {
      assert.equal(backend.service.name, Service.metadata.name);
      assert.ok(Service.spec.ports.some(({ name }) => name === backend.service.port.name));
    }
  });

  it("lead there by Gateway API too, and wait for the longest request", () => {
    const { HTTPRoute, Service } = render({
      ...values,
      config: { ...values.config, REQUEST_DEADLINE_MS: 40_001 },
    }).manifests;
    const [{ matches, backendRefs, timeouts }] = HTTPRoute.spec.rules;

    assert.deepEqual(HTTPRoute.spec.parentRefs, values.httpRoute.parentRefs);
    assert.deepEqual(HTTPRoute.spec.hostnames, ["pfx.example"]);
    assert.deepEqual(matches, [{ path: { type: "PathPrefix", value: "/graphql" } }]);
    const [{ port }] = Service.spec.ports;
    assert.deepEqual(backendRefs, [{ name: Service.metadata.name, port }]);
    assert.equal(timeouts.request, "46s");
  });

  it("have neither class nor certificate unless they are named", () => {
    const { Ingress } = render({
      ...installations.passthrough.values,
      ingress: { enabled: true, host: "pfx.example" },
    }).manifests;

    assert.deepEqual(Object.keys(Ingress.spec), ["rules"]);
    assert.equal(Ingress.metadata.annotations, undefined);
  });
});

describe("the chart's probes", () => {
  it("are answered by a gateway with the chart's environment, as are its metrics", async () => {
    const { manifests } = render(installations.passthrough.values);
    const { startupProbe, livenessProbe, readinessProbe } = containerOf(manifests);
    const { env } = containerOf(manifests);
    const set = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    const running = await startGateway({ NODE_ENV: "production", ...set, PORT: "0", METRICS_PORT: "0" });
    try {
      for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) {
        assert.equal((await fetch(new URL(httpGet.path, running.url))).status, 200);
      }
      const { path } = render({
        ...installations.passthrough.values,
        metrics: { serviceMonitor: { enabled: true } },
      }).manifests.ServiceMonitor.spec.endpoints[0];
      const metricsUrl = /"metricsUrl":"([^"]+)"/.exec(running.output())[1];
      assert.equal((await fetch(new URL(path, metricsUrl))).status, 200);
    } finally {
      await running.close();
    }
  });

  it("restart a gateway by liveness alone, and stop traffic by readiness alone", () => {
    const { startupProbe, livenessProbe, readinessProbe } = containerOf(
      render(installations.passthrough.values).manifests,
    );

    assert.equal(livenessProbe.httpGet.path, "/livez");
    assert.equal(startupProbe.httpGet.path, "/livez");
    assert.equal(readinessProbe.httpGet.path, "/readyz");
  });
});

describe("the chart's schema", () => {
  const refused = (more) => render({ image, config: { AUTH_MODE: "passthrough" }, ...more }).problems;

  it("wants an image and a mode", () => {
    assert.deepEqual(render({}).problems, [
      "/image/repository must NOT have fewer than 1 characters 1",
      "/config must have required property 'AUTH_MODE' AUTH_MODE",
    ]);
  });

  it("refuses misspelt values and variables", () => {
    assert.match(refused({ replicas: 3 }).join(), /additional properties replicas/);
    assert.match(refused({ metrics: { enable: true } }).join(), /additional properties enable/);
    assert.match(refused({ config: { AUTH_MODE: "passthrough", MAX_INFLIGHTS: 1 } }).join(), /MAX_INFLIGHTS/);
    assert.match(refused({ config: { AUTH_MODE: "none" } }).join(), /AUTH_MODE must be equal to one of/);
    assert.match(refused({ files: { ROUTER_SECRET: inSecret("x") } }).join(), /additional properties ROUTER_SECRET/);
    assert.match(refused({ image: { ...image, digest: "sha256:abc" } }).join(), /digest must match/);
  });

  it("wants a host, a Gateway and paths that callers need", () => {
    const on = { enabled: true };

    assert.match(refused({ ingress: on }).join(), /\/ingress\/host must NOT have fewer than 1 characters/);
    for (const host of ["https://pfx.example", "pfx.example:443", "pfx.example/"]) {
      assert.match(refused({ ingress: { ...on, host } }).join(), /\/ingress\/host must match pattern/);
    }
    for (const path of ["/", "/metrics", "/livez", "graphql"]) {
      assert.match(
        refused({ ingress: { host: "a", paths: [path] } }).join(),
        /\/ingress\/paths\/0 must be equal to one of/,
      );
    }
    assert.match(refused({ httpRoute: on }).join(), /\/httpRoute\/parentRefs must NOT have fewer than 1 items/);
    assert.match(refused({ httpRoute: { parentRefs: [{}] } }).join(), /required property 'name'/);
    assert.match(refused({ httpRoute: { hostnames: ["https://x"] } }).join(), /\/httpRoute\/hostnames\/0 must match/);
    assert.match(refused({ httpRoute: { paths: [] } }).join(), /\/httpRoute\/paths must NOT have fewer than 1 items/);
    assert.match(refused({ ingress: { hosts: ["x"] } }).join(), /additional properties hosts/);
  });

  it("wants a job that is a label and a uid, and an address for the runbook", () => {
    for (const job of ["a b", 'a"b', "-a", "a/b", "x".repeat(64)]) {
      assert.match(refused({ metrics: { job } }).join(), /\/metrics\/job must match pattern/);
    }
    for (const docsUrl of ["docs", "https://git.example/docs/", "ftp://x", 'https://x"y']) {
      const problems = refused({ metrics: { prometheusRule: { docsUrl } } }).join();
      assert.match(problems, /\/metrics\/prometheusRule\/docsUrl must match pattern/);
    }
    assert.match(refused({ metrics: { dashboard: { labels: { a: 1 } } } }).join(), /\/labels\/a must be string/);
    assert.match(refused({ metrics: { prometheusRule: { enable: true } } }).join(), /additional properties enable/);
  });

  it("wants the tenant in obo and app", () => {
    const files = { AZURE_CLIENT_SECRET_FILE: inSecret("client") };
    const config = { AUTH_MODE: "obo", AZURE_CLIENT_ID: client };

    assert.match(refused({ config, files }).join(), /AZURE_TENANT_ID/);
  });

  it("lets no secret and no variable of the gateway's be given any other way", () => {
    const secrets = ["AZURE_CLIENT_SECRET", "ROUTER_SECRET", "REDIS_URL", "OTEL_EXPORTER_OTLP_HEADERS"];

    for (const name of secrets) {
      assert.notDeepEqual(refused({ config: { AUTH_MODE: "passthrough", [name]: "x" } }), [], name);
    }
    const names = [...gateway.variables.map(({ name }) => name), ...Object.keys(schema.properties.files.properties)];
    for (const name of names) {
      const mayHoldPassword = name.startsWith("OTEL_") || name.endsWith("_PROXY"); // from a secret, then
      assert.equal(refused({ extraEnv: [{ name, value: "x" }] }).length === 0, mayHoldPassword, name);
    }
  });

  it("has only patterns that Go's regular expressions know as well", () => {
    assert.doesNotMatch(JSON.stringify(schema), /\(\?|\\\\[1-9]/);
  });
});

describe("the check of manifests", () => {
  it("would find a typo at any depth, a wrong type, what is missing, and an unknown kind", () => {
    const { Deployment } = render(installations.passthrough.values).manifests;
    const changed = (from, to) => problemsOf(JSON.parse(JSON.stringify(Deployment).replace(from, to)));

    assert.deepEqual(changed('"spec":', '"spc":{},"spec":'), ["/spc: not known"]);
    assert.deepEqual(changed('"path":"/livez"', '"path":"/livez","shceme":"HTTP"'), [
      "/spec/template/spec/containers/0/startupProbe/httpGet/shceme: not known",
    ]);
    assert.match(changed('"replicas":2', '"replicas":"2"').join(), /replicas must be integer/);
    assert.match(changed('"selector":', '"labels":').join(), /required property selector/);
    const { values } = installations["app with workload identity, Redis, autoscaling and everything else"];
    const { HTTPRoute, PrometheusRule, Ingress } = render(values).manifests;
    const misspelt = (manifest, from, to) => problemsOf(JSON.parse(JSON.stringify(manifest).replace(from, to)));
    assert.deepEqual(misspelt(HTTPRoute, '"timeouts"', '"timeout"'), [
      "/spec/rules/0/timeout: not known",
      "/spec/rules/0/timeout/request: not known",
    ]);
    assert.notDeepEqual(misspelt(HTTPRoute, '"PathPrefix"', '"Prefix"'), []);
    assert.notDeepEqual(misspelt(PrometheusRule, '"expr"', '"expression"'), []);
    assert.notDeepEqual(misspelt(Ingress, '"pathType"', '"type"'), []);
    assert.deepEqual(problemsOf({ apiVersion: "v1", kind: "Servise" }), ["v1 Servise: no schema for it"]);
  });
});
