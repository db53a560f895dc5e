import { adapterSuite } from "@cachette/testing";
import { expressHarness } from "./harness.ts";

adapterSuite("Express", expressHarness);
