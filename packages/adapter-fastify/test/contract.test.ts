import { adapterSuite } from "@cachette/testing/vitest";
import { fastifyHarness } from "./harness.ts";

adapterSuite("Fastify", fastifyHarness);
