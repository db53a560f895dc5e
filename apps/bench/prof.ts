import { Session } from "node:inspector/promises";
import { writeFileSync } from "node:fs";
import { openSubjects } from "./src/redis/subjects.ts";
const subjects = await openSubjects("redis://127.0.0.1:7799", 1000);
const s = subjects.find((x) => x.name.includes(process.argv[2] ?? "route"))!;
async function run(ms: number) { const end = Date.now() + ms; let n = 0;
await Promise.all(Array.from({ length: 64 }, async () => { while (Date.now() < end) { await s.get(n++ % 1000); } })); return n; }
await run(1000);
const session = new Session(); session.connect(); await session.post("Profiler.enable"); await session.post("Profiler.setSamplingInterval", { interval: 200 }); await session.post("Profiler.start");
const n = await run(3000);
const { profile } = await session.post("Profiler.stop"); writeFileSync("/tmp/prof/p.cpuprofile", JSON.stringify(profile));
console.log(n / 3); process.exit(0);
