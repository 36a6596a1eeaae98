/**
 * The span of an operation, by whichever executor it is answered: Apollo Server, or a compiled operation that may hand over to it.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/
 */
import type { RequestRecord } from "../../context.ts";
import type { TraceSpan } from "../../observability/span.ts";

/** Starts the span once per request, and makes it the parent of what follows. */
export function startOperationSpan(record: RequestRecord): TraceSpan {
  if (!record.hasOperationSpan) {
    record.span = record.span.child({ name: "GraphQL Operation" });
    record.hasOperationSpan = true;
  }
  return record.span;
}

/** Names the span after the operation's type. */
export function describeOperation(span: TraceSpan, { operationType, operationName }: RequestRecord): void {
  if (!span.isRecording) return;
  span.set({ "graphql.operation.type": operationType, "graphql.operation.name": operationName }, operationType);
}
