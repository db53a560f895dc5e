import type { Capture } from "../http/index.ts";

/** A capture after whose end, whichever it is, `done` is called, once. */
export function followedCapture(capture: Capture, done: () => void): Capture {
  let over = false;
  const finish = () => {
    if (over) return;
    over = true;
    done();
  };
  return {
    write(piece) {
      const more = capture.write(piece);
      if (!more) finish();
      return more;
    },
    end() {
      capture.end();
      finish();
    },
    abort() {
      capture.abort();
      finish();
    },
  };
}
