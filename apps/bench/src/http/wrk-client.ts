import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pinned } from "../machine.ts";
import { type Answered, connections, type Load, type LoadGenerator } from "./load.ts";

const run = promisify(execFile);

export function findWrk(): boolean {
  return spawnSync("wrk", ["--version"]).error === undefined;
}

/** https://github.com/wg/wrk, on one core if one is given. */
export function wrkClient(core: number | undefined): LoadGenerator {
  return {
    name: "wrk",
    async run(load, seconds) {
      const directory = await mkdtemp(join(tmpdir(), "cachette-bench-"));
      try {
        const script = join(directory, "requests.lua");
        await writeFile(script, requestsScript(load));
        const settings = ["--threads", "1", "--connections", String(connections), "--script", script];
        const url = `http://127.0.0.1:${load.port}/`;
        const duration = ["--duration", `${Math.ceil(seconds)}s`];
        const { stdout } = await run(...pinned(core, "wrk", [...settings, ...duration, url]));
        return answeredIn(stdout);
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  };
}

/** One request needs no code to be run for each. */
function requestsScript({ requests }: Load): string {
  if (typeof requests === "function") throw new Error("wrk cannot make requests up.");
  const lines = requests.map(({ target, etag }) => {
    const fields = etag === undefined ? "nil" : `{ ["If-None-Match"] = ${JSON.stringify(etag)} }`;
    return `{ ${JSON.stringify(target)}, ${fields} },`;
  });
  return `local all = {\n${lines.join("\n")}\n}
if #all == 1 then
  wrk.path = all[1][1]
  for name, value in pairs(all[1][2] or {}) do wrk.headers[name] = value end
else
  local made = {}
  local at = 0
  init = function()
    for index, each in ipairs(all) do made[index] = wrk.format("GET", each[1], each[2]) end
  end
  request = function()
    at = at % #made + 1
    return made[at]
  end
end
`;
}

/** @throws Error if not all went well */
export function answeredIn(output: string): Answered {
  const trouble = /(Socket errors:.*[1-9].*|Non-2xx or 3xx responses:.*)/.exec(output)?.[1];
  const answers = Number(/^ *(\d+) requests in /m.exec(output)?.[1]);
  const perSecond = Number(/^Requests\/sec: *(\S+)/m.exec(output)?.[1]);
  if (trouble !== undefined || !(answers > 0 && perSecond > 0)) throw new Error(`wrk says: ${trouble ?? output}`);
  return { answers, perSecond };
}
