import { openSubjects } from "./src/redis/subjects.ts";
const subjects = await openSubjects("redis://127.0.0.1:7799", 1000);
const names = process.argv.slice(2);
const picked = names.map((w) => subjects.find((x) => x.name.includes(w))!);
const rates: Record<string, number[]> = {};
for (let r = 0; r < 7; r++) for (const s of picked) { global.gc?.(); const t0 = performance.now(); const end = t0 + 700; let n = 0;
await Promise.all(Array.from({ length: Number(process.env.F ?? 64) }, async () => { while (performance.now() < end) { await s.get(n++ % 1000); } }));
(rates[s.name] ??= []).push(n / (performance.now() - t0)); }
for (const [k, v] of Object.entries(rates)) console.log(k, v.sort((a, b) => a - b)[3].toFixed(1));
process.exit(0);
