import { adapterSuite } from "@cachette/testing";
import { honoHarness } from "./harness.ts";

adapterSuite("Hono", honoHarness);
