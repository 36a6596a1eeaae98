/** What `hive-gateway` has no option for. */
import { defineConfig } from "@graphql-hive/gateway";

export const gatewayConfig = defineConfig({ logging: false });
