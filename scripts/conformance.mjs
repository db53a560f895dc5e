// Runs the public suite for HTTP caches against the adapters (apps/http-conformance), with a Redis of its own unless
// REDIS_URL names one or none is asked for.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startRedisServer } from "../test/redis-server.ts";

const args = process.argv.slice(2);
const { values } = parseArgs({ args, strict: false, options: { backend: { type: "string", multiple: true } } });
const { REDIS_URL } = process.env;
const needed = !REDIS_URL && (values.backend ?? ["redis"]).includes("redis");
const redis = needed ? await startRedisServer() : undefined;
try {
  const program = ["--conditions=@cachette/source", "--import", "tsx", "src/main.ts"];
  const child = spawn(process.execPath, [...program, ...args], {
    cwd: fileURLToPath(new URL("../apps/http-conformance", import.meta.url)),
    env: { ...process.env, REDIS_URL: REDIS_URL || redis?.url || "" },
    stdio: "inherit",
  });
  const [code] = await once(child, "exit");
  process.exitCode = code ?? 1;
} finally {
  await redis?.stop();
}
