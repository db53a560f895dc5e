import { adapterSuite } from "@cachette/testing/vitest";
import { honoHarness } from "./harness.ts";

adapterSuite("Hono", honoHarness);
