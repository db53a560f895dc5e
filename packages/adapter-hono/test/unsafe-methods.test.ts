import { describe, expect, test } from "vitest";
import { newSite } from "./stage.ts";

describe("a method that is not safe", () => {
  test("is answered only when what it changed is no longer served", async () => {
    const { app, cached, faults, ask } = newSite();
    let runs = 0;
    app.use(cached({ ttl: "1m" }));
    app.get("/", (c) => c.text(`run ${++runs}`));
    app.post("/", (c) => c.body(null, 204));
    await ask();
    faults.delete.hang();
    let answered = false;
    const answer = ask("/", { method: "POST" }).then((settled) => {
      answered = true;
      return settled;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(answered).toBe(false);
    faults.delete.release();
    expect(await answer).toMatchObject({ status: 204, headers: { "x-cache": "BYPASS" } });
    faults.delete.heal();
    expect((await ask()).body).toBe("run 2");
  });

  test("changes what its answer points to", async () => {
    const { app, cached, ask } = newSite();
    let runs = 0;
    app.use(cached({ ttl: "1m" }));
    app.get("/items/:id", (c) => c.text(`run ${++runs}`));
    app.put("/items", (c) => c.redirect("/items/1", 303));
    await ask("/items/1");
    await ask("/items", { method: "PUT" });
    expect((await ask("/items/1")).body).toBe("run 2");
  });

  test("changes nothing when it fails", async () => {
    const { app, cached, ask } = newSite();
    let runs = 0;
    app.use(cached({ ttl: "1m" }));
    app.get("/", (c) => c.text(`run ${++runs}`));
    app.delete("/", () => {
      throw new Error("no luck");
    });
    await ask();
    expect((await ask("/", { method: "DELETE" })).status).toBe(500);
    expect((await ask()).body).toBe("run 1");
  });
});
