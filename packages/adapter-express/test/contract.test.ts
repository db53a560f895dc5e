import { adapterSuite } from "@cachette/testing/vitest";
import { expressHarness } from "./harness.ts";

adapterSuite("Express", expressHarness);
