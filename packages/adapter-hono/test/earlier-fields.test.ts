import { expect, test } from "vitest";
import { newSite } from "./stage.ts";

test("what is said before the cache about storing counts", async () => {
  const { app, cached, ask } = newSite();
  let runs = 0;
  app.use("/private/*", async (c, next) => {
    c.header("Cache-Control", "private");
    await next();
  });
  app.get("/*", cached({ ttl: "1m" }), (c) => c.text(`run ${++runs}`));
  await ask("/private/a");
  expect((await ask("/private/a")).body).toBe("run 2");
  await ask("/public");
  expect((await ask("/public")).body).toBe("run 3");
});

test("what is said before the cache in `Vary` is still said with a key of more than the URL", async () => {
  const { app, cached, ask } = newSite();
  app.use(async (c, next) => {
    c.header("Vary", "Origin");
    await next();
  });
  app.get("/", cached({ ttl: "1m", vary: ["accept-language"] }), (c) => c.text("content"));
  const first = await ask();
  const second = await ask();
  expect(second.headers["x-cache"]).toBe("HIT");
  for (const { headers } of [first, second]) expect(headers.vary?.toLowerCase()).toBe("origin, accept-language");
});
