import { adapterSuite } from "@cachette/testing";
import { fastifyHarness } from "./harness.ts";

adapterSuite("Fastify", fastifyHarness);
