/**
 * Decides whether traces are exported, by OpenTelemetry's standard variables. OpenTelemetry's SDK then reads them itself.
 * Settings that the gateway does not support are rejected at the start.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
import { type ConfigReader, isUnset } from "./read-env.ts";

const endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] as const;
const protocols = ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] as const;

export function readTracing(read: ConfigReader, env: NodeJS.ProcessEnv): boolean {
  const given = endpoints.filter((name) => !isUnset(env[name]));
  for (const name of given) {
    const value = env[name] ?? "";
    if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
      read.problem(name, "must be an absolute URL, http or https");
    }
  }
  const exporter = read.choice("OTEL_TRACES_EXPORTER", ["otlp", "none"], given.length > 0 ? "otlp" : "none");
  const isOn = exporter === "otlp" && env.OTEL_SDK_DISABLED?.toLowerCase() !== "true";
  if (isOn) for (const name of protocols) read.choice(name, ["http/protobuf"], "http/protobuf");
  return isOn;
}
