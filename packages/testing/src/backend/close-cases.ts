import { casesOf } from "./backend-case.ts";

export const closeCases = casesOf("close", {
  "can be closed twice, also at the same time": async ({ backend }) => {
    await Promise.all([backend.close(), backend.close()]);
    await backend.close();
  },

  "can be closed unused": async ({ backend }) => {
    await backend.close();
  },
});
