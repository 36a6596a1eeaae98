/**
 * Kubernetes' own schemas, strictly: kubernetes-models has them as compiled validators, which let unknown properties pass. So a
 * validator gets the manifest under observation, and what it never looked at is no property that Kubernetes has.
 */
import { HTTPRoute } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1";
import { PrometheusRule, ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";
import { Deployment } from "kubernetes-models/apps/v1";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2";
import { Ingress, NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { ConfigMap, Service, ServiceAccount } from "kubernetes-models/v1";

const models = [
  ConfigMap,
  Deployment,
  HorizontalPodAutoscaler,
  HTTPRoute,
  Ingress,
  NetworkPolicy,
  PodDisruptionBudget,
  PrometheusRule,
  Service,
  ServiceAccount,
  ServiceMonitor,
];

/** What is wrong with a manifest: values of the wrong type, properties that are missing or not known. */
export function problemsOf(manifest) {
  const model = models.find(({ apiVersion, kind }) => manifest.apiVersion === apiVersion && manifest.kind === kind);
  if (model === undefined) return [`${manifest.apiVersion} ${manifest.kind}: no schema for it`];
  const seen = new Set();
  try {
    // Some models keep their schema in the prototype.
    const instance = Object.setPrototypeOf({ ...manifest }, model.prototype);
    model.prototype.validate.call(observed(instance, "", seen));
  } catch (error) {
    return [error.message];
  }
  return [...pathsOf(manifest)].filter((path) => !seen.has(path)).map((path) => `${path}: not known`);
}

function observed(value, path, seen) {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, name) {
      if (!Object.hasOwn(target, name)) return Reflect.get(target, name);
      seen.add(`${path}/${name}`);
      return observed(target[name], `${path}/${name}`, seen);
    },
  });
}

function* pathsOf(value, path = "") {
  if (typeof value !== "object" || value === null) return;
  for (const [name, below] of Object.entries(value)) {
    yield `${path}/${name}`;
    yield* pathsOf(below, `${path}/${name}`);
  }
}
