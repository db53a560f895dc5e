// Run by ecmascript.test.ts in a process of its own: everything that is not ECMAScript is taken away, then core is used.
import { stdout } from "node:process";
import { runInNewContext } from "node:vm";

const language = new Set(runInNewContext("Object.getOwnPropertyNames(globalThis)"));
language.delete("console");
for (const name of Object.getOwnPropertyNames(globalThis)) {
  if (!language.has(name)) delete globalThis[name];
}

const { typedCoder, jsonCoder, toMilliseconds, toBytes, isCachetteError } = await import("../src/index.ts");
const { canonicalArguments } = await import("../src/canonical.ts");
const { digest } = await import("../src/digest.ts");
const { utf8 } = await import("../src/utf8.ts");

const value = { list: [1n, new Map([[new Date(0), new Set([undefined])]]), new Float64Array(2), new TypeError("é")] };
value.self = value;
const decoded = typedCoder.decode(typedCoder.encode(value));

function code(run) {
  try {
    run();
  } catch (error) {
    return isCachetteError(error) ? error.code : String(error);
  }
}

stdout.write(
  JSON.stringify({
    left: ["Buffer", "URL", "TextEncoder", "TextDecoder", "btoa", "process", "setTimeout", "console"].filter(
      (name) => name in globalThis,
    ),
    same: decoded.self === decoded && typedCoder.encode(decoded) === typedCoder.encode(value),
    bytes: [...typedCoder.decode(typedCoder.encode(Uint8Array.of(1, 2)))],
    json: jsonCoder.decode(jsonCoder.encode({ a: [1] })),
    arguments: canonicalArguments([42, "é", { b: new Date(0), a: Uint8Array.of(255) }]),
    digest: digest(utf8("é"), "hex"),
    sizes: [toMilliseconds("10s", "ttl"), toBytes("1kb", "maxBytes")],
    codes: [
      code(() => typedCoder.encode(() => {})),
      code(() => typedCoder.decode("!1[")),
      code(() => canonicalArguments([Symbol("s")])),
      code(() => toMilliseconds("10", "ttl")),
    ],
  }),
);
